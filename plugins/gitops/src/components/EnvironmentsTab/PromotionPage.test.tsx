import { screen, within } from '@testing-library/react';
import type {
  EnvironmentsResponse,
  PromotionDetails,
  PromotionTimelineEntry,
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
  promotion,
  stageBehind,
  upToDate,
} from '../../__testUtils__/responses';

const ADDRESS = '/promotions/b9d1';
const GUEST = 'user:default/guest';

const OPENED: PromotionTimelineEntry[] = [
  { event: 'opened', at: ago(235), who: GUEST },
  { event: 'requested', at: ago(240), who: GUEST },
];

const DEPLOYED = details({
  state: 'deployed',
  durations: {
    phases: [
      { after: 'requested', until: 'opened', startedAt: ago(240), seconds: 5 },
      { after: 'opened', until: 'merged', startedAt: ago(235), seconds: 105 },
      { after: 'merged', until: 'synced', startedAt: ago(130), seconds: 30 },
      { after: 'synced', until: 'arrived', startedAt: ago(100), seconds: 60 },
    ],
    seconds: 200,
  },
});

function apiWith(
  different: Partial<PromotionDetails> = {},
  timeline: PromotionTimelineEntry[] = OPENED,
  environments: EnvironmentsResponse = stageBehind({ promotion: promotion() }),
) {
  const api = fakeGitopsApi(environments);
  api.getPromotion.mockResolvedValue(details(different));
  api.getPromotionTimeline.mockImplementation(
    async (_, { limit = 50, cursor = '0' } = {}) => {
      const end = Number(cursor) + limit;
      return {
        timeline: timeline.slice(Number(cursor), end),
        nextCursor: end < timeline.length ? String(end) : undefined,
      };
    },
  );
  return api;
}

const show = (api: ReturnType<typeof apiWith>, signals?: FakeSignals) =>
  renderTab(api, { address: ADDRESS, signals });

const page = () =>
  within(screen.getByRole('region', { name: promotion().title }));
const timeline = () =>
  page().getByRole('list', { name: 'What happened, newest first' });
const entries = () =>
  [...timeline().children].map(entry =>
    [...entry.children].map(part => part.textContent).join(' | '),
  );
const terms = () =>
  page()
    .getAllByRole('term')
    .map(term => `${term.textContent} ${term.nextSibling?.textContent}`);

