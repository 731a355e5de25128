// Pages that look the same whenever they are opened: for snapshots that are compared, and for the pictures of the documents.
import type { Page } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "./fixtures.ts";
import { open } from "./journey.ts";

const DEMO = new URL("../../crates/sim-tenant/src/tenant/demo.toml", import.meta.url);

/** Adele's object id in the demo tenant. */
const ADELES_ID = "a1de1e00-51c8-4d0e-8f2a-6b1e00000001";

/** When every still is taken. Half past the minute: what was done a few seconds before and after is in the same one. */
const NOW = Date.UTC(2026, 2, 10, 9, 30, 30);

/** The demo tenant, in which Adele is somebody whom the portal has not met: nothing that other tests did is in her history. */
export function demoWithNewcomer(): string {
  return readFileSync(DEMO, "utf8").replaceAll(ADELES_ID, randomUUID());
}

/**
 * Loads the page again as if it were `NOW`. The server's time cannot be set, but everything that the islands show of it they take
 * from milliseconds in the page: all of these are moved by the same distance.
 */
export async function still(page: Page): Promise<void> {
  await page.route(page.url(), async (route) => {
    const response = await route.fetch();
    const text = await response.text();
    const now = /server_now\D+(\d{13})/.exec(text)?.[1];
    const ahead = now === undefined ? 0 : NOW - Number(now);
    const body = text.replace(/\b1[78]\d{11}\b/g, (milliseconds) => String(Number(milliseconds) + ahead));
    await route.fulfill({ response, body });
  });
  await open(page, page.url());
  await page.unrouteAll();
  await expect(page.locator("[data-late]")).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
}
