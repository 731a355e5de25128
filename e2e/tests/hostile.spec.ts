// A tenant whose names are made to break pages: markup, control and right-to-left characters, 256 characters, none at all.
import { axe, expect, SCRIPT, test } from "../support/fixtures.ts";
import { fits } from "../support/layout.ts";
import { namesAreOnlyNames } from "../support/names.ts";
import { EXPECTED_ON_WALK, walk } from "../support/screens.ts";

/** Names that a page without care would make elements or attributes of. They have to stand there as they are. */
const MARKUP = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(2)>',
  "' onmouseover='alert(3)",
  "</title><h1>Owned</h1>",
  "</script><svg onload=alert(4)>",
  "<!-- no end",
  "&lt;b&gt; &amp;amp; &#0;",
  "{{7*7}} ${7*7} <%= 7*7 %>",
];

test.use({ seeded: "hostile" });

test("no name becomes anything but a name, and none breaks a screen", SCRIPT, async ({ page, expected }) => {
  test.setTimeout(300_000);
  expected.complaints.push(...EXPECTED_ON_WALK);
  // No page of the portal opens one: a script would have.
  page.on("dialog", (dialog) => {
    expect.soft(dialog.message(), "a name ran as a script").toBeUndefined();
    return dialog.dismiss();
  });
  await walk(page, "hostile", async ({ name }) => {
    for (const width of [1440, 360]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ reducedMotion: "reduce" });
      await fits(page, `${name}, ${width} px`);
      await axe(page, `${name}, ${width} px`);
      await namesAreOnlyNames(page, `${name}, ${width} px`);
    }
    if (name === "overview") {
      const shown = await page.locator("body").evaluate((body) => body.textContent);
      for (const markup of MARKUP) {
        expect.soft(shown, "a name stands there as it is").toContain(markup);
      }
      expect.soft(shown).toContain("W".repeat(256));
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  });
});
