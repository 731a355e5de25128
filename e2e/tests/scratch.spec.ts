import { axe, expect, hasJavaScript, test } from "../support/fixtures.ts";
test("island", async ({ page }) => {
  await page.goto("/");
  const b = page.getByRole("button");
  await expect(b).toHaveText("Count: 3");
  if (hasJavaScript()) {
    await expect(page.locator("html[data-islands=awake]")).toBeAttached();
    await b.click();
    await expect(b).toHaveText("Count: 4");
    await axe(page);
  }
});
test("complains", async ({ page }) => {
  test.fail();
  await page.goto("/");
  await page.evaluate(() => { const s = document.createElement("style"); s.textContent = "a{}"; document.head.append(s); console.error("x"); });
});
