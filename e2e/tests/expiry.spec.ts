// What an open page says by itself: that a role ends, that the session ends, that the portal cannot be reached.
import type { Page } from "@playwright/test";
import { axe, expect, SCRIPT, test } from "../support/fixtures.ts";
import { activeRow, confirm, follow, open, plan, settled, signIn } from "../support/journey.ts";

declare global {
  interface Window {
    given: { title: string; tag: string; click(): void }[];
  }
}

/** Puts a recorder in the place of the browser's notifications: a headless browser shows none. */
async function recordNotifications(page: Page, permission: NotificationPermission): Promise<void> {
  await page.addInitScript((permission) => {
    window.given = [];
    class Recorder {
      static permission = permission;
      static requestPermission = async () => Recorder.permission;
      onclick: (() => void) | null = null;
      constructor(title: string, options: NotificationOptions) {
        window.given.push({ title, tag: options.tag ?? "", click: () => this.onclick?.() });
      }
    }
    Object.defineProperty(window, "Notification", { value: Recorder });
  }, permission);
}

/** Moves the browser's clock, and lets what is due happen. */
async function later(page: Page, minutes: number): Promise<void> {
  await page.clock.fastForward(minutes * 60_000);
  await page.clock.runFor(11_000);
}

const given = (page: Page) => page.evaluate(() => window.given.map(({ title, tag }) => ({ title, tag })));

test("whoever wants it is notified 15 and 5 minutes before a role ends, once", SCRIPT, async ({ page, context }) => {
  await page.clock.install();
  await recordNotifications(page, "granted");
  await signIn(page);
  await plan(page, "Global Reader, Directory");
  await page.getByRole("radio", { name: "30 min", exact: true }).check();
  await page.getByRole("textbox", { name: "Reason" }).fill("Look");
  await confirm(page);
  await open(page, "/");
  await expect(activeRow(page, "Global Reader")).toContainText("Active");
  const read = page.waitForResponse("**/events/ends");
  await page.getByRole("button", { name: "Notify me before a role ends" }).click();
  await read;
  await expect(page.getByText("Notified 15 and 5 minutes before a role ends")).toBeVisible();
  // From any page of the portal, and in a second tab only once.
  await Promise.all([page.waitForResponse("**/events/ends"), open(page, "/history")]);
  expect(await given(page)).toEqual([]);
  await later(page, 16);
  await expect.poll(() => given(page)).toHaveLength(1);
  expect((await given(page))[0]?.title).toMatch(/^Global Reader ends in 1[45] min$/);
  await later(page, 1);
  expect(await given(page)).toHaveLength(1);
  const told = await page.evaluate(() => localStorage.getItem("pim-told"));
  await later(page, 9);
  await expect.poll(() => given(page)).toHaveLength(2);
  expect((await given(page))[1]?.title).toMatch(/^Global Reader ends in [45] min$/);
  expect(await page.evaluate(() => localStorage.getItem("pim-told"))).toContain(told ?? "nothing");

  // The notification leads to the button that continues the role.
  await Promise.all([page.waitForURL((url) => url.pathname === "/"), page.evaluate(() => window.given[1]?.click())]);
  await settled(page);
  await expect(activeRow(page, "Global Reader").getByRole("button", { name: /^Continue/ })).toBeFocused();
  expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
});

test("the offer to notify is the setting, and a browser that blocks it is explained", SCRIPT, async ({ page }) => {
  await recordNotifications(page, "denied");
  await signIn(page);
  // Tests before this one may have left the setting on.
  const offered = page.locator("[data-notify-offer]");
  const setting = page.getByRole("checkbox", { name: "Tell me before a role ends" });
  await open(page, "/settings");
  await setting.check();
  await follow(page, page.getByRole("button", { name: "Save" }));
  await open(page, "/");
  await expect(offered).toContainText("it blocks them");
  await expect(offered.getByText("it blocks them")).toBeVisible();
  await offered.getByRole("button", { name: "Stop" }).last().click();
  await expect(offered.getByText("it blocks them")).toBeHidden();
  await expect(offered.getByRole("button", { name: "Notify me before a role ends" })).toBeVisible();
  await open(page, "/settings");
  await expect(setting).not.toBeChecked();
});

test("a tab whose stream of changes was refused says so, and asks no more", SCRIPT, async ({ page, expected }) => {
  expected.complaints.push(/status of 503/);
  await signIn(page);
  let asked = 0;
  await page.route("**/events/changes", (route) => {
    asked += 1;
    return route.fulfill({ status: 503 });
  });
  await page.clock.install();
  await open(page, "/");
  await expect(page.getByText("Live updates are off")).toBeVisible();
  await axe(page, "live updates that are off");
  await page.clock.runFor(60_000);
  expect(asked, "a stream that was refused is not opened again").toBe(1);
  await page.unroute("**/events/changes");
  await follow(page, page.getByRole("link", { name: "Load it again" }));
  await expect(page.getByText("Live updates are off")).toBeHidden();
});

test("the end of the session is said ahead and can be put off, or says what is kept", SCRIPT, async ({ page }) => {
  await page.clock.install();
  await signIn(page);
  const bar = page.getByRole("region", { name: "Your session" });
  await expect(bar).toBeHidden();
  const ends = (idle: number, last: number) =>
    page.route("**/session", async (route) => {
      const now = await page.evaluate(() => Date.now());
      await route.fulfill({ json: { idle: now + idle * 60_000, last: now + last * 60_000 } });
    });
  await ends(4, 300);
  await later(page, 56);
  await expect(bar).toContainText("because nothing was done");
  await axe(page, "the end of a session");
  await page.unrouteAll({ behavior: "wait" });
  await ends(60, 240);
  await bar.getByRole("button", { name: "Stay signed in" }).click();
  await expect(bar).toBeHidden();
  await page.unrouteAll({ behavior: "wait" });
  await ends(40, 3);
  await later(page, 56);
  await expect(bar).toContainText("ten hours at most");
  await expect(bar.getByRole("button", { name: "Stay signed in" })).toBeHidden();
  await expect(bar.getByRole("button", { name: "Sign out" })).toBeVisible();
});

test("signing out in another tab and a lost connection are said on the page", SCRIPT, async ({ page, context, expected }) => {
  expected.complaints.push(/Failed to load resource/, /ERR_INTERNET_DISCONNECTED/);
  await signIn(page);
  await open(page, "/history");
  await context.setOffline(true);
  await expect(page.getByText(/^No connection to the portal\. What you see is from \d\d:\d\d/)).toBeVisible();
  await axe(page, "a lost connection");
  await context.setOffline(false);
  await expect(page.getByText("No connection to the portal")).toBeHidden();

  const other = await context.newPage();
  await open(other, "/");
  await Promise.all([other.waitForURL("**/sign-in?signed_out=1"), other.getByRole("button", { name: "Sign out" }).click()]);
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  const again = page.getByRole("link", { name: "Sign in again" });
  await expect(again).toHaveAttribute("href", "/sign-in?return_to=%2Fhistory");
});
