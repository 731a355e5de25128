// What the main screens look like, compared with pictures in `looks.spec.ts-snapshots`. After a change that is meant to be seen:
// `cargo xtask test --browser -- --project javascript looks --update-snapshots`, and look at what git says has changed.
import { existsSync } from "node:fs";
import { expect, SCRIPT, test } from "../support/fixtures.ts";
import { demoWithNewcomer, still } from "../support/still.ts";
import { EXPECTED_ON_WALK, walk } from "../support/screens.ts";

/** The font of the pictures. Debian has it wherever it has fonts at all, because fontconfig depends on it. */
const FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

// Wide enough for the layout of wide windows, and small: the repository keeps every version of every picture.
const WIDE = { width: 1120, height: 700 };
const NARROW = { width: 360, height: 800 };

// Another version of the browser smooths letters a little differently; a word that is gone is more than this.
const COMPARED = { stylePath: "support/still.css", maxDiffPixelRatio: 0.001 };

/** Few, and of each layout and each scheme something. */
const LOOKS: Record<string, readonly ["light" | "dark", typeof WIDE][]> = {
  "sign-in": [["light", WIDE]],
  "overview with active roles": [["light", WIDE], ["dark", WIDE], ["light", NARROW]],
  activate: [["light", WIDE], ["dark", NARROW]],
  progress: [["dark", WIDE]],
  history: [["light", WIDE]],
};

/** Pieces that are below what fits into a window, wide and narrow. */
const PIECES: Record<string, string> = { "overview with active roles": "#eligible-groups" };

// The style sheet of the pictures is laid over the page, which its policy forbids; all other tests keep to the policy.
test.use({ seeded: demoWithNewcomer(), timezoneId: "UTC", locale: "en-GB", bypassCSP: true });

test("the main screens look as they did", SCRIPT, async ({ page, expected }) => {
  test.setTimeout(180_000);
  // Another font breaks every line elsewhere. The pipeline has to have this one, or the test would never be taken.
  test.skip(!existsSync(FONT) && !process.env.CI, `the pictures were taken with DejaVu Sans, and ${FONT} is not there`);
  expected.complaints.push(...EXPECTED_ON_WALK);
  const left = new Set(Object.keys(LOOKS));
  await walk(page, "demo", async ({ name }) => {
    const looks = LOOKS[name];
    if (!looks) {
      return;
    }
    left.delete(name);
    const address = page.url();
    await still(page);
    for (const [colorScheme, window] of looks) {
      await page.setViewportSize(window);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const picture = `${name.replaceAll(" ", "-")}-${colorScheme}-${window.width}.png`;
      // Seconds that run are left out.
      await expect.soft(page).toHaveScreenshot(picture, { ...COMPARED, mask: [page.locator("[data-countdown-text]")] });
    }
    await page.emulateMedia({ colorScheme: "light" });
    for (const window of PIECES[name] ? [NARROW, WIDE] : []) {
      await page.setViewportSize(window);
      const picture = `${name.replaceAll(" ", "-")}-piece-${window.width}.png`;
      const alone = { ...COMPARED, stylePath: [COMPARED.stylePath, "support/alone.css"] };
      await expect.soft(page.locator(PIECES[name] ?? "")).toHaveScreenshot(picture, alone);
    }
    await page.setViewportSize(WIDE);
    expect(page.url()).toBe(address);
  });
  expect([...left], "pictures of screens that are not on the walk").toEqual([]);
});
