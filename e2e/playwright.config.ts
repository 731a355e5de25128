// The browser tests. `cargo xtask test --browser` starts the portal and the simulated tenant and says where they are.
import { defineConfig, devices } from "@playwright/test";
import { existsSync } from "node:fs";

const browsers = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export default defineConfig({
  testDir: "tests",
  // There is one simulated tenant, and a journey changes it.
  workers: 1,
  fullyParallel: false,
  forbidOnly: !!process.env.CI,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  snapshotPathTemplate: "{testDir}/{testFileName}-snapshots/{arg}{ext}",
  reporter: [["list"], ...(process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [["json"] as const] : [])],
  use: {
    ...devices["Desktop Chrome"],
    baseURL: process.env.PORTAL_URL ?? "http://localhost:8080",
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: browsers.find((path) => path && existsSync(path)),
      args: [
        // Chromium refuses to run as root with its sandbox, and containers run as root.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        // Letters have the same shape on every machine.
        "--font-render-hinting=none",
        "--disable-lcd-text",
      ],
    },
  },
  projects: [
    // The tags are in support/fixtures.ts.
    { name: "javascript", grepInvert: /@no-script/ },
    { name: "no-javascript", grepInvert: /@script/, use: { javaScriptEnabled: false } },
    // `cargo xtask screenshots`: the pictures of the documents, which are no tests.
    ...(process.env.PICTURES ? [{ name: "pictures", testDir: "pictures" }] : []),
  ],
});
