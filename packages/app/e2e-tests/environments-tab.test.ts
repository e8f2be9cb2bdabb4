import { RunningApp, startApp } from './app';
import { expect, openDemo, test } from './browser';

const PORT = 7370;

test.describe('the environments tab', () => {
  let app: RunningApp;

  test.beforeAll(async () => {
    app = await startApp(PORT);
  });

  test.afterAll(async () => {
    await app?.stop();
  });

  test('keeps a promotion that was closed there, with its timeline, and lets it be promoted again', async ({
    page,
  }) => {
    await openDemo(page, app.demoUrl);
    const card = page.getByRole('article', { name: 'Environments' });
    await card.getByRole('button', { name: /^Promote/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Open pull request' }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();

    // From the card to the timeline of what is under way.
    await card
      .getByRole('link', { name: 'Timeline of the promotion to stage' })
      .click();
    await expect(page).toHaveURL(/\/environments\/promotions\/[0-9a-f-]{36}$/);
    const promotion = page.getByRole('region', { name: /^promote\(demo\)/ });
    const state = promotion.getByRole('status');
    const timeline = promotion.getByRole('list', {
      name: 'What happened, newest first',
    });
    await expect(state).toContainText('Open');
    await expect(timeline.getByRole('listitem')).toHaveText([
      /^guest opened the pull request/,
      /^guest asked for it/,
    ]);

    // Close it, with the keyboard.
    await promotion
      .getByRole('button', { name: 'Close pull request 1' })
      .focus();
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Close pull request' }).focus();
    await page.keyboard.press('Enter');
    await expect(state).toContainText('Closed');
    await expect(timeline.getByRole('listitem')).toHaveText([
      /^guest closed it.*after/,
      /^guest opened the pull request.*after/,
      /^guest asked for it/,
    ]);
    await expect(promotion.getByText('Whole')).toBeVisible();
    await page.reload();
    await expect(state).toContainText('Closed');

    // Again, and merged from here.
    await promotion.getByRole('button', { name: 'Promote again…' }).click();
    await dialog.getByRole('button', { name: 'Open pull request' }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('link', { name: 'All promotions' }).click();
    const promotions = page
      .getByRole('list', { name: 'Promotions, newest first' })
      .locator(':scope > li');
    await expect(promotions).toHaveCount(2);
    await expect(promotions.nth(0)).toContainText('Open');
    await expect(promotions.nth(1)).toContainText('Closed');
    await promotions
      .nth(0)
      .getByRole('link', { name: /^promote/ })
      .click();
    await promotion
      .getByRole('button', { name: 'Merge pull request 2' })
      .click();
    await dialog.getByRole('button', { name: 'Merge' }).click();
    await expect(state).toContainText('Deployed');
    await expect(timeline.getByRole('listitem')).toHaveText([
      /^It runs/,
      /^Argo CD applied it/,
      /^guest merged it/,
      /^guest opened/,
      /^guest asked/,
    ]);
  });
});
