// Named sets of roles: saved once, then one click from the page that asks to confirm.
import { expect, test } from "../support/fixtures.ts";
import { confirm, follow, heading, open, outcome, plan, signIn } from "../support/journey.ts";
import { ledger } from "../support/tenant.ts";

test("a profile is saved from a plan and used again", async ({ page }) => {
  await signIn(page);
  const name = `Morning ${Date.now()}`;
  await plan(page, "Global Reader, Directory", "Contributor, Contoso Sandbox");
  await page.getByText("Save as a profile…").click();
  await page.getByLabel("Name of the profile").fill(name);
  await follow(page, page.getByRole("button", { name: "Save profile" }));
  await expect(page.getByRole("status")).toContainText("The profile is saved.");
  await follow(page, page.getByRole("button", { name: `Activate… ${name}` }));
  await expect(heading(page, "Activate 2 roles")).toBeVisible();
  expect(await ledger()).toHaveLength(0);
  await confirm(page);
  await expect(outcome(page, "Global Reader")).toHaveAttribute("data-state", "Usable");
  await expect(outcome(page, "Contributor")).toHaveAttribute("data-state", "Usable");

  await open(page, "/profiles");
  await expect(page.getByRole("listitem").filter({ hasText: name }).first()).toContainText("2 of them active now");
  await page.getByText(`Edit ${name}`).click();
  await follow(page, page.getByRole("button", { name: `Delete ${name}` }));
  await expect(page.getByRole("heading", { name })).toHaveCount(0);
});
