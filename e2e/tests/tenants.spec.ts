// The directories that a person can enter, and what was granted in each.
import type { Page } from "@playwright/test";
import { expect, test } from "../support/fixtures.ts";
import { eligibleRows, follow, heading, open, signIn } from "../support/journey.ts";
import { withhold } from "../support/tenant.ts";

const GUEST = "adele_contoso.example#EXT#@fabrikam.example";

const where = (page: Page) => page.getByRole("complementary", { name: "Directory" });
const fabrikam = (page: Page) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "Fabrikam" }) });

test("a person goes to another directory and back, and every page says where they are", async ({ page }) => {
  await signIn(page);
  await expect(where(page)).toHaveCount(0);
  await open(page, "/tenants");
  await follow(page, page.getByRole("button", { name: "Switch to Fabrikam" }));
  await follow(page, page.locator(`button[name="upn"][value="${GUEST}"]`));
  await follow(page, page.getByRole("button", { name: "Accept" }));
  await expect(heading(page, "Overview")).toBeVisible();
  await expect(where(page)).toHaveText("You are in Fabrikam. Change");
  await expect(eligibleRows(page)).toHaveCount(3);

  await follow(page, where(page).getByRole("link", { name: "Change" }));
  await follow(page, page.getByRole("button", { name: "Switch to Contoso" }));
  await expect(heading(page, "Overview")).toBeVisible();
  await expect(where(page)).toHaveCount(0);
  await expect(eligibleRows(page)).toHaveCount(35);

  await open(page, "/tenants?q=fabrikam.example");
  await expect(page.getByRole("button", { name: /^Switch to / })).toHaveCount(1);
  await expect(fabrikam(page)).toContainText("Your account is in it fabrikam.example");
  await expect(fabrikam(page)).toContainText("Partly authorised");
  await expect(fabrikam(page)).toContainText("AuditLog.Read.All What does not work: History");
  await fabrikam(page).getByText("Link for its administrator").click();
  await expect(page.getByLabel("Link for an administrator of Fabrikam")).toHaveValue(/\/adminconsent\?/);
});

test("the permissions say what is granted, what is missing and what that stops", async ({ page }) => {
  await withhold("AuditLog.Read.All");
  await signIn(page);
  await open(page, "/permissions");
  await expect(page.getByRole("status").first()).toContainText("1 permission is missing.");
  const row = (scope: string) => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: scope }) });
  await expect(row("AuditLog.Read.All")).toContainText("✗ Missing");
  await expect(row("AuditLog.Read.All")).toContainText("History shows only");
  await expect(row("user_impersonation")).toContainText("✓ Granted");
  await expect(page.getByLabel("Link for an administrator")).toHaveValue(/\/adminconsent\?/);
});
