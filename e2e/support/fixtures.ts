// `test` and `expect` for every browser test: the tenant starts afresh, and a page that complains, or asks another server for
// anything, fails the test that opened it.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test as base, type ConsoleMessage, type Page, type Request } from "@playwright/test";
import { canaries, seed } from "./tenant.ts";

/** Tag of a test that is about what the islands do: it does not run without JavaScript. */
export const SCRIPT = { tag: "@script" };

/** Tag of a test that is about the page as it is without scripts. */
export const NO_SCRIPT = { tag: "@no-script" };

/** The portals there are: the plain one, and one with an organisation's looks and rules. */
export const PORTALS = [process.env.PORTAL_URL ?? "http://localhost:8080", process.env.BRANDED_URL ?? ""].filter(Boolean);

type Fixtures = {
  /** What is in the tenant: `test.use({ seeded: "hostile" })`. */
  seeded: string;
  /** A tenant in which nothing has happened yet. */
  tenant: void;
  /** Complaints that a test provokes on purpose, such as the console's line about a page with status 404. */
  expected: { complaints: RegExp[] };
  /** What the pages of this test have complained about so far. */
  complaints: string[];
  /** Every page of the portal that was shown, searched in the end for tokens, codes and verifiers. */
  secrets: void;
};

export const test = base.extend<Fixtures>({
  seeded: ["demo", { option: true }],

  tenant: [
    async ({ seeded }, use) => {
      await seed(seeded);
      await use();
    },
    { auto: true },
  ],

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
      context.on("request", (request) => {
        if (isForeign(request)) {
          complaints.push(`request to another origin: ${request.url()}`);
        }
      });
      await context.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => {
          console.error(`Content Security Policy: ${event.violatedDirective} blocked ${event.blockedURI}`);
        });
      });
      await use(complaints);
      const unexpected = complaints.filter((complaint) => !expected.complaints.some((known) => known.test(complaint)));
      expect(unexpected, "no console error, no violation of the content security policy, no other origin").toEqual([]);
    },
    { auto: true },
  ],

  secrets: [
    async ({ context }, use) => {
      const before = (await canaries()).secrets.length;
      const shown: Promise<{ url: string; body: string }>[] = [];
      context.on("response", (response) => {
        const url = response.url();
        if (response.request().resourceType() === "document" && url.startsWith(process.env.PORTAL_URL ?? "\0")) {
          // Redirects have no body, and a page that was left before its end has none either.
          shown.push(response.text().then((body) => ({ url, body })).catch(() => ({ url, body: "" })));
        }
      });
      await use();
      const secrets = (await canaries()).secrets.slice(before);
      const found = (await Promise.all(shown)).flatMap(({ url, body }) => {
        // Only the way back from signing in carries a code.
        const address = new URL(url).pathname === "/auth/callback" ? "" : url;
        return secrets.filter((secret) => body.includes(secret) || address.includes(secret)).map(() => url);
      });
      expect(found, "no token, code or verifier on a page or in its address").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Pages may be the portal's or the sign-in's; what a page loads has to come from its own origin. */
function isForeign(request: Request): boolean {
  const url = new URL(request.url());
  if (url.protocol === "data:") {
    return false;
  }
  if (!request.isNavigationRequest()) {
    return url.origin !== new URL(request.frame().url()).origin;
  }
  const known = [...PORTALS, process.env.SIGN_IN_URL].map((origin) => origin && new URL(origin).origin);
  return !known.includes(url.origin);
}

/**
 * Asserts that axe finds nothing on the page as it is, with all rules or with those that are named. axe runs inside the page,
 * so it needs JavaScript: call it in tests of the `javascript` project only; elsewhere it fails rather than pass unseen.
 */
export async function axe(page: Page, what: string, rules?: string[]): Promise<void> {
  expect(hasJavaScript(), "axe runs in the page and needs JavaScript").toBe(true);
  // The legacy mode does without a second page in which results of several frames are put together; there are no frames.
  // Only of what is wrong is it told where: to name the place of every element that is right took longest.
  const builder = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ["violations"] });
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await (rules ? builder.withRules(rules) : builder.withTags(tags)).analyze();
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.map((node) => `${node.target.join(" ")}: ${node.any.map((check) => check.message).join(" ")}`),
  }));
  // Soft: one run shows everything that is wrong anywhere.
  expect.soft(found, `axe on ${what}`).toEqual([]);
}

/** Whether this test runs in a browser with JavaScript. */
export function hasJavaScript(): boolean {
  return test.info().project.use.javaScriptEnabled !== false;
}
