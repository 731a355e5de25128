// The screens, as one walk through the portal that the tests of every screen take. To add a screen: a line in `WALK`; what is in
// the navigation and not here fails `screens.spec.ts`.
import type { Page } from "@playwright/test";
import { expect } from "./fixtures.ts";
import { active, confirm, eligibleRows, follow, open, settled, signIn } from "./journey.ts";

export type Screen = {
  name: string;
  /** Goes there, from wherever the screen before it has led to. */
  reach: (page: Page) => Promise<void>;
  /** Only the demo tenant has what it takes to get there. */
  demoOnly?: true;
};

const at = (address: string) => (page: Page) => open(page, address);

/** Ticks roles until two are chosen that nothing but a reason, and perhaps a ticket, is asked for. */
async function choose(page: Page): Promise<void> {
  await open(page, "/");
  const rows = eligibleRows(page);
  for (const index of await plainRows(page)) {
    await rows.nth(index).getByRole("checkbox").check();
  }
}

/** The first two rows that ask for neither approval nor a stronger sign-in. */
async function plainRows(page: Page): Promise<number[]> {
  const texts = await eligibleRows(page).allInnerTexts();
  const plain = texts.flatMap((text, index) => (/approval|approver|sign in|sign-in|MFA/i.test(text) ? [] : [index]));
  return plain.slice(0, 2);
}

async function planned(page: Page): Promise<void> {
  await choose(page);
  await follow(page, page.getByRole("button", { name: "Activate…" }));
}

async function activated(page: Page): Promise<void> {
  await page.getByRole("textbox", { name: "Reason" }).fill("Release");
  const ticket = page.getByRole("textbox", { name: "Ticket", exact: true });
  if (await ticket.isVisible()) {
    await ticket.fill("CHG0045");
  }
  await confirm(page);
  await expect(page.locator("[data-state]").first()).toBeVisible();
}

/** In this order. A name is said once; it is that of the screen's snapshot too. */
export const WALK: readonly Screen[] = [
  {
    name: "sign-in",
    reach: async (page) => {
      await open(page, "/sign-in");
      await page.getByText("What the portal asks for, and why").click();
    },
  },
  { name: "failed sign-in", reach: at("/sign-in/failed?problem=consent&correlation=7e3f0a52-50b5-4f2e-8a57-0c8f3c3a9d11") },
  { name: "overview", reach: (page) => signIn(page) },
  { name: "overview with a selection", reach: choose },
  { name: "activate", reach: planned },
  {
    name: "activate with problems",
    reach: async (page) => {
      await confirm(page);
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  { name: "progress", reach: activated },
  {
    name: "overview with active roles",
    reach: async (page) => {
      await open(page, "/");
      await expect(active(page).getByRole("checkbox").first()).toBeVisible();
    },
  },
  { name: "deactivate", reach: (page) => follow(page, active(page).getByRole("link", { name: /^Deactivate / }).first()) },
  { name: "approvals", reach: at("/approvals") },
  { name: "profiles", reach: at("/profiles") },
  {
    name: "history",
    reach: async (page) => {
      await open(page, "/history");
      await page.locator(".history summary").first().click();
    },
  },
  { name: "tenants", reach: at("/tenants") },
  { name: "permissions", reach: at("/permissions") },
  {
    name: "extend",
    demoOnly: true,
    reach: async (page) => {
      await open(page, "/");
      await follow(page, page.getByRole("link", { name: "Extend Contoso Device Auditor" }));
    },
  },
  {
    name: "scopes",
    demoOnly: true,
    reach: async (page) => {
      await open(page, "/");
      await page.getByRole("checkbox", { name: "Reader, Contoso Platform", exact: true }).check();
      await follow(page, page.getByRole("button", { name: "Activate…" }));
      await follow(page, page.getByRole("button", { name: /^Narrow to scopes/ }));
    },
  },
  { name: "not found", reach: at("/nowhere") },
  {
    name: "overview of somebody who may read nothing",
    reach: async (page) => {
      // Somebody whom neither the portal nor the sign-in pages know yet.
      await page.context().clearCookies();
      await signIn(page, "frida@contoso.example");
    },
  },
];

/** What the pages of `WALK` complain about on purpose: those of a failed sign-in and of a wrong address say so in their status. */
export const EXPECTED_ON_WALK = [/status of 40[04]/];

/** Takes the walk, and stops at every screen. */
export async function walk(page: Page, tenant: "demo" | "hostile", stop: (screen: Screen) => Promise<void>): Promise<void> {
  for (const screen of WALK.filter((one) => tenant === "demo" || !one.demoOnly)) {
    await screen.reach(page);
    await settled(page);
    await stop(screen);
  }
}

