// The overview's search, filters and layout: the island and the server agree on every address.
import type { Locator, Page } from "@playwright/test";
import { expect, hasJavaScript, SCRIPT, test } from "../support/fixtures.ts";
import { eligibleRows, follow, open, signIn, tick } from "../support/journey.ts";

/** The names of the rows that are shown, in their order. */
async function shown(page: Page): Promise<string[]> {
  return page.locator("tr[data-row]:not([hidden]) .title").allTextContents();
}

function menu(page: Page, name: string): Locator {
  return page.locator("details.menu > summary").filter({ hasText: name });
}

/** What the island shows now must be what the server draws for the address that the island wrote. */
async function agrees(page: Page): Promise<void> {
  const before = await shown(page);
  const address = page.url();
  await open(page, address);
  expect(await shown(page)).toEqual(before);
  expect(page.url(), "the address is canonical").toBe(address);
}

test("what is filtered, sorted and laid out at once is what the address says", SCRIPT, async ({ page }) => {
  await signIn(page);
  await menu(page, "Filter").click();
  await page.getByRole("checkbox", { name: "Approval" }).first().check();
  await page.getByRole("checkbox", { name: "Whole directory" }).check();
  await expect(page).toHaveURL(/\?asks=approval&scope=directory$/);
  await expect(eligibleRows(page)).not.toHaveCount(0);
  await agrees(page);

  await page.getByRole("searchbox").fill("globl administrator");
  await expect(page).toHaveURL(/q=globl\+administrator&asks=approval/);
  expect(await shown(page)).toEqual(["Global Administrator"]);
  await agrees(page);

  await menu(page, "Filter").click();
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(page).toHaveURL(/\/$/);
  await tick(page, "Global Reader, Directory").check();
  await menu(page, "View").click();
  await page.getByLabel("Sort by").selectOption("Ends first");
  await page.getByLabel("Group by").selectOption("Subscription or scope");
  await expect(page.locator("tr.group").first()).toBeVisible();
  await page.getByRole("button", { name: "Move Ticket to the left" }).click();
  await page.getByRole("checkbox", { name: "MFA" }).last().uncheck();
  await expect(page.locator(".eligible thead th").nth(3)).toHaveText("Ticket");
  await expect(page.locator(".eligible thead")).not.toContainText("MFA");
  await expect(tick(page, "Global Reader, Directory"), "a tick outlives that the row is drawn anew").toBeChecked();
  await agrees(page);
  await page.keyboard.press("Escape");
});

test("a star makes a favourite where it stands, by hand and by key, and with no script too", async ({ page }) => {
  await signIn(page);
  const star = (name: string) => page.getByRole("button", { name: `Favourite: ${name}` });
  const [reader, last] = ["Global Reader, Directory", "User Administrator, Administrative unit: Seattle Branch"];
  for (const name of [reader, last]) {
    await (hasJavaScript() ? star(name).click() : follow(page, star(name)));
    await expect(star(name)).toHaveAttribute("aria-pressed", "true");
  }
  expect(new URL(page.url()).search, "the page is the one it was").toBe("");
  await open(page, "/?sort=favourites&plane=entra");
  expect((await shown(page)).slice(0, 2)).toEqual(["Global Reader", "User Administrator"]);
  await open(page, "/?only=favourites");
  expect(await shown(page)).toEqual(["Global Reader", "User Administrator"]);
  if (hasJavaScript()) {
    await page.keyboard.press("j");
    await page.keyboard.press("s");
    await expect(eligibleRows(page)).toHaveCount(1);
    expect(await page.evaluate(() => document.activeElement?.textContent), "the focus goes on").toContain("User Administrator");
  } else {
    await follow(page, star(reader));
  }
  await open(page, "/?only=favourites");
  expect(await shown(page)).toEqual(["User Administrator"]);
  // The portal keeps what a person marked: the next test finds nothing marked.
  await (hasJavaScript() ? star(last).click() : follow(page, star(last)));
  await expect(eligibleRows(page)).toHaveCount(0);
});

test("only what occurs is offered as a filter", SCRIPT, async ({ page }) => {
  await signIn(page);
  await menu(page, "Filter").click();
  await expect(page.getByRole("checkbox", { name: "Production", exact: true })).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "Resource", exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
});
