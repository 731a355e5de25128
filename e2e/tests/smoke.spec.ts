// The portal is up, and its front page has nothing to complain about.
import { expect, test } from "../support/fixtures.ts";

test("the portal says that it is well", async ({ request }) => {
  const response = await request.get("/healthz");
  expect(response.status()).toBe(200);
});

test("the front page opens and offers to sign in", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("link", { name: "Sign in", exact: true })).toBeVisible();
});
