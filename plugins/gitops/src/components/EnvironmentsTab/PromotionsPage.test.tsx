import { screen, within } from '@testing-library/react';
import type {
  EnvironmentsResponse,
  PromotionDetails,
} from '@gitops-infra/backstage-plugin-gitops-common';
import {
  fakeGitopsApi,
  FakeSignals,
  pass,
  refusal,
} from '../../__testUtils__/renderCard';
import { renderTab, TAB } from '../../__testUtils__/renderTab';
import {
  ago,
  details,
  frozen,
  promotion,
  stageBehind,
  upToDate,
} from '../../__testUtils__/responses';

/** A backend with these promotions, which it gives in pages and for an environment as the real one does. */
function apiWith(
  promotions: PromotionDetails[],
  environments: EnvironmentsResponse = upToDate(),
) {
  const api = fakeGitopsApi(environments);
  api.getPromotions.mockImplementation(
    async (_, { to, limit = 50, cursor = '0' } = {}) => {
      const all = promotions.filter(it => to === undefined || it.to === to);
      const end = Number(cursor) + limit;
      return {
        promotions: all.slice(Number(cursor), end),
        nextCursor: end < all.length ? String(end) : undefined,
      };
    },
  );
  return api;
}

const DEPLOYED = details({
  id: 'd1',
  state: 'deployed',
  mergedBy: 'octocat',
  mergedAt: ago(130),
  durations: {
    phases: [
      { after: 'requested', until: 'opened', startedAt: ago(240), seconds: 5 },
      { after: 'opened', until: 'merged', startedAt: ago(235), seconds: 105 },
      { after: 'merged', until: 'arrived', startedAt: ago(130), seconds: 90 },
    ],
    seconds: 200,
  },
});

const list = () =>
  screen.getByRole('list', { name: 'Promotions, newest first' });
const items = () => [...list().children] as HTMLElement[];

