import { screen, within } from '@testing-library/react';
import {
  DEMO_ENTITY,
  fakeGitopsApi,
  renderCard,
} from '../../__testUtils__/renderCard';
import {
  promotion,
  stageBehind,
  TAG_NOT_STRING,
  upToDate,
} from '../../__testUtils__/responses';

const stage = () => within(screen.getByRole('region', { name: 'stage' }));

describe('the links of an environment', () => {
  afterEach(() => jest.useRealTimers());

  it.each<
    [
      what: string,
      code: string,
      docs: string | undefined,
      config: { gitops?: { findingDocsUrl: string } },
      page: string,
    ]
  >([
    [
      'its page in the repository of the plugin',
      'tag-not-string',
      undefined,
      {},
      'https://github.com/demo/gitops-infra/blob/main/docs/findings/tag-not-string.md',
    ],
    [
      'its page where the configuration has the pages',
      'tag-not-string',
      undefined,
      { gitops: { findingDocsUrl: 'https://docs.test/{code}/' } },
      'https://docs.test/tag-not-string/',
    ],
    [
      'the page of a rule that was added',
      'no-friday',
      'https://example.com/no-friday',
      {},
      'https://example.com/no-friday',
    ],
  ])(
    'lead from a finding to %s, in a new tab',
    async (_, code, docs, config, page) => {
      const finding = { ...TAG_NOT_STRING, code, docs };
      await renderCard(fakeGitopsApi(upToDate({ findings: [finding] })), {
        config,
      });
      const link = stage().getByRole('link', { name: `About ${code}` });
      expect(link).toHaveAttribute('href', page);
      expect(link).toHaveAttribute('target', '_blank');
    },
  );

  it('lead nowhere for a finding that has no page', async () => {
    const finding = { ...TAG_NOT_STRING, code: 'no-friday' };
    await renderCard(fakeGitopsApi(upToDate({ findings: [finding] })));
    expect(
      stage().queryByRole('link', { name: /About/ }),
    ).not.toBeInTheDocument();
  });

  it.each([
    ['backstage.io/kubernetes-id', 'demo'],
    ['backstage.io/kubernetes-label-selector', 'app=demo'],
  ])('lead to the pods of an entity with %s', async (annotation, value) => {
    const { annotations } = DEMO_ENTITY.metadata;
    await renderCard(fakeGitopsApi(upToDate()), {
      tab: true,
      entity: {
        ...DEMO_ENTITY,
        metadata: {
          ...DEMO_ENTITY.metadata,
          annotations: { ...annotations, [annotation]: value },
        },
      },
    });
    expect(
      stage().getByRole('link', { name: 'Pods of stage' }),
    ).toHaveAttribute(
      'href',
      '/catalog/default/component/demo/environments/pods/stage',
    );
  });

  it.each<[what: string, options: object]>([
    ['the entity does not say which are its own', { tab: true }],
    [
      'the page has no environments tab',
      {
        entity: {
          ...DEMO_ENTITY,
          metadata: {
            ...DEMO_ENTITY.metadata,
            annotations: {
              ...DEMO_ENTITY.metadata.annotations,
              'backstage.io/kubernetes-id': 'demo',
            },
          },
        },
      },
    ],
  ])('lead to no pods where %s', async (_, options) => {
    await renderCard(fakeGitopsApi(upToDate()), options);
    expect(
      stage().queryByRole('link', { name: 'Pods of stage' }),
    ).not.toBeInTheDocument();
  });
});

describe('the links of the card', () => {
  afterEach(() => jest.useRealTimers());

  it('lead to the promotions, and to the timeline of the one under way', async () => {
    await renderCard(fakeGitopsApi(stageBehind({ promotion: promotion() })), {
      tab: true,
    });
    const tab = '/catalog/default/component/demo/environments';
    expect(
      screen.getByRole('link', { name: 'All promotions' }),
    ).toHaveAttribute('href', tab);
    expect(
      screen.getByRole('link', { name: 'Timeline of the promotion to stage' }),
    ).toHaveAttribute('href', `${tab}/promotions/b9d1`);
  });

  it('lead nowhere where the page has no environments tab', async () => {
    await renderCard(fakeGitopsApi(stageBehind({ promotion: promotion() })));
    expect(
      screen.queryByRole('link', { name: /promotions|Timeline/ }),
    ).not.toBeInTheDocument();
  });
});
