// Steps that many journeys share, taken as a person takes them: by what is on the page.
import { expect, type Page } from "@playwright/test";
import { persona } from "./tenant.ts";

/** Signs in from the portal's front page and arrives at the overview. */
export async function signIn(page: Page, upn: string): Promise<void> {
  const { displayName } = await persona(upn);
  await page.goto("/");
  await page.getByRole("link", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: displayName }).click();
  const overview = page.getByRole("heading", { level: 1, name: "Overview" });
  const accept = page.getByRole("button", { name: "Accept" });
  // Consent is asked for once per person and tenant.
  await expect(overview.or(accept)).toBeVisible();
  if (await accept.isVisible()) {
    await accept.click();
  }
  await expect(overview).toBeVisible();
}
