// Every screen at every width, in every mode: axe finds nothing, nothing is cut off, nothing scrolls sideways, nothing lies beneath
// the bar at the bottom. Complaints of the console and of the content security policy fail the test by its fixtures.
import { axe, expect, NO_SCRIPT, SCRIPT, test } from "../support/fixtures.ts";
import { fits } from "../support/layout.ts";
import { EXPECTED_ON_WALK, walk } from "../support/screens.ts";

const LIGHT = { colorScheme: "light", forcedColors: "none" } as const;
const DARK = { colorScheme: "dark", forcedColors: "none" } as const;
const FORCED = { colorScheme: "light", forcedColors: "active" } as const;

/** What dark and forced colours can change; everything else is the same document. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

// Below 1080 tables are cards, and 1100 is little room for them; below 900 the navigation is at the bottom. At 1100 only
// room is in question. 720 with two pixels each is what is left of 1440 at 200 % zoom, 320 of 1280 at 400 %.
const WINDOWS = [
  { width: 1440, height: 900, scale: 1 },
  { width: 1100, height: 800, scale: 1 },
  { width: 768, height: 1024, scale: 1 },
  { width: 720, height: 450, scale: 2 },
  { width: 360, height: 800, scale: 1 },
  { width: 320, height: 256, scale: 1 },
];

test("every screen fits every window, and axe finds nothing", SCRIPT, async ({ page, expected }) => {
  test.setTimeout(300_000);
  expected.complaints.push(...EXPECTED_ON_WALK);
  const devtools = await page.context().newCDPSession(page);
  // Nobody is asked to load the page again for another window: a style sheet knows how wide it is at any time.
  const navigation = page.getByRole("navigation", { name: "Main" }).getByRole("link");
  const [offered, seen] = [new Set<string>(), new Set<string>()];
  await walk(page, "demo", async ({ name }) => {
    seen.add(new URL(page.url()).pathname);
    for (const href of await navigation.evaluateAll((links) => links.map((link) => link.getAttribute("href")))) {
      offered.add(href ?? "");
    }
    for (const { width, height, scale } of WINDOWS) {
      await devtools.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: scale, mobile: false });
      // Without motion, a colour is at once what it is going to be.
      await page.emulateMedia({ ...LIGHT, reducedMotion: "reduce" });
      await fits(page, `${name}, ${width} px`);
      if (width === 1100) {
        continue;
      }
      await axe(page, `${name}, light, ${width} px`);
      if ([1440, 768, 360].includes(width)) {
        await page.emulateMedia({ ...DARK, reducedMotion: "reduce" });
        await axe(page, `${name}, dark, ${width} px`, COLOUR_RULES);
        await page.emulateMedia({ ...FORCED, reducedMotion: "reduce" });
        await axe(page, `${name}, forced colours, ${width} px`, COLOUR_RULES);
      }
    }
    await page.emulateMedia({ ...LIGHT, reducedMotion: "reduce" });
    await devtools.send("Emulation.clearDeviceMetricsOverride");
  });
  expect(offered).toContain("/history");
  expect([...offered].filter((place) => !seen.has(place)), "places of the navigation that are not on the walk").toEqual([]);
});

test("without a script every screen fits as well", NO_SCRIPT, async ({ page, expected }) => {
  test.setTimeout(180_000);
  expected.complaints.push(...EXPECTED_ON_WALK);
  await walk(page, "demo", async ({ name }) => {
    for (const width of [768, 360, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await fits(page, `${name}, no script, ${width} px`);
    }
  });
});
