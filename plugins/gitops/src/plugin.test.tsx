import type { Entity } from '@backstage/catalog-model';
import { mockApis, renderTestApp } from '@backstage/frontend-test-utils';
import { createTestEntityPage } from '@backstage/plugin-catalog-react/testUtils';
import { screen, within } from '@testing-library/react';
import { DEMO_ENTITY } from './__testUtils__/renderCard';
import { details, stageBehind } from './__testUtils__/responses';
import gitopsPlugin from './index';

/** The plugin as an app has it, on the page of an entity, over HTTP to a backend that answers `stageBehind`. */
function renderEntityPage(entity: Entity) {
  const fetch = jest.fn(async (url: unknown) => ({
    ok: true,
    json: async () =>
      String(url).includes('/promotions')
        ? { promotions: [details()] }
        : stageBehind(),
  }));
  renderTestApp({
    features: [gitopsPlugin],
    extensions: [createTestEntityPage({ entity })],
    apis: [
      mockApis.discovery({ baseUrl: 'http://backend.test' }),
      mockApis.fetch({ baseImplementation: fetch as never }),
    ],
  });
  return fetch;
}

describe('gitopsPlugin', () => {
  it('shows the environments on the page of a component that names a service', async () => {
    const fetch = renderEntityPage(DEMO_ENTITY);

    const card = await screen.findByRole('article', { name: 'Environments' });
    expect(
      await within(card).findByRole('region', { name: 'stage' }),
    ).toHaveTextContent('1.4.1');
    expect(fetch.mock.calls[0][0]).toBe(
      'http://backend.test/api/gitops/entities/Component/default/demo/environments',
    );
  });

  it('has a tab with the promotions, which the card leads to', async () => {
    renderEntityPage(DEMO_ENTITY);

    const list = await screen.findByRole('list', {
      name: 'Promotions, newest first',
    });
    expect(
      within(list).getByRole('link', { name: details().title }),
    ).toHaveAttribute('href', '/environments/promotions/b9d1');
    expect(
      within(
        await screen.findByRole('article', { name: 'Environments' }),
      ).getByRole('link', { name: 'All promotions' }),
    ).toHaveAttribute('href', '/environments');
  });

  it('shows them on a component with the annotations of other plugins', async () => {
    renderEntityPage({
      ...DEMO_ENTITY,
      metadata: {
        name: 'demo',
        annotations: { 'argocd/app-selector': 'app=demo' },
      },
    });

    const card = await screen.findByRole('article', { name: 'Environments' });
    expect(
      await within(card).findByRole('region', { name: 'stage' }),
    ).toHaveTextContent('1.4.1');
  });

  it.each<[string, Entity]>([
    [
      'a component without the annotation',
      { ...DEMO_ENTITY, metadata: { name: 'plain' } },
    ],
    [
      'a component with an empty annotation',
      {
        ...DEMO_ENTITY,
        metadata: {
          name: 'plain',
          annotations: { 'gitops-infra.dev/service': ' ' },
        },
      },
    ],
    ['another kind of entity', { ...DEMO_ENTITY, kind: 'Resource' }],
  ])('has no card and no tab for %s', async (_, entity) => {
    const fetch = renderEntityPage(entity);

    expect(await screen.findByTestId('empty-entity-page')).toBeVisible();
    expect(
      screen.queryByRole('article', { name: 'Environments' }),
    ).not.toBeInTheDocument();
    expect(fetch).not.toHaveBeenCalled();
  });
});
