// The screens, as one walk through the portal that the tests of every screen take. To add a screen: a line in `WALK`; what is in
// the navigation and not here fails `screens.spec.ts`.
import type { Page } from "@playwright/test";
import { expect } from "./fixtures.ts";
import { active, confirm, eligibleRows, follow, open, settled, signIn, tick } from "./journey.ts";

/** Which tenant the walk leads through; what it is seeded with has to be the same, or like it. */
export type Tenant = "demo" | "hostile";

export type Screen = {
  name: string;
  /** Goes there, from wherever the screen before it has led to. */
  reach: (page: Page, tenant: Tenant) => Promise<void>;
  /** Only the demo tenant has what it takes to get there. */
  demoOnly?: true;
};

const at = (address: string) => (page: Page) => open(page, address);

/** What is activated in the demo tenant: one at once, one with a ticket, one that waits for approval. */
const CHOSEN = ["Contributor, Contoso Sandbox", "Exchange Administrator, Directory", "Security Administrator, Directory"];

async function choose(page: Page, tenant: Tenant): Promise<void> {
  await open(page, "/");
  const boxes = eligibleRows(page).getByRole("checkbox");
  const chosen = tenant === "demo" ? CHOSEN.map((name) => tick(page, name)) : [boxes.nth(0), boxes.nth(1)];
  for (const box of chosen) {
    await box.check();
  }
}

async function planned(page: Page, tenant: Tenant): Promise<void> {
  await choose(page, tenant);
  await follow(page, page.getByRole("button", { name: "Activate…" }));
}

async function activated(page: Page, tenant: Tenant): Promise<void> {
  await page.getByRole("textbox", { name: "Reason" }).fill("Release");
  const ticket = page.getByRole("textbox", { name: "Ticket", exact: true });
  if (await ticket.isVisible()) {
    await ticket.fill("CHG0045");
  }
  await confirm(page);
  if (tenant === "demo") {
    await expect(page.locator("[data-state=Usable]")).toHaveCount(2);
  } else {
    await expect(page.locator("[data-state]").first()).toBeVisible();
  }
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
  { name: "consented", reach: at("/sign-in/consented?outcome=granted") },
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
  { name: "requests", reach: at("/requests") },
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
  { name: "settings", reach: at("/settings") },
  {
    name: "extend",
    reach: async (page, tenant) => {
      await open(page, "/");
      await follow(page, page.getByRole("link", { name: tenant === "demo" ? "Extend Contoso Device Auditor" : /^Extend / }).last());
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
export async function walk(page: Page, tenant: Tenant, stop: (screen: Screen) => Promise<void>): Promise<void> {
  for (const screen of WALK.filter((one) => tenant === "demo" || !one.demoOnly)) {
    await screen.reach(page, tenant);
    await settled(page);
    await stop(screen);
  }
}

