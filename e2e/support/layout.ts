// What a page looks like to somebody who has to use it: whether it fits its window, and whether everything on it can be reached.
import type { Page } from "@playwright/test";
import { expect } from "./fixtures.ts";

/** Asserts that the page does not scroll sideways, that no text is cut off, and that no control lies beneath another. */
export async function fits(page: Page, what: string): Promise<void> {
  expect.soft(await page.evaluate(sideways), `${what} scrolls sideways`).toEqual([]);
  expect.soft(await page.evaluate(clipped), `${what}: nothing is clipped`).toEqual([]);
  expect.soft(await page.evaluate(covered), `${what}: whatever has the focus is to be seen`).toEqual([]);
}

/** What sticks out of a page that is wider than its window. Runs in the page. */
function sideways(): string[] {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) {
    return [];
  }
  const wide = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > clientWidth + 1);
  return [`${scrollWidth} px in ${clientWidth} px`, ...wide.slice(-5).map((one) => one.outerHTML.slice(0, 160))];
}

/**
 * Elements whose text does not fit into them, or that stand outside of the window, unless they can be scrolled to, are for
 * screen readers, or end in an ellipsis. Runs in the page.
 */
function clipped(): string[] {
  const found: string[] = [];
  const scrolls = (element: Element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
  for (const element of document.body.querySelectorAll("*")) {
    if (!(element instanceof HTMLElement) || !element.checkVisibility() || element.closest("svg, .for-readers, .skip")) {
      continue;
    }
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (box.width <= 1 || box.height <= 1) {
      continue;
    }
    const cuts = /hidden|clip/.test(style.overflowX) && style.textOverflow !== "ellipsis" && !element.matches("input, select, meter");
    if (cuts && element.scrollWidth > element.clientWidth + 1) {
      found.push(`cut at ${element.clientWidth} of ${element.scrollWidth} px: ${element.outerHTML.slice(0, 160)}`);
    }
    if (/hidden|clip/.test(style.overflowY) && element.scrollHeight > element.clientHeight + 2) {
      found.push(`cut at ${element.clientHeight} of ${element.scrollHeight} px of height: ${element.outerHTML.slice(0, 160)}`);
    }
    const outside = box.left < -1 || box.right > document.documentElement.clientWidth + 1;
    let around: Element | null = element.parentElement;
    while (outside && around && !scrolls(around)) {
      around = around.parentElement;
    }
    if (outside && !around) {
      found.push(`from ${Math.round(box.left)} to ${Math.round(box.right)} px: ${element.outerHTML.slice(0, 160)}`);
    }
  }
  return found.slice(0, 10);
}

/** Controls that something else lies on when they have the focus: the bar at the bottom, the dock. Runs in the page. */
function covered(): string[] {
  const found: string[] = [];
  const before = document.activeElement;
  for (const control of document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary")) {
    if (!control.checkVisibility({ visibilityProperty: true }) || control.matches(":disabled, [type=hidden], .skip")) {
      continue;
    }
    control.focus();
    const box = control.getBoundingClientRect();
    if (document.activeElement !== control || box.width === 0) {
      continue;
    }
    // Of a link over several lines the middle of its box may be between them.
    const [line] = control.getClientRects();
    const on = line && document.elementFromPoint(line.left + line.width / 2, line.top + line.height / 2);
    const labels = control instanceof HTMLInputElement ? [...(control.labels ?? [])] : [];
    const own = [control, ...labels].some((one) => one === on || one.contains(on ?? null) || on?.contains(one));
    if (!own) {
      found.push(`${control.outerHTML.slice(0, 120)} lies beneath ${on ? on.outerHTML.slice(0, 80) : "the window's edge"}`);
    }
  }
  if (before instanceof HTMLElement) {
    before.focus();
  }
  window.scrollTo(0, 0);
  return found.slice(0, 10);
}
