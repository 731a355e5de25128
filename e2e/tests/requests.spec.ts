// The person's own requests, and the link that leads an approver to one of them.
import { axe, expect, hasJavaScript, test } from "../support/fixtures.ts";
import { confirm, follow, heading, open, plan, signIn } from "../support/journey.ts";

test("a request, its link for approvers, and its withdrawal", async ({ page, browser, context }) => {
  await signIn(page);
  await plan(page, "Release Managers, Member");
  await page.getByRole("textbox", { name: "Reason" }).fill("Release 12");
  await confirm(page);
  await follow(page, page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Requests" }));
  await expect(heading(page, "Your requests")).toBeVisible();
  // What was withdrawn before is listed further down.
  const request = page.locator("li.request").filter({ hasText: "Release Managers" });
  await expect(request).toContainText("Waiting for approval");
  await expect(request).toContainText("Can approve: ");
  const link = await request.getByRole("textbox", { name: "Link for approvers" }).inputValue();
  expect(link).toContain("/approvals?request=groups%3A");
  if (hasJavaScript()) {
    await axe(page, "requests");
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await request.getByRole("button", { name: /^Copy/ }).click();
    await expect(request.getByText("Copied")).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  }

  // An approver who is not signed in yet.
  const other = await browser.newContext();
  const approver = await other.newPage();
  await approver.goto(link);
  await approver.getByRole("link", { name: "Sign in", exact: true }).click();
  await approver.getByRole("button", { name: "Alex Wilber" }).click();
  await approver.getByRole("button", { name: "Accept" }).click();
  const asked = approver.getByRole("listitem").filter({ hasText: "The link led here" });
  await expect(asked).toContainText("Release Managers");
  await expect(asked.getByRole("checkbox")).toBeChecked();

  await follow(page, request.getByRole("button", { name: /^Withdraw/ }));
  await open(page, "/requests");
  await expect(request, "it waits no longer").toHaveCount(0);
  await expect(page.getByRole("main")).toContainText("Withdrawn");
  await approver.getByRole("button", { name: "Refresh" }).click();
  await approver.goto(link);
  await expect(approver.getByRole("main")).toContainText("does not wait for you");
  await other.close();
});
