import chromium from '@sparticuz/chromium';
import { test as base, Page } from '@playwright/test';

/**
 * Playwright's test with a Chromium from npm, so that no browser has to be installed. `CHROMIUM` names another one,
 * which is needed where the packaged one does not run.
 */
export const test = base.extend<
  {},
  { launch: { executablePath: string; args: string[] } }
>({
  launch: [
    async ({}, use) => {
      await use({
        executablePath:
          process.env.CHROMIUM ?? (await chromium.executablePath()),
        args: [
          // Build machines run as root, where Chromium has no sandbox of its own.
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      });
    },
    { scope: 'worker' },
  ],
  browser: [
    async ({ playwright, launch }, use) => {
      const browser = await playwright.chromium.launch(launch);
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
});

export { expect } from '@playwright/test';

/** Opens the page of the demo service and signs in as whoever the backend has. */
export async function openDemo(page: Page, demoUrl: string): Promise<void> {
  await page.goto(demoUrl);
  await page.getByRole('button', { name: 'Enter' }).click();
}
