import { Page } from '@playwright/test';
import { RunningApp, startApp } from './app';
import { expect, openDemo, test } from './browser';

const PORT = 7310;

test.describe('the demo service', () => {
  // One after the other on one sandbox: the second begins where the story ends.
  test.describe.configure({ mode: 'serial' });

  let app: RunningApp;

  test.beforeAll(async () => {
    app = await startApp(PORT);
  });

  test.afterAll(async () => {
    await app?.stop();
  });

  test('goes from local to stage: seen behind, promoted, reviewed, merged, watched until it runs', async ({
    page,
    context,
  }) => {
    await openDemo(page, app.demoUrl);
    const card = page.getByRole('article', { name: 'Environments' });
    const local = card.getByRole('region', { name: 'local', exact: true });
    const stage = card.getByRole('region', { name: 'stage', exact: true });
    const version = (environment: typeof stage) =>
      environment.getByRole('list', { name: /^Versions/ });
    const status = (environment: typeof stage) =>
      environment.getByRole('list', { name: /^Status/ });

    // Stage runs an older version than local; below each stands when it was built.
    await expect(version(local)).toHaveText(/^1\.4\.2(built|$)/);
    await expect(version(stage)).toHaveText(/^1\.4\.1(built|$)/);
    await expect(status(stage)).toContainText('Synced');
    await expect(status(stage)).toContainText('Healthy');
    await expect(
      stage.getByRole('link', { name: 'stage.localtest.me' }),
    ).toHaveAttribute('href', 'http://stage.localtest.me/');
    await expect(stage).toContainText('demo-stage');

    // Promote, and read the diff.
    await card.getByRole('button', { name: /^Promote/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Promote demo to stage' });
    await expect(
      dialog.getByRole('row', { name: 'localhost:5001/demo 1.4.1 1.4.2' }),
    ).toBeVisible();
    const diff = dialog.getByRole('figure', {
      name: 'Change of apps/demo/overlays/stage/kustomization.yaml',
    });
    await expect(diff.getByRole('deletion')).toContainText('newTag: "1.4.1"');
    await expect(diff.getByRole('insertion')).toContainText('newTag: "1.4.2"');

    // Open the pull request, and look at it on its own page.
    await dialog.getByRole('button', { name: 'Open pull request' }).click();
    const opened = page.getByRole('dialog');
    const [pullRequest] = await Promise.all([
      context.waitForEvent('page'),
      opened.getByRole('link', { name: /#1/ }).click(),
    ]);
    await expect(pullRequest.locator('body')).toContainText(
      'promote(demo): local → stage, 1.4.1 → 1.4.2',
    );
    await expect(pullRequest.locator('body')).toContainText('newTag: "1.4.2"');
    await pullRequest.close();
    await opened.getByRole('button', { name: 'Done' }).click();
    await expect(version(stage)).toHaveText(/^1\.4\.1(built|$)/);

    // Merge, and watch it arrive without touching the page again.
    await page.evaluate(() => {
      (window as { untouched?: boolean }).untouched = true;
    });
    await card.getByRole('button', { name: 'Merge pull request 1' }).click();
    await page
      .getByRole('alertdialog')
      .or(page.getByRole('dialog'))
      .getByRole('button', { name: 'Merge' })
      .click();
    await expect(card).toContainText('#1 merged');
    await expect(version(stage)).toContainText('1.4.2');
    await expect(status(stage)).toContainText('Progressing');
    await expect(status(stage)).toContainText('Healthy');
    await expect(version(stage)).toHaveText(/^1\.4\.2(built|$)/);
    await expect(status(stage)).toContainText('Synced');
    await expect(card).toContainText('up to date');
    expect(
      await page.evaluate(() => (window as { untouched?: boolean }).untouched),
    ).toBe(true);
  });

  test('shows what is wrong where the person is, and what was known before', async ({
    page,
  }) => {
    await openDemo(page, app.demoUrl);
    const card = page.getByRole('article', { name: 'Environments' });
    const stage = card.getByRole('region', { name: 'stage', exact: true });
    await expect(card.getByText('live', { exact: true })).toBeVisible();

    await app.act('break-stage');
    await expect(stage).toContainText(
      'The overlay does not build, so Argo CD keeps the old version.',
    );
    await expect(
      stage.getByRole('link', {
        name: /apps\/demo\/overlays\/stage\/kustomization\.yaml:\d+/,
      }),
    ).toBeVisible();
    await expect(stage).toContainText('Cannot compare');
    await app.act('mend-stage');
    await expect(stage).not.toContainText('does not build');
    await expect(stage).toContainText('Synced');

    await app.act('argocd-down');
    await expect(card).toContainText(/Argo CD: .* old/);
    await expect(stage).toContainText('1.4.2');
    await app.act('argocd-up');
    await expect(card.getByText('live', { exact: true })).toBeVisible();

    await app.act('github-refuse-token');
    await expect(card).toContainText(/GitHub: .* old/);
    await app.act('github-accept-token');
    await expect(card.getByText('live', { exact: true })).toBeVisible();
  });

  test('shows the pods of an environment and no others', async ({ page }) => {
    await openDemo(page, app.demoUrl);
    const card = page.getByRole('article', { name: 'Environments' });
    await card.getByRole('link', { name: 'Pods of stage' }).click();
    await expect(
      page.getByRole('heading', {
        name: 'Pods of stage, in the namespace demo-stage',
      }),
    ).toBeVisible();
    await openPods(page, '1 pod');

    const [stage] = await app.pods('demo-stage');
    const [local] = await app.pods('demo-local');
    await expect(page.getByRole('row', { name: stage })).toContainText(
      'Running',
    );
    await expect(page.getByText(local)).toHaveCount(0);
  });

  test('has everything on the Kubernetes tab, and no error', async ({
    page,
  }) => {
    await openDemo(page, app.demoUrl);
    await page.getByRole('link', { name: 'Kubernetes' }).click();

    await expect(
      page.getByRole('button', { name: /^sandbox Cluster/ }),
    ).toContainText('2 pods');
    await expect(page.getByText('No pods with errors')).toBeVisible();
    await expect(page.getByText(/Error Reporting|problem/i)).toHaveCount(0);
  });

  test('says of the pod which image is missing', async ({ page }) => {
    await app.act('push-missing-version');
    await openDemo(page, app.demoUrl);
    const card = page.getByRole('article', { name: 'Environments' });
    await card.getByRole('link', { name: 'Pods of local' }).click();
    await openPods(page, '1 pod with errors');

    await expect(
      page.getByRole('row', { name: 'ImagePullBackOff' }),
    ).toContainText('Pending');
    await expect(
      page.getByText(/^Back-off pulling image "localhost:5001\/demo:/),
    ).toBeVisible();
  });

  test('shows on a narrow screen the whole of what is reviewed', async ({
    page,
  }) => {
    await page.setViewportSize({ width: 400, height: 700 });
    await openDemo(page, app.demoUrl);
    const menu = page.getByRole('button', { name: 'Actions for stage' });
    const host = page.getByRole('link', { name: 'stage.localtest.me' });
    const beside = (await host.boundingBox())!;
    expect(beside.x + beside.width).toBeLessThan((await menu.boundingBox())!.x);
    await menu.click();
    await page.getByRole('menuitem', { name: 'Deploy a version…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Version' }).fill('9.9.9');
    await dialog.getByRole('textbox', { name: 'Version' }).press('Enter');

    const diff = dialog.getByRole('figure');
    const after = diff.getByRole('insertion');
    await after.scrollIntoViewIfNeeded();
    const outer = (await diff.boundingBox())!;
    const inner = (await after.boundingBox())!;
    expect(inner.y + inner.height).toBeLessThanOrEqual(outer.y + outer.height);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth),
    ).toBeLessThanOrEqual(400);
  });
});

/** Opens the cluster, once it says so much of its pods, and its Deployment. */
async function openPods(page: Page, saying: string): Promise<void> {
  const cluster = page.getByRole('button', { name: /^sandbox Cluster/ });
  await expect(cluster).toContainText(saying);
  await cluster.press('Enter');
  const deployment = page.getByRole('button', { name: /^demo Deployment/ });
  // The name inside it is a button of its own.
  await deployment.first().press('Enter');
}

test.describe('somebody who does not own the service', () => {
  let app: RunningApp;

  test.beforeAll(async () => {
    app = await startApp(PORT + 10, 'viewer');
  });

  test.afterAll(async () => {
    await app?.stop();
  });

  test('sees the card and no button, and the API says no', async ({ page }) => {
    await openDemo(page, app.demoUrl);
    const card = page.getByRole('article', { name: 'Environments' });
    await expect(
      card.getByRole('region', { name: 'stage', exact: true }),
    ).toContainText('1.4.1');
    await expect(card.getByRole('button', { name: /^Promote/ })).toHaveCount(0);

    const answer = await page.evaluate(async () => {
      const signIn = await fetch('/api/auth/guest/refresh', {
        method: 'POST',
        headers: { 'x-requested-with': 'test' },
      });
      const { backstageIdentity } = await signIn.json();
      const response = await fetch(
        '/api/gitops/entities/component/default/demo/promotions',
        {
          method: 'POST',
          headers: {
            authorization: `Bearer ${backstageIdentity.token}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ from: 'local', to: 'stage' }),
        },
      );
      return { status: response.status, body: await response.json() };
    });
    expect(answer.status).toBe(403);
    expect(answer.body.error.message).toContain('gitops.promotion.create');
  });
});
