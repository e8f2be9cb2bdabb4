import { RunningApp, startApp } from './app';
import { openDemo, test } from './browser';

const PORT = 7330;
const IMAGES = 'docs/images';

test.use({ viewport: { width: 1280, height: 900 }, deviceScaleFactor: 1.5 });

let app: RunningApp;

test.beforeAll(async () => {
  app = await startApp(PORT);
});

test.afterAll(async () => {
  await app?.stop();
});

[
  { colorScheme: 'light' as const, suffix: '' },
  { colorScheme: 'dark' as const, suffix: '-dark' },
].forEach(({ colorScheme, suffix }) => {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('the pictures of the README', async ({ page }) => {
      await openDemo(page, app.demoUrl);
      const card = page.getByRole('article', { name: 'Environments' });
      await card.getByText('live', { exact: true }).waitFor();
      await card.screenshot({
        path: `${IMAGES}/card${suffix}.png`,
        animations: 'disabled',
      });

      await card.getByRole('button', { name: /^Promote/ }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('figure').waitFor();
      await dialog.screenshot({
        path: `${IMAGES}/dialog${suffix}.png`,
        animations: 'disabled',
      });
    });
  });
});