describe('the page of a promotion', () => {
  afterEach(() => jest.useRealTimers());

  it('is the one that the address names, and leads to all of them', async () => {
    const api = apiWith();
    await show(api);

    expect(api.getPromotion).toHaveBeenCalledWith('b9d1');
    expect(page().getByRole('status')).toHaveTextContent('Open');
    expect(
      page().getByRole('link', { name: /pull request #42/ }),
    ).toHaveAttribute('href', promotion().pullRequest!.url);
    expect(
      screen.getByRole('link', { name: 'All promotions' }),
    ).toHaveAttribute('href', TAB);
  });

  it('says how long each phase took, and the whole', async () => {
    await show(apiWith(DEPLOYED));
    expect(terms()).toEqual([
      'Opening 5 sec',
      'Review 1 min 45 sec',
      'Sync 30 sec',
      'Rollout 1 min',
      'Whole 3 min 20 sec',
    ]);
  });

  it('says how long a phase lasts so far', async () => {
    await show(apiWith());
    expect(terms()).toEqual(['Opening 5 sec', 'Review 3 min 55 sec so far']);
    await pass(5_000);
    expect(terms()).toEqual(['Opening 5 sec', 'Review 4 min so far']);
  });

  it('does not tell apart what was not kept apart', async () => {
    const [opening, review] = DEPLOYED.durations.phases;
    await show(
      apiWith({
        state: 'deployed',
        durations: {
          phases: [
            opening,
            review,
            {
              after: 'merged',
              until: 'arrived',
              startedAt: ago(130),
              seconds: 90,
            },
          ],
        },
      }),
    );
    expect(terms()).toContain('Sync and rollout 1 min 30 sec');
  });

  it('tells what happened, newest first, with how long it took', async () => {
    await show(
      apiWith(DEPLOYED, [
        { event: 'arrived', at: ago(40) },
        {
          event: 'failed',
          at: ago(60),
          code: 'degraded',
          detail: 'stage is Degraded.',
        },
        { event: 'synced', at: ago(100) },
        {
          event: 'amended',
          at: ago(130),
          detail: 'demo 1.4.1 → 1.4.5 in place of 1.4.2',
        },
        { event: 'merged', at: ago(130), who: 'octocat' },
        {
          event: 'overridden',
          at: ago(131),
          who: 'user:default/ann',
          detail: 'No freeze window: Nobody can pay',
        },
        {
          event: 'updated',
          at: ago(200),
          who: 'user:default/ann',
          detail: 'promote(demo): local → stage, 1.4.0 → 1.4.1',
        },
        { event: 'rebuilt', at: ago(210), detail: 'stage changed on main' },
        { event: 'noted', at: ago(230), detail: 'No such label' },
        { event: 'opened', at: ago(235) },
        { event: 'requested', at: ago(240), who: GUEST },
      ]),
    );
    expect(entries()).toEqual([
      'It runs, and nothing older does | 40 sec. ago · after 1 min',
      'It could not arrive: | stage is Degraded. | About degraded\u00a0↗ | 1 min. ago',
      'Argo CD applied it | 1 min. ago · after 30 sec',
      'Others had pushed to it, and what was merged is: | demo 1.4.1 → 1.4.5 in place of 1.4.2 | 2 min. ago',
      'octocat merged it | 2 min. ago · after 1 min 45 sec',
      'ann overrode a gate: | No freeze window: Nobody can pay | 2 min. ago',
      'ann put another change into the pull request, in place of: | promote(demo): local → stage, 1.4.0 → 1.4.1 | 3 min. ago',
      'The same change was made again on the overlay as it is now: | stage changed on main | 3 min. ago',
      'Worth knowing: | No such label | 3 min. ago',
      'The pull request was opened | 3 min. ago · after 5 sec',
      'guest asked for it | 4 min. ago',
    ]);
  });

  it.each<[PromotionTimelineEntry, string]>([
    [
      { event: 'refused', at: ago(9), detail: 'The branch is protected' },
      'It was refused: | The branch is protected | 9 sec. ago',
    ],
    [
      { event: 'closed', at: ago(9), who: 'octocat' },
      'octocat closed it | 9 sec. ago',
    ],
    [{ event: 'closed', at: ago(9) }, 'It was closed | 9 sec. ago'],
    [
      { event: 'replaced', at: ago(9), detail: 'Another change replaced it' },
      'It ended: | Another change replaced it | 9 sec. ago',
    ],
  ])('tells how it ended: %j', async (entry, expected) => {
    await show(apiWith({}, [entry, ...OPENED]));
    expect(entries()[0]).toBe(expected);
  });

  it('shows what was earlier when asked; how long it took is known without', async () => {
    const noted = Array.from({ length: 25 }, (_, index) => ({
      event: 'noted' as const,
      at: ago(index),
    }));
    const { user } = await show(
      apiWith(DEPLOYED, [{ event: 'merged', at: ago(0) }, ...noted, ...OPENED]),
    );
    expect(entries()).toHaveLength(20);
    expect(entries()[0]).toContain('after 1 min 45 sec');

    await user.click(page().getByRole('button', { name: 'Show earlier' }));
    await pass(0);
    expect(entries()).toHaveLength(28);
    expect(page().getByText('There is nothing earlier.')).toHaveFocus();
  });

  it('closes the pull request, and shows that', async () => {
    const api = apiWith();
    const { user } = await show(api);
    await user.click(
      page().getByRole('button', { name: 'Close pull request 42' }),
    );
    api.getPromotion.mockReturnValue(new Promise(() => {}));
    await user.click(
      within(screen.getByRole('dialog')).getByRole('button', {
        name: 'Close pull request',
      }),
    );
    await pass(0);
    await pass(500);

    expect(api.closePromotion).toHaveBeenCalledWith('b9d1', {});
    expect(page().getByRole('status')).toHaveTextContent('Closed');
    expect(
      screen.getByRole('region', { name: promotion().title }),
    ).toHaveFocus();
  });

  it('merges it', async () => {
    const api = apiWith();
    const { user } = await show(api);
    await user.click(
      page().getByRole('button', { name: 'Merge pull request 42' }),
    );
    await pass(0);
    await user.click(
      within(screen.getByRole('dialog')).getByRole('button', {
        name: 'Merge',
      }),
    );
    await pass(0);
    expect(api.mergePromotion.mock.lastCall?.[0]).toBe('b9d1');
  });

  it.each<[string, Partial<PromotionDetails>, object]>([
    [
      'what came from an environment',
      {},
      { from: 'local', to: 'stage', images: ['demo'] },
    ],
    [
      'a version that was named',
      { from: undefined, version: '1.4.2' },
      { version: '1.4.2', to: 'stage', images: ['demo'] },
    ],
  ])('promotes %s again after it was closed', async (_, source, request) => {
    const api = apiWith({ ...source, state: 'closed' });
    const { user } = await show(api);
    await user.click(page().getByRole('button', { name: 'Promote again…' }));
    await pass(0);

    expect(
      screen.getByRole('dialog', { name: 'Promote demo to stage again' }),
    ).toBeVisible();
    expect(api.previewPromotion).toHaveBeenCalledTimes(1);
    expect(api.previewPromotion.mock.lastCall?.[1]).toEqual(request);
    // It is read again meanwhile, and what is looked at stays.
    await pass(10_000);
    expect(api.previewPromotion).toHaveBeenCalledTimes(1);
  });

  it.each<[string, Partial<PromotionDetails>]>([
    ['is deployed', DEPLOYED],
    ['is merged, and may not arrive', { state: 'merged' }],
  ])('offers to roll back what %s', async (_, different) => {
    const api = apiWith(different);
    api.getEarlierStates.mockResolvedValue({ states: [], complete: true });
    const { user } = await show(api);
    await user.click(page().getByRole('button', { name: 'Roll back…' }));
    expect(
      screen.getByRole('dialog', { name: 'Roll demo back in stage' }),
    ).toBeVisible();
  });

  it.each<[string, Partial<PromotionDetails>, EnvironmentsResponse]>([
    [
      'to someone without rights',
      { state: 'closed' },
      upToDate({}, { rights: { promote: false, merge: false, sync: false } }),
    ],
    [
      'while it is being opened',
      { state: 'requested', pullRequest: undefined },
      upToDate(),
    ],
    ['once it was replaced', { state: 'superseded' }, upToDate()],
    [
      'into an environment that is there no more',
      { state: 'closed', to: 'qa' },
      upToDate(),
    ],
  ])('offers nothing %s', async (_, different, environments) => {
    await show(apiWith(different, OPENED, environments));
    expect(page().queryByRole('button')).not.toBeInTheDocument();
  });

  it('explains with the finding why it does not arrive', async () => {
    await show(
      apiWith(
        { state: 'merged' },
        OPENED,
        stageBehind({
          promotion: promotion({ state: 'merged' }),
          findings: [
            {
              code: 'image-pull-failed',
              severity: 'error',
              what: 'The image of demo cannot be pulled.',
              why: 'The registry does not have it.',
              fix: 'Push the image.',
            },
          ],
        }),
      ),
    );
    expect(page().getByRole('status')).toHaveTextContent('Does not arrive');
    expect(page().getByText('Push the image.')).toBeVisible();
    expect(page().getAllByText(/cannot be pulled/)).toHaveLength(1);
  });

  it('follows it', async () => {
    const signals = new FakeSignals();
    const api = apiWith();
    await show(api, signals);
    api.getPromotion.mockResolvedValue(DEPLOYED);

    await signals.send('gitops:service:demo');
    await pass(0);
    expect(page().getByRole('status')).toHaveTextContent('Deployed');
  });

  it('keeps what it has while the backend is away, and says so', async () => {
    const api = apiWith();
    await show(api);
    api.getPromotion.mockRejectedValue(new TypeError('Failed to fetch'));
    await pass(3_000);

    expect(screen.getByText(/This is the last known state/)).toBeVisible();
    expect(entries()).toHaveLength(2);
  });

  it.each<[string, (api: ReturnType<typeof apiWith>) => Promise<void>]>([
    [
      'there is none',
      async api => {
        api.getPromotion.mockRejectedValue(
          await refusal(404, 'NotFoundError', 'There is no promotion b9d1'),
        );
      },
    ],
    [
      'it is another service’s',
      async api => {
        api.getPromotion.mockResolvedValue(details({ service: 'shop' }));
      },
    ],
  ])('says so where %s', async (_, arrange) => {
    const api = apiWith();
    await arrange(api);
    await show(api);
    expect(screen.getByRole('alert')).toHaveTextContent(
      'There is no such promotion',
    );
    expect(
      screen.queryByRole('region', { name: promotion().title }),
    ).not.toBeInTheDocument();
  });
});
