// What becomes of roles that do not simply start, and of forms that are not complete.
import { expect, NO_SCRIPT, test } from "../support/fixtures.ts";
import { activeRow, choose, confirm, follow, heading, outcome, plan, signIn, tick } from "../support/journey.ts";
import { ledger, spoil } from "../support/tenant.ts";

const TRICKY = 'Fix </textarea><script>alert("no")</script> & <b>more</b>';

test("a role that has to be approved waits, and says so", async ({ page }) => {
  await signIn(page);
  await plan(page, "Security Administrator, Directory");
  await expect(page.getByRole("complementary", { name: "What will happen" })).toContainText(/Security Administrator waits for (Alex Wilber|an approver)/);
  await page.getByRole("textbox", { name: "Reason" }).fill("Quarterly review");
  await confirm(page);
  await expect(outcome(page, "Security Administrator")).toContainText("Waiting for approval");
  await expect(outcome(page, "Security Administrator")).toContainText(/Waiting for (Alex Wilber|an approver)/);
  await follow(page, page.getByRole("link", { name: "Back to the overview" }));
  await expect(activeRow(page, "Security Administrator")).toContainText("Waiting for approval");
  await expect(activeRow(page, "Security Administrator").getByRole("checkbox")).toHaveCount(0);
  await expect(tick(page, "Security Administrator, Directory")).toHaveCount(0);
});

test("a role with an authentication context is activated after a stronger sign-in", async ({ page }) => {
  await signIn(page);
  await plan(page, "Conditional Access Administrator, Directory");
  await expect(page.getByRole("main")).toContainText("Needs a stronger sign-in (c1)");
  await page.getByRole("textbox", { name: "Reason" }).fill("New policy");
  await confirm(page);
  await expect(outcome(page, "Conditional Access Administrator")).toContainText("Needs a stronger sign-in");
  await expect(outcome(page, "Conditional Access Administrator")).toContainText("Nothing was created");
  expect(await ledger()).toEqual([]);

  await follow(page, page.getByRole("link", { name: "Sign in for it" }));
  await expect(heading(page, "Verify your identity")).toBeVisible();
  await follow(page, page.getByRole("button", { name: "Approve with passkey" }));
  await expect(page.getByRole("status")).toContainText("1 role can be activated now; nothing was sent so far.");
  expect(await ledger()).toEqual([]);
  await follow(page, page.getByRole("button", { name: "Activate 1 role" }));
  await expect(outcome(page, "Conditional Access Administrator")).toContainText("Usable now");
  expect(await ledger()).toHaveLength(1);
});

test("a role that asks for multifactor sign-in leads somebody without it to one", async ({ page }) => {
  await signIn(page, "lee@contoso.example");
  await plan(page, "Intune Administrator, Directory");
  await page.getByRole("textbox", { name: "Reason" }).fill("Enrolment");
  await confirm(page);
  await expect(outcome(page, "Intune Administrator")).toContainText("Needs a stronger sign-in");
  await expect(page.getByRole("status")).toContainText("Multifactor sign-in for 1 role.");
});

