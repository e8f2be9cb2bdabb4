import { defineConfig } from '@playwright/test';

/** Runs against what `npm start` brings up: the production build with the sandbox behind it. */
export default defineConfig({
  testDir: 'packages/app/e2e-tests',
  outputDir: 'test-results',
  projects: [
    { name: 'story' },
    // Not a test: makes the pictures of the README.
    { name: 'screenshots', testMatch: 'screenshots.ts', timeout: 60_000 },
  ],
  timeout: 180_000,
  expect: { timeout: 30_000 },
  workers: 1,
  forbidOnly: true,
  retries: 0,
  reporter: 'list',
  use: {
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    viewport: { width: 1280, height: 900 },
  },
});