describe('the list of promotions', () => {
  afterEach(() => jest.useRealTimers());

  it('says of each what it changes, where it is, who, when and how long', async () => {
    await renderTab(apiWith([DEPLOYED]));

    expect(items()).toHaveLength(1);
    const [item] = items();
    expect(item).toHaveTextContent('Deployed');
    expect(item).toHaveTextContent('demo 1.4.1 → 1.4.2');
    expect(item).toHaveTextContent(
      'to stage · asked by guest, 4 min. ago · merged by octocat, 2 min. ago · took 3 min 20 sec · pull request #42',
    );
    expect(
      within(item).getByRole('link', { name: DEPLOYED.title }),
    ).toHaveAttribute('href', `${TAB}/promotions/d1`);
    expect(
      within(item).getByRole('link', { name: /pull request #42/ }),
    ).toHaveAttribute('href', DEPLOYED.pullRequest!.url);
  });

  it.each<[string, Partial<PromotionDetails>, string[]]>([
    [
      'requested',
      { state: 'requested', error: 'GitHub answered 502' },
      ['Opening', 'At the last look: GitHub answered 502', '4 min so far'],
    ],
    [
      'open',
      {
        pullRequestStatus: {
          mergeability: 'blocked',
          checks: { passed: 2, failing: 0, pending: 1 },
        },
      },
      [
        'Open',
        '4 min so far',
        '1 check pending · 2 checks passed · blocked by a rule of the branch',
      ],
    ],
    ['merged', { state: 'merged' }, ['Rolling out']],
    ['closed', { ...DEPLOYED, state: 'closed' }, ['Closed']],
    [
      'refused',
      {
        state: 'closed',
        error: 'The branch is protected',
        durations: {
          phases: [
            {
              after: 'requested',
              until: 'refused',
              startedAt: ago(9),
              seconds: 2,
            },
          ],
          seconds: 2,
        },
      },
      ['Refused', 'The branch is protected', 'took 2 sec'],
    ],
    [
      'superseded',
      {
        ...DEPLOYED,
        state: 'superseded',
        error: 'Another change replaced it',
      },
      ['Superseded', 'Another change replaced it'],
    ],
    [
      'a rollback',
      { undoes: [{ id: 'old', title: 'promote(demo): the bad one' }] },
      ['Takes back: promote(demo): the bad one'],
    ],
    [
      'let through in spite of a gate',
      {
        gates: [
          frozen({
            overridden: { by: 'user:default/ann', reason: 'Nobody can pay' },
          }),
          frozen({ id: 'b', title: 'Another' }),
        ],
      },
      ['Gate overridden by ann: No freeze window. Nobody can pay'],
    ],
  ])('says of one that is %s', async (_, different, texts) => {
    await renderTab(apiWith([details(different)]));
    texts.forEach(text => expect(items()[0]).toHaveTextContent(text));
    expect(items()[0]).not.toHaveTextContent('Another.');
  });

  it('says why a merged one does not arrive', async () => {
    const merged = { state: 'merged' as const };
    await renderTab(
      apiWith(
        [details(merged)],
        stageBehind({
          promotion: promotion(merged),
          findings: [
            {
              code: 'image-pull-failed',
              severity: 'error',
              what: 'The image of demo cannot be pulled.',
              why: 'w',
              fix: 'f',
            },
          ],
        }),
      ),
    );
    expect(items()[0]).toHaveTextContent('Does not arrive');
    expect(items()[0]).toHaveTextContent('The image of demo cannot be pulled.');
  });

  it('leads from a rollback to what it takes back', async () => {
    const undoes = [{ id: 'old', title: 'promote(demo): the bad one' }];
    await renderTab(apiWith([details({ undoes })]));
    expect(screen.getByRole('link', { name: undoes[0].title })).toHaveAttribute(
      'href',
      `${TAB}/promotions/old`,
    );
  });

  it('shows earlier ones when asked, and then that there are no more', async () => {
    const promotions = Array.from({ length: 41 }, (_, index) =>
      details({ id: `p${index}`, changes: [] }),
    );
    const { user } = await renderTab(apiWith(promotions));
    const more = screen.getByRole('button', { name: 'Show earlier' });
    expect(items()).toHaveLength(20);

    await user.click(more);
    await pass(0);
    expect(items()).toHaveLength(40);
    expect(more).toHaveFocus();

    await user.click(more);
    await pass(0);
    expect(items()).toHaveLength(41);
    expect(more).not.toBeInTheDocument();
    expect(screen.getByText('There is nothing earlier.')).toHaveFocus();
  });

  it('shows those into one environment, which the address says', async () => {
    const api = apiWith([
      details({ id: 'a', title: 'to stage' }),
      details({ id: 'b', title: 'to local', to: 'local' }),
    ]);
    const { user } = await renderTab(api);
    expect(items()).toHaveLength(2);

    await user.click(screen.getByRole('button', { name: /Environment/ }));
    await pass(0);
    await user.click(screen.getByRole('option', { name: 'local' }));
    await pass(0);

    expect(items()).toHaveLength(1);
    expect(items()[0]).toHaveTextContent('to local');
    expect(api.getPromotions).toHaveBeenLastCalledWith(expect.anything(), {
      to: 'local',
      limit: 20,
      cursor: undefined,
    });
  });

  it('takes the environment from the address, also one that is there no more', async () => {
    await renderTab(apiWith([details({ to: 'qa' }), DEPLOYED]), {
      address: '?to=qa',
    });
    expect(items()).toHaveLength(1);
    expect(
      screen.getByRole('button', { name: /Environment/ }),
    ).toHaveTextContent('qa');
  });

  it('says so where there are none', async () => {
    await renderTab(apiWith([]));
    expect(screen.getByText(/Nothing was promoted yet/)).toBeVisible();
  });

  it('reads again on a signal, and every few seconds', async () => {
    const signals = new FakeSignals();
    const api = apiWith([]);
    await renderTab(api, { signals });
    api.getPromotions.mockResolvedValue({ promotions: [details()] });

    await signals.send('gitops:service:demo');
    await pass(0);
    expect(items()[0]).toHaveTextContent('Open');

    api.getPromotions.mockResolvedValue({ promotions: [DEPLOYED] });
    await pass(3_000);
    expect(items()[0]).toHaveTextContent('Deployed');
  });

  it('keeps what it has while the backend is away, says so, and goes on', async () => {
    const api = apiWith([DEPLOYED]);
    const { user } = await renderTab(api);
    api.getEnvironments.mockRejectedValue(new TypeError('Failed to fetch'));
    api.getPromotions.mockRejectedValue(new TypeError('Failed to fetch'));
    await pass(10_000);

    expect(screen.getByRole('status')).toHaveTextContent(
      'This is the last known state: it cannot be reloaded.',
    );
    expect(items()).toHaveLength(1);

    api.getEnvironments.mockResolvedValue(upToDate());
    api.getPromotions.mockResolvedValue({ promotions: [DEPLOYED, details()] });
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await pass(0);
    expect(items()).toHaveLength(2);
    expect(screen.queryByText(/last known state/)).not.toBeInTheDocument();
  });

  it.each([
    [403, 'NotAllowedError', 'You may not see the promotions of this service'],
    [502, 'Error', 'The promotions cannot be loaded'],
  ])('says why it shows nothing after %s', async (status, name, title) => {
    const api = apiWith([]);
    api.getPromotions.mockRejectedValue(await refusal(status, name, 'Why'));
    await renderTab(api);
    expect(screen.getByRole('alert')).toHaveTextContent(title);
  });

  it('says why where the environments cannot be seen at all', async () => {
    const api = apiWith([]);
    api.getEnvironments.mockRejectedValue(
      await refusal(403, 'NotAllowedError', 'No'),
    );
    await renderTab(api);
    expect(screen.getByRole('alert')).toHaveTextContent(
      'You may not see the environments of this service',
    );
    expect(api.getPromotions).not.toHaveBeenCalled();
  });
});
