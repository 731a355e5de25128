// The overview's search, filters and layout: the island and the server agree on every address.
import type { Page } from "@playwright/test";
import { expect, SCRIPT, test } from "../support/fixtures.ts";
import { eligibleRows, open, signIn, tick } from "../support/journey.ts";

/** The names of the rows that are shown, in their order. */
async function shown(page: Page): Promise<string[]> {
  return page.locator("tr[data-row]:not([hidden]) .title").allTextContents();
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
  await page.getByText("Filter", { exact: true }).click();
  await page.getByRole("checkbox", { name: "Approval" }).first().check();
  await page.getByRole("checkbox", { name: "Whole directory" }).check();
  await expect(page).toHaveURL(/\?asks=approval&scope=directory$/);
  await expect(eligibleRows(page)).not.toHaveCount(0);
  await agrees(page);

  await page.getByRole("searchbox").fill("globl administrator");
  await expect(page).toHaveURL(/q=globl\+administrator&asks=approval/);
  expect(await shown(page)).toEqual(["Global Administrator"]);
  await agrees(page);

  await page.getByText("Filter").click();
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(page).toHaveURL(/\/$/);
  await tick(page, "Global Reader, Directory").check();
  await page.getByText("View", { exact: true }).click();
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

test("only what occurs is offered as a filter", SCRIPT, async ({ page }) => {
  await signIn(page);
  await page.getByText("Filter", { exact: true }).click();
  await expect(page.getByRole("checkbox", { name: "Production" })).toBeVisible();
  await expect(page.getByRole("checkbox", { name: "Resource", exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
});
