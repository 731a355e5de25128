// axe on every page, in light, dark and forced colours, at four widths; and no page is wider than its window.
import { axe, expect, SCRIPT, test } from "../support/fixtures.ts";
import { active, confirm, follow, open, outcome, plan, settled, signIn, tick } from "../support/journey.ts";

const LIGHT = { colorScheme: "light", forcedColors: "none" } as const;
const DARK = { colorScheme: "dark", forcedColors: "none" } as const;
const FORCED = { colorScheme: "light", forcedColors: "active" } as const;

/** What dark and forced colours can change; everything else is the same document. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

// Below 900 the layout is another. 720 is what is left of 1440 at 200 % zoom, 320 of 1280 at 400 %.
for (const width of [1440, 720, 390, 320]) {
  test(`axe finds nothing on any page, ${width} px wide`, SCRIPT, async ({ page, expected }) => {
    test.setTimeout(240_000);
    // The pages of a failed sign-in and of a wrong address say so in their status.
    expected.complaints.push(/status of 40[04]/);
    await page.setViewportSize({ width, height: 800 });

    const check = async (what: string) => {
      await settled(page);
      const [content, window] = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return [scrollWidth, clientWidth];
      });
      expect.soft(content, `${what} scrolls sideways at ${width} px`).toBeLessThanOrEqual(window ?? 0);
      // Without motion, a colour is at once what it is going to be.
      await page.emulateMedia({ ...LIGHT, reducedMotion: "reduce" });
      await axe(page, `${what}, light, ${width} px`);
      if (width === 1440 || width === 390) {
        await page.emulateMedia({ ...DARK, reducedMotion: "reduce" });
        await axe(page, `${what}, dark, ${width} px`, COLOUR_RULES);
        await page.emulateMedia({ ...FORCED, reducedMotion: "reduce" });
        await axe(page, `${what}, forced colours, ${width} px`, COLOUR_RULES);
      }
    };

    await open(page, "/sign-in");
    await page.getByText("What the portal asks for, and why").click();
    await check("sign-in");
    await open(page, "/sign-in/failed?problem=consent&correlation=7e3f0a52-50b5-4f2e-8a57-0c8f3c3a9d11");
    await check("failed sign-in");

    await signIn(page);
    await check("overview");
    await tick(page, "Exchange Administrator, Directory").check();
    await tick(page, "Security Administrator, Directory").check();
    await tick(page, "Contributor, Contoso Sandbox").check();
    await check("overview with a selection");

    await plan(page);
    await confirm(page);
    await expect(page.getByRole("alert")).toBeVisible();
    await check("activate with problems");
    await page.getByRole("textbox", { name: "Reason" }).fill("Release");
    await page.getByRole("textbox", { name: "Ticket", exact: true }).fill("CHG0045");
    await confirm(page);
    await expect(outcome(page, "Exchange Administrator")).toContainText("Usable now");
    await check("result");

    await open(page, "/");
    await expect(active(page).getByRole("checkbox")).toHaveCount(2);
    await check("overview with active roles");
    await follow(page, active(page).getByRole("link", { name: /^Deactivate Exchange/ }));
    await check("deactivate");
    await open(page, "/approvals");
    await check("approvals");
    await open(page, "/profiles");
    await check("profiles");
    await open(page, "/settings");
    await check("settings");
    await open(page, "/permissions");
    await check("permissions");
    await open(page, "/tenants");
    await check("tenants");
    await open(page, "/history");
    await page.locator(".history summary").first().click();
    await check("history");
    await open(page, "/");
    await follow(page, page.getByRole("link", { name: "Extend Contoso Device Auditor" }));
    await check("extend");
    await open(page, "/");
    await plan(page, "Reader, Contoso Platform");
    await check("activate with scopes to choose from");
    await follow(page, page.getByRole("button", { name: /^Narrow to scopes/ }));
    await check("scopes");
    await open(page, "/nowhere");
    await check("not found");
    // Somebody else, whom neither the portal nor the sign-in pages know yet.
    await page.context().clearCookies();
    await signIn(page, "frida@contoso.example");
    await check("overview of somebody who may read nothing");
  });
}