test("what is missing is said at its field, and what was typed stays", async ({ page }) => {
  await signIn(page);
  await plan(page, "Exchange Administrator, Directory");
  const reason = page.getByRole("textbox", { name: "Reason" });
  const ticket = page.getByRole("textbox", { name: "Ticket", exact: true });

  await choose(page, "30 min");
  await confirm(page);
  const problems = page.getByRole("alert");
  await expect(problems).toContainText("Nothing was sent.");
  await expect(reason).toHaveAttribute("aria-invalid", "true");
  await expect(reason).toHaveAccessibleDescription(/Write a reason/);
  await expect(ticket).toHaveAttribute("aria-invalid", "true");
  await expect(ticket).toHaveAccessibleDescription(/Write a ticket number/);
  await expect(page.getByRole("radio", { name: "30 min" })).toBeChecked();
  await problems.getByRole("link", { name: /Write a reason/ }).click();
  await expect(reason).toBeFocused();
  await problems.getByRole("link", { name: /Write a ticket number/ }).click();
  await expect(ticket).toBeFocused();

  await reason.fill(TRICKY);
  await page.getByRole("textbox", { name: "Ticket system" }).fill('"ServiceNow" <i>');
  await confirm(page);
  await expect(problems).toContainText("Write a ticket number");
  await expect(problems).not.toContainText("Write a reason");
  await expect(reason).toHaveValue(TRICKY);
  await expect(page.getByRole("textbox", { name: "Ticket system" })).toHaveValue('"ServiceNow" <i>');
  await expect(page.getByRole("radio", { name: "30 min" })).toBeChecked();
  expect(await ledger()).toEqual([]);

  await ticket.fill("CHG0042");
  await confirm(page);
  await expect(outcome(page, "Exchange Administrator")).toContainText("Usable now");
});

test("Enter in a field confirms", async ({ page }) => {
  await signIn(page);
  await plan(page, "Exchange Administrator, Directory");
  await page.getByRole("textbox", { name: "Reason" }).fill("Mail flow");
  const ticket = page.getByRole("textbox", { name: "Ticket", exact: true });
  await ticket.fill("CHG0043");
  await Promise.all([page.waitForEvent("load"), ticket.press("Enter")]);
  await expect(outcome(page, "Exchange Administrator")).toContainText("Usable now");
});

test("what the service refuses can be put right and sent again", async ({ page }) => {
  await signIn(page);
  // Its rules cannot be read, and there is no dry run: the portal cannot know that it asks for a ticket and allows four hours.
  await spoil({ plane: "azure", path_contains: "/validate", status: 403, times: 100 });
  await plan(page, "Network Contributor, Contoso Connectivity");
  await page.getByRole("textbox", { name: "Reason" }).fill("Peering");
  await choose(page, "Longest");
  await confirm(page);
  const line = outcome(page, "Network Contributor");
  await expect(line).toContainText("Refused");
  await expect(line).toContainText("choose a shorter time");
  await expect(line).toContainText("asks for a ticket");

  await follow(page, page.getByRole("button", { name: "Put it right and try again" }));
  await expect(heading(page, "Activate 1 role")).toBeVisible();
  await expect(page.getByRole("alert")).toContainText("asks for a ticket");
  await expect(page.getByRole("alert")).toContainText("choose a shorter time");
  await expect(page.getByRole("textbox", { name: "Reason" })).toHaveValue("Peering");
  await page.getByRole("textbox", { name: "Ticket", exact: true }).fill("CHG0044");
  await choose(page, "4 h");
  await confirm(page);
  await expect(outcome(page, "Network Contributor")).toContainText("Usable now");
});

test("a role can be taken out of the plan, and a plan is carried out once", async ({ page }) => {
  await signIn(page);
  await plan(page, "Global Reader, Directory", "Production Database Operators, Member");
  await page.getByRole("textbox", { name: "Reason" }).fill("Look around");
  await follow(page, page.getByRole("button", { name: "Remove Production Database Operators, Member" }));
  await expect(heading(page, "Activate 1 role")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Reason" })).toHaveValue("Look around");
  const planned = page.url();
  await confirm(page);
  await expect(outcome(page, "Global Reader")).toContainText("Usable now");
  await page.goto(planned);
  await expect(page.getByRole("status")).toContainText("This was confirmed already");
  await expect(page.getByRole("button", { name: /^Activate/ })).toBeDisabled();
  expect(await ledger()).toHaveLength(1);
});

test("nothing ticked is said, not planned", NO_SCRIPT, async ({ page }) => {
  await signIn(page);
  await follow(page, page.getByRole("button", { name: "Activate…" }));
  await expect(page.getByRole("status")).toContainText("Nothing was chosen");
  await follow(page, page.getByRole("link", { name: "Overview" }).first());
});
