// Settings: the theme and the rows are as chosen from the first paint on, with JavaScript and without.
import type { Page } from "@playwright/test";
import { axe, expect, hasJavaScript, test } from "../support/fixtures.ts";
import { follow, open, signIn, tick } from "../support/journey.ts";

/** What the page's ground and ink come out as. */
async function colours(page: Page): Promise<{ ground: string; ink: string }> {
  const ground = await page.locator("html").evaluate((root) => getComputedStyle(root).backgroundColor);
  const ink = await page.locator("h1").evaluate((heading) => getComputedStyle(heading).color);
  return { ground, ink };
}

async function save(page: Page, theme: string): Promise<void> {
  await open(page, "/settings");
  await page.getByRole("radio", { name: theme, exact: true }).check();
  await follow(page, page.getByRole("button", { name: "Save" }));
  await expect(page.getByRole("status")).toContainText("Saved.");
}

const LIGHT = { ground: "rgb(246, 247, 249)", ink: "rgb(21, 24, 29)" };
const DARK = { ground: "rgb(15, 18, 22)", ink: "rgb(236, 239, 244)" };
const CONTRAST = { ground: "rgb(255, 255, 255)", ink: "rgb(0, 0, 0)" };

test("a theme is as chosen whatever the system says, and axe finds nothing in any", async ({ page }) => {
  await signIn(page);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  for (const [theme, expected] of [["Dark", DARK], ["High contrast", CONTRAST], ["Light", LIGHT]] as const) {
    await save(page, theme);
    expect(await colours(page), theme).toEqual(expected);
    await expect(page.getByRole("radio", { name: theme, exact: true })).toBeChecked();
    if (hasJavaScript()) {
      await axe(page, `settings, ${theme}`);
    }
    await open(page, "/");
    expect(await colours(page), `${theme} on the overview`).toEqual(expected);
  }
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await colours(page), "light, although the system is dark").toEqual(LIGHT);
  await save(page, "High contrast");
  expect(await colours(page), "contrast follows the system").toEqual({ ground: "rgb(0, 0, 0)", ink: "rgb(255, 255, 255)" });
  await save(page, "System");
  expect(await colours(page)).toEqual(DARK);
});

test("compact rows are 36 pixels high, and a selection begins with the usual duration", async ({ page }) => {
  await signIn(page);
  const row = page.locator("tr[data-row]").filter({ hasText: "Global Reader" });
  const high = async () => (await row.boundingBox())?.height ?? 0;
  expect(await high()).toBeGreaterThan(45);
  await open(page, "/settings");
  await page.getByRole("radio", { name: "Compact" }).check();
  await page.getByRole("radio", { name: "This long:" }).check();
  await page.getByRole("textbox", { name: "Length" }).fill("45");
  await page.getByRole("combobox", { name: "Unit of the length" }).selectOption("minutes");
  await page.getByRole("checkbox", { name: "Tell me before a role ends" }).check();
  await follow(page, page.getByRole("button", { name: "Save" }));
  await open(page, "/");
  expect(await high()).toBeLessThanOrEqual(37);
  await expect(page.locator("[data-notify]")).toHaveCount(1);
  await tick(page, "Global Reader, Directory").check();
  await follow(page, page.getByRole("button", { name: "Activate…" }));
  await expect(page.getByRole("radio", { name: "45 min" })).toBeChecked();

  await open(page, "/settings");
  await page.getByRole("radio", { name: "Comfortable" }).check();
  await page.getByRole("radio", { name: "As long as each role allows" }).check();
  await page.getByRole("checkbox", { name: "Tell me before a role ends" }).uncheck();
  await follow(page, page.getByRole("button", { name: "Save" }));
});
