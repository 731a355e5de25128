// The overview of different people, and of planes that fail or are slow.
import type { Page } from "@playwright/test";
import { expect, hasJavaScript, test } from "../support/fixtures.ts";
import { active, activeRow, eligibleRows, follow, heading, signIn, tick } from "../support/journey.ts";
import { slow, spoil } from "../support/tenant.ts";

declare global {
  interface Window {
    /** The streams that the page has opened. */
    streams: EventSource[];
  }
}

/** Notes the streams that pages open from now on. */
async function noteStreams(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.streams = [];
    window.EventSource = class extends EventSource {
      constructor(...given: ConstructorParameters<typeof EventSource>) {
        super(...given);
        window.streams.push(this);
      }
    };
  });
}

const PLANES = ["Entra roles", "Groups", "Azure resources"];

test("somebody without eligibilities sees that each plane is empty", async ({ page }) => {
  await signIn(page, "nestor@contoso.example");
  for (const plane of ["entra", "groups", "azure"]) {
    await expect(page.locator(`#eligible-${plane}`)).toBeVisible();
    await expect(page.locator(`#eligible-${plane}`)).toContainText(/not eligible|no /i);
  }
  await expect(eligibleRows(page)).toHaveCount(0);
  await expect(page.getByText("could not be read")).toHaveCount(0);
  await expect(active(page).getByText("No role is active.")).toBeVisible();
});

test("somebody who may read nothing sees failures, never empty lists", async ({ page }) => {
  await signIn(page, "frida@contoso.example");
  for (const plane of PLANES) {
    await expect(page.getByText(`${plane}: eligible roles could not be read.`)).toBeVisible();
    await expect(page.getByText(`${plane}: active roles could not be read.`)).toBeVisible();
  }
  await expect(active(page).getByText("No role is active.")).toBeHidden();
  await expect(page.getByText("Nothing matches")).toBeHidden();
  const retry = page.getByRole("link", { name: "Try again to read Groups" });
  await expect(retry).toHaveCount(2);
  await follow(page, retry.first());
  await expect(page.getByText("Groups: eligible roles could not be read.")).toBeVisible();
});

test("a guest sees the three roles they have, one on each plane", async ({ page }) => {
  await signIn(page, "mara_fabrikam.example#EXT#@contoso.example");
  await expect(eligibleRows(page)).toHaveCount(3);
  await expect(tick(page, "Reports Reader, Directory")).toBeVisible();
  await expect(tick(page, "Incident Responders, Member")).toBeVisible();
  // She cannot read the subscription's name, so its id stands there.
  await expect(page.getByRole("checkbox", { name: /^Reader, .+ \/ rg-lab$/ })).toBeVisible();
});

test("an approver sees his own roles, and what he has without activation", async ({ page }) => {
  await signIn(page, "alex@contoso.example");
  await expect(eligibleRows(page)).toHaveCount(2);
  const assigned = active(page).getByText("Entra roles: 1 role assigned without activation");
  await assigned.click();
  await expect(active(page).getByRole("listitem").filter({ hasText: "Security Reader" })).toBeVisible();
});

test("one plane that fails leaves the others alone, and comes back with a retry", async ({ page }) => {
  await signIn(page);
  await spoil({ plane: "azure", path_contains: "roleEligibilityScheduleInstances", status: 400 });
  await follow(page, page.getByRole("button", { name: "Refresh" }));
  await expect(page.getByText("Azure resources: eligible roles could not be read.")).toBeVisible();
  await expect(page.locator("#eligible-entra tr[data-row]")).toHaveCount(14);
  await expect(page.locator("#eligible-groups tr[data-row]")).toHaveCount(7);
  await follow(page, page.getByRole("link", { name: "Try again to read Azure resources" }));
  await expect(page.locator("#eligible-azure tr[data-row]")).toHaveCount(14);
  await expect(page.getByText("could not be read.")).toHaveCount(0);
});

test("a slow plane does not hold up the page, and its rows arrive later", async ({ page }) => {
  await signIn(page);
  await noteStreams(page);
  await slow("azure", 4_000);
  await follow(page, page.getByRole("button", { name: "Refresh" }));
  const azure = page.locator("#eligible-azure");
  await expect(azure).toContainText("Azure resources are still loading.");
  await expect(active(page)).toContainText("Azure resources: active roles are still loading.");
  // Meanwhile the page is of use.
  await tick(page, "Global Reader, Directory").check();
  await slow("azure", 0);

  if (hasJavaScript()) {
    await page.getByRole("searchbox").fill("reader");
    await expect(eligibleRows(page)).toHaveCount(1);
    // What arrives late follows the search that was typed meanwhile; nothing has to be done.
    await expect(azure.locator("tr[data-row]")).toHaveCount(14);
    await expect(eligibleRows(page)).toHaveCount(3);
    await expect(tick(page, "Global Reader, Directory")).toBeChecked();
    // It has arrived for good: a stream that is not closed comes back and draws everything anew.
    const late = () => page.evaluate(() => window.streams.filter((one) => one.url.includes("/events/overview")).map((one) => one.readyState === EventSource.CLOSED));
    await expect.poll(late).toEqual([true]);
  } else {
    await expect(async () => {
      await follow(page, page.getByRole("link", { name: "Load again" }).first());
      await expect(page.getByText("still loading")).toHaveCount(0, { timeout: 500 });
    }).toPass();
    await expect(azure.locator("tr[data-row]")).toHaveCount(14);
  }
  await expect(page.getByText("still loading")).toHaveCount(0);
});

test("plane filter and search stay in the address", async ({ page }) => {
  await signIn(page);
  const filter = page.getByRole("navigation", { name: "Planes" });
  const choosePlane = async (name: string) => {
    const link = filter.getByRole("link", { name: new RegExp(`^${name}\\b`) });
    await (hasJavaScript() ? link.click() : follow(page, link));
  };
  await choosePlane("Groups");
  await expect(eligibleRows(page)).toHaveCount(7);
  await expect(filter.getByRole("link", { name: "Groups" })).toHaveAttribute("aria-current", "true");
  await expect(page).toHaveURL(/plane=groups/);
  await page.reload();
  await expect(eligibleRows(page)).toHaveCount(7);
  await page.goto("/?q=production&plane=groups");
  await expect(eligibleRows(page)).toHaveCount(2);
  await choosePlane("All");
  await expect(page).toHaveURL(/\?q=production$/);
  await expect(eligibleRows(page)).not.toHaveCount(2);
  await page.goto(`/?q=${encodeURIComponent('"><script>alert(1)</script>')}`);
  await expect(page.getByRole("searchbox")).toHaveValue('"><script>alert(1)</script>');
  await expect(eligibleRows(page)).toHaveCount(0);
  await expect(page.getByText("Nothing matches.")).toBeVisible();
});

test("an address without a page, and somebody else's, say so", async ({ page, expected }) => {
  expected.complaints.push(/status of 404/);
  await signIn(page);
  for (const address of ["/nowhere", "/requests/00000000-0000-4000-8000-000000000000", "/activate/nonsense"]) {
    const response = await page.goto(address);
    expect(response?.status(), address).toBe(404);
    await expect(heading(page, "There is nothing here")).toBeVisible();
  }
  await follow(page, page.getByRole("link", { name: "Go to the overview" }));
  await expect(heading(page, "Overview")).toBeVisible();
  await expect(activeRow(page, "Global")).toHaveCount(0);
});
