// The control port of the simulated tenant: what a test may do to it, and no real tenant allows.
import { request } from "@playwright/test";

const control = process.env.CONTROL_URL ?? "http://localhost:8084";

export type Persona = { upn: string; displayName: string; summary: string };

/** Moves the tenant's clock, by an ISO 8601 duration: `advance("PT6M")`. */
export async function advance(by: string): Promise<void> {
  await call("POST", "/clock", { advance: by });
}

/** Puts the tenant back to how it started: no requests, no active roles, the clock as it is. */
export async function reset(): Promise<void> {
  await call("POST", "/reset");
}

/** Everyone who can sign in. */
export async function personas(): Promise<Persona[]> {
  return (await call("GET", "/personas")) as Persona[];
}

/** The person with this user principal name. */
export async function persona(upn: string): Promise<Persona> {
  const everyone = await personas();
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
