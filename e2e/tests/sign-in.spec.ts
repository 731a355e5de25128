// Signing in, and the ways in which it does not work.
import type { Page } from "@playwright/test";
import { expect, SCRIPT, test } from "../support/fixtures.ts";
import { ADELE, follow, heading, open, pickAccount } from "../support/journey.ts";
import { advance, onlyAdministratorsConsent, spoilSignIn } from "../support/tenant.ts";

/** A sign-in that does not work ends with status 400, which the console mentions. */
const FAILED = /status of 400/;

/** Consents, and returns the address that the browser would be sent back to, without going there. */
async function acceptAndStop(page: Page): Promise<string> {
  await pickAccount(page, ADELE);
  const form = page.locator("form", { has: page.getByRole("button", { name: "Accept" }) });
  const address = new URL((await form.getAttribute("action")) ?? "", page.url());
  const fields: Record<string, string> = {};
  for (const field of await form.locator("input[type=hidden]").all()) {
    fields[(await field.getAttribute("name")) ?? ""] = await field.inputValue();
  }
  const response = await page.request.post(address.href, { form: fields, maxRedirects: 0 });
  return response.headers()["location"] ?? "";
}

async function expectFailure(page: Page, title: string): Promise<void> {
  await expect(heading(page, title)).toBeVisible();
  await expect(page.getByRole("link", { name: "Sign in again" })).toBeVisible();
  expect(page.url()).not.toContain("code=");
}

test("the portal asks to sign in, says what it asks for, and leads back to where somebody wanted to go", async ({ page }) => {
  await open(page, "/?q=reader");
  await expect(page).toHaveURL(/\/sign-in\?return_to=/);
  await page.getByText("What the portal asks for, and why").click();
  for (const scope of ["RoleManagement.ReadWrite.Directory", "Policy.Read.All"]) {
    await expect(page.getByRole("rowheader", { name: scope })).toBeVisible();
  }
  await follow(page, page.getByRole("link", { name: "Sign in", exact: true }));
  await follow(page, page.getByRole("button", { name: "Adele Vance" }));
  await follow(page, page.getByRole("button", { name: "Accept" }));
  await expect(page).toHaveURL(/\/\?q=reader$/);
  await expect(page.getByRole("searchbox")).toHaveValue("reader");
});

test("declining the permissions is understood", async ({ page, expected }) => {
  expected.complaints.push(FAILED);
  await pickAccount(page, ADELE);
  await follow(page, page.getByRole("button", { name: "Decline" }));
  await expectFailure(page, "You declined the permissions");
  await expect(page.getByRole("link", { name: "Grant the permissions for the organisation" })).toBeVisible();
  await open(page, "/");
  await expect(page).toHaveURL(/\/sign-in$/);
});

test("the link for an administrator can be copied", SCRIPT, async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, "/sign-in");
  const field = page.getByRole("textbox", { name: "Link for an administrator" });
  await page.getByRole("button", { name: "Copy Link for an administrator" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await field.inputValue());
});

test("without an administrator's consent the page says whom to ask", async ({ page, expected }) => {
  expected.complaints.push(FAILED);
  await onlyAdministratorsConsent();
  await pickAccount(page, ADELE);
  await follow(page, page.getByRole("button", { name: /without granting consent/ }));
  await expectFailure(page, "An administrator has to consent first");
});

test("an address that was used is not used again", async ({ page, expected }) => {
  expected.complaints.push(FAILED);
  const address = await acceptAndStop(page);
  await open(page, address);
  await expect(heading(page, "Overview")).toBeVisible();
  await open(page, address);
  await expectFailure(page, "This sign-in was used already");
});

test("a sign-in that took too long starts again", async ({ page, expected }) => {
  expected.complaints.push(FAILED);
  const address = await acceptAndStop(page);
  await advance("PT11M", "sign_in");
  await open(page, address);
  await expectFailure(page, "Sign-in took too long");
});

test("a sign-in cannot be finished in another browser", async ({ page, browser, expected }) => {
  expected.complaints.push(FAILED);
  const address = await acceptAndStop(page);
  const other = await browser.newContext();
  const elsewhere = await other.newPage();
  await elsewhere.goto(address);
  await expectFailure(elsewhere, "This sign-in was started in another browser");
  await other.close();
});

for (const [spoiled, title] of [
  ["skewed_clock", "The clocks do not agree"],
  ["wrong_tenant_token", "That account belongs to another organisation"],
  ["bad_signature", "Sign-in did not work"],
] as const) {
  test(`an ID token that cannot be trusted (${spoiled}) signs nobody in`, async ({ page, expected }) => {
    expected.complaints.push(FAILED);
    await pickAccount(page, ADELE);
    await spoilSignIn(spoiled);
    await follow(page, page.getByRole("button", { name: "Accept" }));
    await expectFailure(page, title);
    await open(page, "/");
    await expect(page).toHaveURL(/\/sign-in$/);
  });
}

test("an address cannot lead away from the portal", async ({ page }) => {
  await open(page, "/sign-in?return_to=https%3A%2F%2Fevil.example%2F");
  await follow(page, page.getByRole("link", { name: "Sign in", exact: true }));
  await follow(page, page.getByRole("button", { name: "Adele Vance" }));
  await follow(page, page.getByRole("button", { name: "Accept" }));
  await expect(heading(page, "Overview")).toBeVisible();
  expect(new URL(page.url()).pathname).toBe("/");
});
