// Four hundred roles: typing in the search never keeps the page from answering.
import type { Page } from "@playwright/test";
import { expect, SCRIPT, test } from "../support/fixtures.ts";
import { settled, signIn } from "../support/journey.ts";

/** Milliseconds for which a key may keep the page from anything else; browsers call a longer task long, and report only those. */
const LIMIT = 50;

/** Odd, so that there is one in the middle. Machines that test do other things besides: a single figure says little. */
const RUNS = 3;

/** A word that stands there, two at once, and one that is only nearly there, for which every word of every row is compared. */
const SEARCHES = ["contributor", "reader prod", "contribtuor"];

declare global {
  interface Window {
    /** How long tasks took, and how long keys were handled, in milliseconds, since it was emptied. */
    taken: number[];
  }
}

/** Notes long tasks and slow keys from now on. */
async function measure(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.taken = [];
    new PerformanceObserver((list) => window.taken.push(...list.getEntries().map((task) => task.duration))).observe({ type: "longtask" });
    const keys = (list: PerformanceObserverEntryList) =>
      (list.getEntries() as PerformanceEventTiming[]).map((event) => event.processingEnd - event.processingStart);
    const slowest = { type: "event", durationThreshold: 16 } as PerformanceObserverInit;
    new PerformanceObserver((list) => window.taken.push(...keys(list))).observe(slowest);
  });
}

/** The longest that pressing `key` kept the page busy, until all rows it asks for are drawn. */
async function blocked(page: Page, key: string): Promise<number> {
  // What the test itself asked the page is told a little later, and is not counted.
  await page.evaluate(async () => {
    await new Promise((told) => setTimeout(told, 50));
    window.taken.length = 0;
  });
  await page.keyboard.press(key);
  return page.evaluate(async () => {
    const frame = () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    const isDrawn = () =>
      document.querySelectorAll("[data-section]:not([hidden]) tr[data-row]:not([hidden])").length ===
      Number.parseInt(document.querySelector("#shown")?.textContent ?? "", 10);
    do {
      await frame();
      await frame();
    } while (!isDrawn());
    return Math.max(0, ...window.taken);
  });
}

// A trace takes pictures of the whole document with every key, by a script in the page.
test.use({ seeded: "large", trace: "off" });

test("typing in the search of 400 roles never blocks for more than 50 ms", SCRIPT, async ({ page }) => {
  test.setTimeout(180_000);
  await signIn(page);
  await expect(page.locator("#shown")).toHaveText("400 roles");
  await settled(page);
  await measure(page);
  const search = page.getByRole("searchbox");
  await search.focus();
  for (const text of SEARCHES) {
    const keys = [...text].map((key) => (key === " " ? "Space" : key)).concat("Escape");
    const taken: number[][] = keys.map(() => []);
    for (let run = 0; run < RUNS; run++) {
      for (const [index, key] of keys.entries()) {
        if (key === "Escape") {
          await expect(search).toHaveValue(text);
          await expect(page.locator("#shown"), `${text} finds some and not all`).toHaveText(/^[1-9]\d* of 400 roles$/);
        }
        taken[index]?.push(await blocked(page, key));
      }
      await expect(page.locator("#shown")).toHaveText("400 roles");
    }
    const medians = taken.map((figures) => figures.toSorted((one, other) => one - other)[(RUNS - 1) / 2] ?? Number.NaN);
    const [median, worst] = [Math.max(...medians), Math.max(...taken.flat())].map(Math.round);
    console.log(`    ${text}: a key blocks for at most ${median} ms (median of ${RUNS} runs; ${worst} ms in the worst of them)`);
    expect.soft(median, text).toBeLessThanOrEqual(LIMIT);
  }
});
