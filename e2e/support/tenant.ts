// The control port of the simulated tenant: what a test may do to it, and no real tenant allows.
import { request } from "@playwright/test";

const control = process.env.CONTROL_URL ?? "http://localhost:8084";

/** One of the tenant's origins. */
export type Plane = "graph" | "azure";

/** Answers that are spoiled on purpose: those whose path contains `path_contains`, as often as `times` says. */
export type Fault = { plane: Plane; path_contains?: string; method?: string; status?: number; times?: number };

/** Moves the clock of Graph and Azure, or that of the sign-in pages, by an ISO 8601 duration: `advance("PT6M")`. */
export async function advance(by: string, of: "planes" | "sign_in" = "planes"): Promise<void> {
  await call("POST", "/clock", { advance: by, of });
}

/** Every token, code and verifier so far, and every justification. */
export async function canaries(): Promise<{ secrets: string[]; justifications: string[] }> {
  return (await call("GET", "/canaries")) as { secrets: string[]; justifications: string[] };
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

/** From now on no token carries these permissions, whoever consented. */
export async function withhold(...scopes: string[]): Promise<void> {
  await call("POST", "/consent", { without: scopes });
}

/**
 * Starts over with the tenant that a seed describes, a built-in one by its name or TOML: no requests, nobody's consent, the machine's
 * time. Its ids have to be those of the demo tenant, because the portal was told them when it started.
 */
export async function seed(seed: string): Promise<void> {
  await call("POST", "/seed", seed);
  // The other directories as well.
  await call("POST", "/reset");
}

/** Every role request that the tenant carried out. */
export async function ledger(): Promise<unknown[]> {
  return (await call("GET", "/ledger")) as unknown[];
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
