// Steps that many journeys share, taken as a person takes them: by what is on the page.
import type { Locator, Page } from "@playwright/test";
import { expect, hasJavaScript, PORTALS } from "./fixtures.ts";

/** The everyday administrator. */
export const ADELE = "adele@contoso.example";

/** Waits until the page is all there and, on the portal's pages, until the islands are awake. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState();
  if (hasJavaScript() && PORTALS.some((portal) => page.url().startsWith(portal))) {
    await expect(page.locator("html")).toHaveAttribute("data-islands", "awake");
  }
}

/** Opens an address of the portal. */
export async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await settled(page);
}

/** Clicks what leads to another page, and waits for that page. */
export async function follow(page: Page, target: Locator): Promise<void> {
  await settled(page);
  await Promise.all([page.waitForEvent("load", { timeout: 20_000 }), target.click()]);
  await settled(page);
}

/** From the portal's front page through the account picker. Consent is the next page. */
export async function pickAccount(page: Page, upn: string): Promise<void> {
  await open(page, "/");
  await follow(page, page.getByRole("link", { name: "Sign in", exact: true }));
  await follow(page, page.locator(`button[name="upn"][value="${upn}"]`));
}

/** Signs in from the portal's front page and arrives at the overview, read afresh. */
export async function signIn(page: Page, upn = ADELE): Promise<void> {
  await pickAccount(page, upn);
  await follow(page, page.getByRole("button", { name: "Accept" }));
  await expect(heading(page, "Overview")).toBeVisible();
  // The portal keeps what it read for this person for a short while; the tenant has been reset since.
  await follow(page, page.getByRole("button", { name: "Refresh" }));
}

/** The page's title. */
export function heading(page: Page, name: string | RegExp): Locator {
  return page.getByRole("heading", { level: 1, name });
}

/** The list of what is active, and what waits. */
export function active(page: Page): Locator {
  return page.getByRole("region", { name: "Active" });
}

/** The row of an active or waiting role. */
export function activeRow(page: Page, role: string): Locator {
  return active(page).locator("tr.role-row").filter({ hasText: role });
}

/** The rows of eligible roles that are to be seen. */
export function eligibleRows(page: Page): Locator {
  return page.locator("tr[data-row]").filter({ visible: true });
}

/** The box that ticks an eligible role, by its title and its place. */
export function tick(page: Page, role: string): Locator {
  return page.getByRole("checkbox", { name: role, exact: true });
}

/** Ticks eligible roles and goes on, with whatever is ticked, to the page that plans their activation. */
export async function plan(page: Page, ...roles: string[]): Promise<void> {
  for (const role of roles) {
    await tick(page, role).check();
  }
  await follow(page, page.getByRole("button", { name: "Activate…" }));
  await expect(heading(page, /^Activate \d+ roles?$/)).toBeVisible();
}

/** Chooses how long. */
export async function choose(page: Page, duration: string): Promise<void> {
  await page.getByRole("radio", { name: duration, exact: true }).check();
}

/** Presses the button of the activate page. */
export async function confirm(page: Page): Promise<void> {
  await follow(page, page.getByRole("button", { name: /^Activate \d+ roles?$/ }));
}

/** What became of a role, on the page after the confirmation. */
export function outcome(page: Page, role: string): Locator {
  return page.locator("[data-state]").filter({ has: page.locator("strong", { hasText: role }) });
}
