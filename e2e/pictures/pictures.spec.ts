// The pictures of README and docs: `cargo xtask screenshots`, which says in `PICTURES` where they go.
import { join } from "node:path";
import { test } from "../support/fixtures.ts";
import { demoWithNewcomer, still } from "../support/still.ts";
import { EXPECTED_ON_WALK, walk } from "../support/screens.ts";

/** The screens of the walk that are shown, by the name of their picture. */
const SHOWN: Record<string, string> = {
  "overview with active roles": "overview",
  activate: "activate",
  history: "history",
};

const WINDOWS = [
  { width: 1440, height: 900 },
  { width: 360, height: 800 },
];

test.use({ seeded: demoWithNewcomer(), timezoneId: "UTC", locale: "en-GB" });

test("pictures", async ({ page, expected }) => {
  test.setTimeout(180_000);
  expected.complaints.push(...EXPECTED_ON_WALK);
  await walk(page, "demo", async ({ name }) => {
    const picture = SHOWN[name];
    if (!picture) {
      return;
    }
    await still(page);
    for (const window of WINDOWS) {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize(window);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const path = join(process.env.PICTURES ?? "", `${picture}-${colorScheme}-${window.width}.png`);
        await page.screenshot({ path, animations: "disabled", caret: "hide" });
      }
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: "light" });
  });
});
