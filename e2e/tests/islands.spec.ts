// What the islands do on top of the plain pages.
import { expect, SCRIPT, test } from "../support/fixtures.ts";
import { activeRow, choose, confirm, eligibleRows, follow, open, outcome, plan, signIn, tick } from "../support/journey.ts";

test("the dock counts what is ticked and sums up what it will ask", SCRIPT, async ({ page }) => {
  await signIn(page);
  const activate = page.getByRole("button", { name: "Activate…" });
  await expect(activate).toBeHidden();
  await tick(page, "Global Reader, Directory").check();
  await expect(activate).toBeVisible();
  const dock = page.locator(".dock");
  await expect(dock).toContainText("1 selected");
  await tick(page, "Security Administrator, Directory").check();
  await tick(page, "Key Custodians, Member").check();
  await tick(page, "Network Contributor, Contoso Connectivity").check();
  await expect(dock).toContainText("4 selected");
  await expect(dock).toContainText("one asks for a stronger sign-in, one waits for approval, one has rules that could not be read");

  // A search hides rows, not ticks.
  await page.getByRole("searchbox").fill("global reader");
  await expect(eligibleRows(page)).toHaveCount(1);
  await expect(dock).toContainText("4 selected");
  await page.getByRole("searchbox").fill("");

  await page.getByRole("button", { name: "Clear" }).click();
  await expect(activate).toBeHidden();
  await expect(tick(page, "Global Reader, Directory")).not.toBeChecked();

  // All that are shown, and no others.
  await page.getByRole("searchbox").fill("incident");
  await tick(page, "Choose all shown roles").check();
  await expect(dock).toContainText("1 selected");
  await page.getByRole("searchbox").fill("");
  await expect(tick(page, "Choose all shown roles")).not.toBeChecked();
  await expect(tick(page, "Incident Responders, Member")).toBeChecked();
});

test("ticks are still counted after going back", SCRIPT, async ({ page }) => {
  await signIn(page);
  await plan(page, "Global Reader, Directory", "Incident Responders, Member");
  await page.goBack();
  await expect(tick(page, "Global Reader, Directory")).toBeChecked();
  await expect(page.locator(".dock")).toContainText("2 selected");
});

test("a chosen duration shows at once what it means for each role", SCRIPT, async ({ page }) => {
  await signIn(page);
  await plan(page, "Helpdesk Administrator, Directory", "Groups Administrator, Directory");
  const line = (role: string) => page.locator(".plan > li").filter({ hasText: role });
  await expect(line("Groups")).toContainText("24 h of 24 h");
  await choose(page, "8 h");
  await expect(line("Groups")).toContainText("8 h of 24 h");
  await expect(line("Helpdesk")).toContainText("1 h 45 min of 1 h 45 min");
  await expect(line("Helpdesk")).toContainText("shortened from 8 h");
  await expect(line("Groups").getByRole("meter")).toHaveAttribute("value", "480");
  await choose(page, "30 min");
  await expect(line("Helpdesk")).toContainText("30 min of 1 h 45 min");
  await expect(line("Helpdesk").getByText("shortened")).toBeHidden();
  await choose(page, "Longest");
  await expect(line("Groups")).toContainText("24 h of 24 h");
});

test("the result follows by itself until every role is at its end", SCRIPT, async ({ page }) => {
  await signIn(page);
  await plan(page, "Global Reader, Directory", "Reader, Contoso Platform", "Production Database Operators, Member");
  await confirm(page);
  for (const role of ["Global Reader", "Reader", "Production Database Operators"]) {
    await expect(outcome(page, role).first()).toContainText("Usable now", { timeout: 20_000 });
  }
});

test.describe("in Tokyo", () => {
  test.use({ timezoneId: "Asia/Tokyo" });

  test("times are the person's own, with UTC beside them, and run", SCRIPT, async ({ page }) => {
    await page.clock.install();
    await signIn(page);
    await plan(page, "Helpdesk Administrator, Directory");
    await page.getByRole("textbox", { name: "Reason" }).fill("Password reset");
    await choose(page, "1 h");
    await confirm(page);
    await follow(page, page.getByRole("link", { name: "Back to the overview" }));
    const row = activeRow(page, "Helpdesk Administrator");
    const time = row.locator("time");
    const until = new Date((await time.getAttribute("datetime")) ?? "");
    const tokyo = until.toLocaleTimeString("en-GB", { timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit" });
    await expect(time).toHaveText(new RegExp(`${tokyo}$`));
    await expect(time).toHaveAttribute("title", /UTC$/);

    await expect(row).toContainText("59 min left");
    await expect(row).toContainText(/possible in [34]:\d\d/);
    await page.clock.fastForward("31:00");
    await expect(row).toContainText(/2[78] min left/);
    await expect(row.locator("[data-time]")).toHaveClass(/short/);
    await expect(row.getByText("possible in")).toBeHidden();
    await page.clock.fastForward("35:00");
    await expect(row).toContainText("ended");
  });
});

test("the page works before and without its script", SCRIPT, async ({ page, expected }) => {
  // A script that does not arrive, as behind a broken proxy.
  expected.complaints.push(/Failed to load resource/);
  await signIn(page);
  await page.route("**/*.wasm", (route) => route.abort());
  await page.route("**/*.js", (route) => route.abort());
  await page.goto("/");
  await tick(page, "Global Reader, Directory").check();
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Activate…" }).click()]);
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Activate 1 role" }).click()]);
  await expect(outcome(page, "Global Reader")).toContainText("Active");
  await page.unrouteAll();
  await open(page, "/");
});

test("what happens in one tab shows in the other, where no tick is lost", SCRIPT, async ({ page, context }) => {
  await signIn(page);
  const other = await context.newPage();
  await open(other, "/");
  await tick(other, "Incident Responders, Member").check();
  await tick(other, "Security Administrator, Directory").check();
  await plan(page, "Global Reader, Directory");
  await confirm(page);
  await expect(outcome(page, "Global Reader")).toHaveAttribute("data-state", "Usable");
  await expect(activeRow(other, "Global Reader")).toBeVisible();
  await expect(tick(other, "Incident Responders, Member")).toBeChecked();
  // The plane that was drawn anew.
  await expect(tick(other, "Security Administrator, Directory")).toBeChecked();
  await expect(other.locator(".dock")).toContainText("2 selected");
});

test("the tab's title counts down what ends soon", SCRIPT, async ({ page }) => {
  await signIn(page);
  await expect(page).toHaveTitle("Overview · PIM portal");
  await plan(page, "Global Reader, Directory");
  await choose(page, "30 min");
  await confirm(page);
  await expect(outcome(page, "Global Reader")).toHaveAttribute("data-state", "Usable");
  await open(page, "/");
  await expect(page).toHaveTitle(/^29 min left · Overview · PIM portal$/);
});
