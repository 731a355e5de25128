// `test` and `expect` for every browser test: a page that complains fails the test that opened it.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test as base, type ConsoleMessage, type Page } from "@playwright/test";

type Fixtures = {
  /** Complaints that a test provokes on purpose, such as the console's line about a page with status 403. */
  expected: { complaints: RegExp[] };
  /** What the pages of this test have complained about so far. */
  complaints: string[];
};

export const test = base.extend<Fixtures>({
  expected: async ({}, use) => use({ complaints: [] }),

  // For every page of the context, and for every test: `auto`.
  complaints: [
    async ({ context, expected }, use) => {
      const complaints: string[] = [];
      context.on("console", (message: ConsoleMessage) => {
        const violation = /Content[ -]Security[ -]Policy/i.test(message.text());
        if (message.type() === "error" || violation) {
          complaints.push(`console: ${message.text()} (${message.location().url})`);
        }
      });
      context.on("weberror", (error) => complaints.push(`page error: ${error.error().message}`));
      await context.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => {
          console.error(`Content Security Policy: ${event.violatedDirective} blocked ${event.blockedURI}`);
        });
      });
      await use(complaints);
      const unexpected = complaints.filter((complaint) => !expected.complaints.some((known) => known.test(complaint)));
      expect(unexpected, "no console error, no page error, no violation of the content security policy").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/**
 * Asserts that axe finds nothing on the page as it is. axe runs inside the page, so it needs JavaScript: call it in
 * tests of the `javascript` project only; elsewhere it fails rather than pass unseen.
 */
export async function axe(page: Page): Promise<void> {
  expect(test.info().project.use.javaScriptEnabled, "axe runs in the page and needs JavaScript").not.toBe(false);
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  const found = violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.target.join(" ")) }));
  expect(found, `axe on ${page.url()}`).toEqual([]);
}

/** Whether this test runs in a browser with JavaScript. */
export function hasJavaScript(): boolean {
  return test.info().project.use.javaScriptEnabled !== false;
}
