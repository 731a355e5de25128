// Single keys and the palette: every action without a mouse, and in few presses.
import { axe, expect, SCRIPT, test } from "../support/fixtures.ts";
import { activeRow, confirm, follow, heading, open, outcome, plan, settled, signIn, tick } from "../support/journey.ts";

test("keys move, tick and activate", SCRIPT, async ({ page }) => {
  await signIn(page);
  await page.getByRole("searchbox").fill("global reader");
  await page.keyboard.press("Tab");
  await page.keyboard.press("j");
  await expect(page.locator("tr:focus")).toContainText("Global Reader");
  await page.keyboard.press("x");
  await expect(tick(page, "Global Reader, Directory")).toBeChecked();
  await page.keyboard.press("x");
  await expect(tick(page, "Global Reader, Directory")).not.toBeChecked();
  // The row itself, where nothing is ticked.
  await Promise.all([page.waitForURL(/\/activate\//), page.keyboard.press("a")]);
  await expect(heading(page, "Activate 1 role")).toBeVisible();
});

test("keys mean nothing while somebody types", SCRIPT, async ({ page }) => {
  await signIn(page);
  await page.keyboard.press("/");
  await page.keyboard.type("gahr?x");
  await expect(page.getByRole("searchbox")).toHaveValue("gahr?x");
  await expect(heading(page, "Overview")).toBeVisible();
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("g and a letter go to a page, and ? tells which", SCRIPT, async ({ page }) => {
  await signIn(page);
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(help).toBeVisible();
  await expect(help).toContainText("g h");
  await axe(page, "the keyboard shortcuts");
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();
  await page.keyboard.press("g");
  await Promise.all([page.waitForURL("**/history"), page.keyboard.press("h")]);
  await settled(page);
  await page.keyboard.press("g");
  await Promise.all([page.waitForURL((url) => url.pathname === "/"), page.keyboard.press("o")]);
});

test("the palette finds a role in spite of a slip, from any page", SCRIPT, async ({ page }) => {
  await signIn(page);
  await open(page, "/history");
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Find a role, a page or an action" });
  const field = palette.getByRole("combobox");
  await expect(field).toBeFocused();
  await expect(palette.getByRole("option", { name: "Overview" })).toBeVisible();
  await axe(page, "the palette");
  await field.fill("gobal raeder");
  await expect(palette.getByRole("option")).toHaveCount(1);
  await expect(palette.getByRole("option")).toHaveAttribute("aria-selected", "true");
  await Promise.all([page.waitForURL(/\/activate\//), page.keyboard.press("Enter")]);
  await expect(page.getByRole("main")).toContainText("Global Reader");
  await settled(page);
  await page.keyboard.press("Control+k");
  await field.fill("no such thing at all");
  await expect(palette).toContainText("Nothing matches.");
  await page.keyboard.press("Escape");
  await expect(palette).toBeHidden();
});

test("the palette's arrows walk in a ring", SCRIPT, async ({ page }) => {
  await signIn(page);
  await page.keyboard.press("Control+k");
  const options = page.getByRole("dialog").getByRole("option");
  const chosen = page.locator("#palette-list [aria-selected=true]");
  await expect(chosen).toHaveText(/Overview/);
  await page.keyboard.press("ArrowDown");
  await expect(chosen).toHaveText(/Requests/);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await expect(options.last()).toHaveAttribute("aria-selected", "true");
});

test("d leads to deactivating the row", SCRIPT, async ({ page }) => {
  await signIn(page);
  await plan(page, "Global Reader, Directory");
  await confirm(page);
  await expect(outcome(page, "Global Reader")).toHaveAttribute("data-state", "Usable");
  await open(page, "/");
  await expect(activeRow(page, "Global Reader")).toBeVisible();
  await page.keyboard.press("j");
  await Promise.all([page.waitForURL(/\/deactivate\?/), page.keyboard.press("d")]);
  await expect(heading(page, /^Deactivate/)).toBeVisible();
});

test("from a fresh page to a submitted profile: one key, the reason, one key", SCRIPT, async ({ page }) => {
  await signIn(page);
  await plan(page, "Global Reader, Directory", "Incident Responders, Member");
  await page.getByText("Save as a profile…").click();
  await page.getByLabel("Name of the profile").fill("By key");
  await follow(page, page.getByRole("button", { name: "Save profile" }));
  await open(page, "/");
  await Promise.all([page.waitForURL(/\/activate\/.*focus=reason/), page.keyboard.press("1")]);
  await settled(page);
  await expect(page.getByRole("textbox", { name: "Reason" }).first()).toBeFocused();
  await page.keyboard.type("On call");
  await Promise.all([page.waitForURL(/\/requests\//), page.keyboard.press("Control+Enter")]);
  await expect(outcome(page, "Incident Responders")).toHaveAttribute("data-state", "Usable");
  await open(page, "/profiles");
  await page.getByText("Edit By key").click();
  await follow(page, page.getByRole("button", { name: "Delete By key" }));
});
