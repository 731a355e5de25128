// The page that plans an activation: how long, why, a look before the leap, and taking a role out again.
import { expect, hasJavaScript, SCRIPT, test } from "../support/fixtures.ts";
import { choose, confirm, follow, heading, open, outcome, plan, signIn } from "../support/journey.ts";
import { ledger } from "../support/tenant.ts";

test("a slider goes through the lengths in words, and stops at every limit", SCRIPT, async ({ page }) => {
  await signIn(page);
  await plan(page, "Helpdesk Administrator, Directory", "Groups Administrator, Directory");
  const slider = page.getByRole("slider", { name: "Duration" });
  const line = (role: string) => page.locator(".plan > li").filter({ hasText: role });
  await expect(slider).toHaveAttribute("aria-valuetext", "Longest, 24 h");
  await choose(page, "8 h");
  await expect(slider).toHaveAttribute("aria-valuetext", "8 h, shortened for 1 role");
  await slider.press("Home");
  await expect(slider).toHaveAttribute("aria-valuetext", "5 min");
  await slider.press("ArrowRight");
  await expect(slider).toHaveAttribute("aria-valuetext", "10 min");
  await expect(page.getByRole("radio", { name: "10 min" })).toBeChecked();
  await expect(line("Helpdesk")).toContainText("10 min of 1 h 45 min");
  await slider.press("End");
  await expect(page.getByRole("radio", { name: "Longest" })).toBeChecked();

  // What is typed for one role alone counts for that one.
  await line("Groups").getByText("For this role alone").click();
  await line("Groups").getByRole("spinbutton", { name: "Minutes" }).fill("120");
  await expect(line("Groups")).toContainText("2 h of 24 h");
  await line("Groups").getByRole("spinbutton", { name: "Minutes" }).fill("");

  // Exactly what the slider stood at is sent.
  await slider.press("Home");
  await slider.press("ArrowRight");
  await slider.press("ArrowRight");
  await page.locator("#justification").fill("A quarter of an hour");
  await confirm(page);
  const sent = (await ledger()) as { duration: string }[];
  expect(sent.map((request) => request.duration)).toEqual(["PT15M", "PT15M"]);
});

test("a reason is used again, kept as a template, and forgotten", async ({ page }) => {
  await signIn(page);
  const reason = `Patch round ${Date.now()}`;
  await plan(page, "Helpdesk Administrator, Directory");
  const field = page.getByRole("textbox", { name: "Reason" }).first();
  await field.fill(reason);
  await confirm(page);
  await expect(outcome(page, "Helpdesk Administrator")).toBeVisible();

  await open(page, "/");
  await plan(page, "Global Reader, Directory");
  const again = page.getByRole("button", { name: `Use: ${reason}` }).first();
  if (hasJavaScript()) {
    const address = page.url();
    await again.click();
    expect(page.url()).toBe(address);
  } else {
    await follow(page, again);
  }
  await expect(field).toHaveValue(reason);
  await expect(field).toBeFocused();

  await page.getByText("Reasons and templates…").click();
  await page.getByRole("textbox", { name: "Save it as a template" }).fill(`Monthly ${reason}`);
  await Promise.all([page.waitForEvent("load"), page.getByRole("textbox", { name: "Save it as a template" }).press("Enter")]);
  await expect(page.getByRole("button", { name: `Use: Monthly ${reason}` }).first()).toBeVisible();
  await follow(page, page.getByRole("button", { name: `Delete Monthly ${reason}` }));
  await follow(page, page.getByRole("button", { name: `Forget ${reason}` }));
  await expect(page.getByRole("button", { name: new RegExp(reason) })).toHaveCount(0);
  await expect(field).toHaveValue(reason);
});

test("a check first says what would happen, and nothing does", async ({ page }) => {
  await signIn(page);
  await plan(page, "Helpdesk Administrator, Directory", "Payroll Administrators, Member");
  await follow(page, page.getByRole("button", { name: "Check first" }));
  const said = page.getByRole("status").filter({ hasText: "Checked; nothing was sent." });
  await expect(said).toContainText("2 would be refused");
  await expect(said).toBeFocused();
  await page.getByRole("textbox", { name: "Reason" }).first().fill("Looking");
  await page.getByRole("textbox", { name: "Ticket", exact: true }).fill("T-1");
  await follow(page, page.getByRole("button", { name: "Check first" }));
  await expect(said).toContainText("2 would go through");
  expect(await ledger()).toHaveLength(0);
});

test("roles are taken out one after the other from the keyboard", async ({ page }) => {
  await signIn(page);
  await plan(page, "Helpdesk Administrator, Directory", "Groups Administrator, Directory", "Global Reader, Directory");
  await expect(page.getByText("All three start at once.")).toBeVisible();
  const second = page.locator("#remove-1");
  await second.focus();
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  await expect(heading(page, "Activate 2 roles")).toBeVisible();
  await expect(second).toBeFocused();
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  await expect(heading(page, "Activate 1 role")).toBeVisible();
  await expect(page.locator("#remove-0")).toBeFocused();
});
