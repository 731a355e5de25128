// The control port of the simulated tenant: what a test may do to it, and no real tenant allows.
import { request } from "@playwright/test";

const control = process.env.CONTROL_URL ?? "http://localhost:8084";

export type Persona = { upn: string; displayName: string; summary: string };

/** One of the tenant's origins. */
export type Plane = "graph" | "azure";

/** Answers that are spoiled on purpose: those whose path contains `path_contains`, as often as `times` says. */
export type Fault = { plane: Plane; path_contains?: string; method?: string; status?: number; times?: number };

/** Moves the clock of Graph and Azure, or that of the sign-in pages, by an ISO 8601 duration: `advance("PT6M")`. */
export async function advance(by: string, of: "planes" | "sign_in" = "planes"): Promise<void> {
  await call("POST", "/clock", { advance: by, of });
}

/** Makes every answer of a plane come this late. */
export async function slow(plane: Plane, milliseconds: number): Promise<void> {
  await call("POST", "/latency", { plane, milliseconds });
}

/** Spoils answers. */
export async function spoil(fault: Fault): Promise<void> {
  await call("POST", "/faults", fault);
}

/** Spoils the ID token of the next sign-in, in one of the ways that the control port knows: `"skewed_clock"`. */
export async function spoilSignIn(next: string): Promise<void> {
  await call("POST", "/sign-in", { next });
}

/** From now on only an administrator can consent. */
export async function onlyAdministratorsConsent(): Promise<void> {
  await call("POST", "/consent", { mode: "admin_required" });
}

/** Puts the tenant back to how it started: no requests, no active roles, nobody's consent, the machine's time. */
export async function reset(): Promise<void> {
  await call("POST", "/reset");
}

/** Every role request that the tenant carried out. */
export async function ledger(): Promise<unknown[]> {
  return (await call("GET", "/ledger")) as unknown[];
}

/** The person with this user principal name. */
export async function persona(upn: string): Promise<Persona> {
  const everyone = (await call("GET", "/personas")) as Persona[];
  const found = everyone.find((someone) => someone.upn === upn);
  if (!found) {
    throw new Error(`the tenant has no ${upn}; it has ${everyone.map((someone) => someone.upn).join(", ")}`);
  }
  return found;
}

async function call(method: string, path: string, data?: unknown): Promise<unknown> {
  const context = await request.newContext({ baseURL: control });
  try {
    const response = await context.fetch(path, { method, data });
    const text = await response.text();
    if (!response.ok()) {
      throw new Error(`${method} ${path}: ${response.status()} ${text}`);
    }
    return text ? JSON.parse(text) : undefined;
  } finally {
    await context.dispose();
  }
}
