// The portal as an organisation makes it its own: its name, colours and announcement on every screen, its rules before anything is sent.
import { axe, expect, hasJavaScript, test } from "../support/fixtures.ts";
import { choose, confirm, follow, open, outcome, plan, settled, signIn } from "../support/journey.ts";
import { fits } from "../support/layout.ts";

test.use({ baseURL: process.env.BRANDED_URL });

test("an organisation's name, announcement and rules hold on the way to an activation", async ({ page }) => {
  const looked = async (what: string) => {
    await expect(page.getByRole("complementary", { name: "Announcement" })).toContainText("Warning: Maintenance tonight");
    await expect(page).toHaveTitle(/ · Contoso roles$/);
    for (const [width, colorScheme] of hasJavaScript() ? ([[1440, "light"], [360, "dark"]] as const) : []) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await fits(page, `${what}, branded, ${width} px`);
      await axe(page, `${what}, branded, ${colorScheme}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  };
  await open(page, "/sign-in");
  await looked("sign-in");
  await signIn(page);
  await expect(page.getByRole("navigation", { name: "Links of your organisation" }).getByRole("link")).toHaveCount(2);
  await looked("overview");

  await plan(page, "Exchange Administrator, Directory");
  await choose(page, "30 min");
  const [reason, ticket] = [page.getByRole("textbox", { name: "Reason" }), page.getByRole("textbox", { name: "Ticket", exact: true })];
  await reason.fill("Test test test");
  await ticket.fill("CHG0042");
  await page.getByRole("combobox", { name: "Ticket system" }).selectOption("Jira");
  await confirm(page);
  await expect(page.locator("#justification-problem")).toContainText("that text says nothing");
  await expect(ticket, "what was typed is still there").toHaveValue("CHG0042");
  await looked("activate with problems");
  await reason.fill("Patching the mail hosts");
  await confirm(page);
  await settled(page);
  await expect(outcome(page, "Exchange Administrator")).toBeVisible();
  await looked("progress");
  await follow(page, page.getByRole("link", { name: "Contoso roles" }));
  await expect(page).toHaveURL(/\/$/);
});
