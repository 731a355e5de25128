// Every journey by keyboard alone: the focus is always somewhere, and always to be seen.
import type { Locator, Page } from "@playwright/test";
import { expect, SCRIPT, test } from "../support/fixtures.ts";
import { active, heading, open, outcome, settled, signIn, tick } from "../support/journey.ts";
import { slow } from "../support/tenant.ts";

/** Fails unless something has the focus and shows it. */
async function expectFocusToBeSeen(page: Page): Promise<void> {
  const focus = await page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) {
      return "nothing has the focus";
    }
    const outlined = (candidate: Element | null) => {
      if (!candidate) {
        return false;
      }
      const { outlineStyle, outlineWidth } = getComputedStyle(candidate);
      return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
    };
    const name = `${element.tagName} ${element.id} ${element.textContent?.trim().slice(0, 40)}`;
    const box = element.getBoundingClientRect();
    const seen = box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight;
    // A segment shows the focus of its hidden radio button.
    const shown = outlined(element) || outlined(element.nextElementSibling);
    return seen && shown ? "" : `${name}: ${seen ? "focus not shown" : "out of sight"}`;
  });
  expect(focus).toBe("");
}

/** Presses Tab until `target` has the focus. */
async function tabTo(page: Page, target: Locator, key = "Tab"): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 400; presses += 1) {
    await page.keyboard.press(key);
    await expectFocusToBeSeen(page);
    if (await target.evaluate((element) => element === document.activeElement)) {
      return;
    }
  }
  throw new Error(`${target} cannot be reached with ${key}`);
}

/** Presses a key that leads to another page. */
async function leaveWith(page: Page, key: string): Promise<void> {
  await settled(page);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press(key)]);
  await settled(page);
}

test("a role is activated without a mouse", SCRIPT, async ({ page }) => {
  await open(page, "/");
  await tabTo(page, page.getByRole("link", { name: "Sign in", exact: true }));
  await leaveWith(page, "Enter");
  // The sign-in pages are Microsoft's, and their focus is not ours to judge.
  await page.getByRole("button", { name: "Adele Vance" }).focus();
  await leaveWith(page, "Enter");
  await page.getByRole("button", { name: "Accept" }).focus();
  await leaveWith(page, "Enter");
  await tabTo(page, page.getByRole("button", { name: "Refresh" }));
  await leaveWith(page, "Enter");

  const search = page.getByRole("searchbox");
  await page.keyboard.press("/");
  await expect(search).toBeFocused();
  await expect(search).toHaveValue("");
  await page.keyboard.type("helpdesk/");
  await expect(search).toHaveValue("helpdesk/");
  await page.keyboard.press("Backspace");
  await tabTo(page, tick(page, "Helpdesk Administrator, Directory"));
  await page.keyboard.press("Space");
  await expect(tick(page, "Helpdesk Administrator, Directory")).toBeChecked();
  await tabTo(page, page.getByRole("button", { name: "Activate…" }));
  await leaveWith(page, "Enter");

  await expect(heading(page, "Activate 1 role")).toBeVisible();
  await tabTo(page, page.getByRole("textbox", { name: "Reason" }));
  await page.keyboard.type("Locked out");
  // Reasons of before come between.
  await tabTo(page, page.getByRole("radio", { name: "Longest" }));
  await page.keyboard.press("ArrowLeft");
  await expectFocusToBeSeen(page);
  await expect(page.getByRole("radio", { name: "1 h", exact: true })).toBeChecked();
  await tabTo(page, page.getByRole("button", { name: "Activate 1 role" }));
  await leaveWith(page, "Enter");
  await expect(outcome(page, "Helpdesk Administrator")).toContainText("Usable now");

  await tabTo(page, page.getByRole("link", { name: "Back to the overview" }));
  await leaveWith(page, "Enter");
  await tabTo(page, active(page).getByRole("link", { name: "Deactivate Helpdesk Administrator, Directory" }));
  await leaveWith(page, "Enter");
  // Asked at once, and not when the five minutes have passed.
  await tabTo(page, page.getByRole("checkbox", { name: /^Deactivate when allowed/ }));
  await page.keyboard.press("Space");
  await tabTo(page, page.getByRole("button", { name: "Deactivate 1 role" }));
  await leaveWith(page, "Enter");
  await expect(outcome(page, "Helpdesk Administrator")).toContainText("less than five minutes");
  await tabTo(page, page.getByRole("button", { name: "Sign out" }), "Shift+Tab");
  await leaveWith(page, "Enter");
  await expect(page.getByText("You are signed out")).toBeVisible();
});

test("everything on the overview can be reached, in order, and shows the focus", SCRIPT, async ({ page }) => {
  await signIn(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await expectFocusToBeSeen(page);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await tabTo(page, page.locator("[data-tick]").last());
  await page.keyboard.press("Space");
  // With the dock there, what has the focus is not hidden beneath it.
  await tabTo(page, page.getByRole("button", { name: "Activate…" }));
  for (let i = 0; i < 6; i += 1) {
    await page.keyboard.press("Shift+Tab");
    await expectFocusToBeSeen(page);
    const beneath = await page.evaluate(() => {
      const element = document.activeElement;
      const dock = document.querySelector(".dock");
      if (!element || !dock || dock.contains(element)) {
        return false;
      }
      const [box, cover] = [element.getBoundingClientRect(), dock.getBoundingClientRect()];
      return box.bottom > cover.top && box.top < cover.bottom && box.right > cover.left && box.left < cover.right;
    });
    expect(beneath, "what has the focus lies beneath the dock").toBe(false);
  }
});

test("the focus is not lost when what had it goes away", SCRIPT, async ({ page }) => {
  await signIn(page);
  await tick(page, "Global Reader, Directory").focus();
  await page.keyboard.press("Space");
  await tabTo(page, page.getByRole("button", { name: "Clear" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Clear" })).toBeHidden();
  await expectFocusToBeSeen(page);

  // The link in the place of a slow plane goes when the plane arrives.
  await slow("azure", 3_500);
  await tabTo(page, page.getByRole("button", { name: "Refresh" }), "Shift+Tab");
  await leaveWith(page, "Enter");
  await slow("azure", 0);
  await page.locator("#eligible-azure").getByRole("link", { name: "Load again" }).focus();
  await expect(page.locator("#eligible-azure tr[data-row]")).toHaveCount(14);
  await expectFocusToBeSeen(page);
});

test("Escape empties the search", SCRIPT, async ({ page }) => {
  await signIn(page);
  await page.keyboard.press("/");
  await page.keyboard.type("zzz");
  await expect(page.getByText("Nothing matches.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("searchbox")).toHaveValue("");
  await expect(page.getByText("Nothing matches.")).toBeHidden();
  await expect(page).toHaveURL(/\/$/);
});
