import { ServiceUnavailableError } from '@backstage/errors';
import { PullRequestSettings } from '../config';
import { toGithubError } from '../github/githubErrors';
import {
  Life,
  LONG_AFTER,
  mortal,
  OPENING_STEPS,
} from '../__testUtils__/mortal';
import {
  createPromotionWorld,
  REQUEST,
  person,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const SETTINGS: PullRequestSettings = {
  templates: {},
  labels: ['gitops', 'stage'],
  reviewers: ['ann'],
  teamReviewers: ['ops'],
  draft: false,
};
const LABELLED = { labels: ['gitops', 'stage'], reviewers: ['ann', 'ops'] };

const databases = testDatabases('SQLITE_3');

describe('the pull request of the configuration', () => {
  const setup = async (settings: Partial<PullRequestSettings> = {}) => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const engine = world.createEngine({
      pullRequest: { ...SETTINGS, ...settings },
    });
    return { ...world, engine, open: () => world.promote(REQUEST, engine) };
  };

  it('has labels and reviewers', async () => {
    const { open, github } = await setup();
    await open();
    expect(github.pulls).toMatchObject([LABELLED]);
  });

  it('has none where none are configured', async () => {
    const { promote, github } = await setup();
    const asked = [
      jest.spyOn(github, 'addLabels'),
      jest.spyOn(github, 'requestReviewers'),
    ];
    await promote();
    asked.forEach(step => expect(step).not.toHaveBeenCalled());
  });

  it('is worded as it says, in the plan and on GitHub, also when it is updated', async () => {
    const { open, engine, promote, github } = await setup({
      templates: { title: 'OPS-1: {{title}}', body: '{{body}}\n\n/cc @ops' },
    });
    const { plan } = await open();
    expect(plan.title).toBe(
      'OPS-1: promote(demo): local → stage, 1.4.1 → 1.4.2',
    );
    await promote({ version: '1.4.3', to: 'stage' }, engine);
    expect(github.pulls).toMatchObject([
      {
        title: 'OPS-1: deploy(demo): stage, 1.4.1 → 1.4.3',
        body: expect.stringMatching(
          /\n\n\/cc @ops\n\n\| Gate [^]*\n\nGitops-Promotion: /,
        ),
      },
    ]);
  });

  it('is a draft, which is not merged before somebody marks it as ready', async () => {
    const { open, engine, github } = await setup({ draft: true });
    const { promotion } = await open();
    await expect(
      engine.merge(promotion, promotion.headCommit!, person('ann')),
    ).rejects.toThrow(
      'Pull request #1 is a draft; mark it as ready for review on GitHub first',
    );
    Object.assign(github.pulls[0], { draft: false });
    await expect(
      engine.merge(promotion, promotion.headCommit!, person('ann')),
    ).resolves.toMatchObject({ state: 'merged' });
  });

  it('is open all the same where GitHub refuses labels, and the timeline says so', async () => {
    const { open, engine, github, store } = await setup();
    github.failNext(
      'addLabels',
      toGithubError(
        { status: 422, response: { data: { message: 'no such label' } } },
        'do it',
        'demo/infra',
      ),
    );
    const { promotion } = await open();
    expect(promotion).toMatchObject({ state: 'open', error: undefined });
    await engine.reconcile();
    expect(github.pulls).toMatchObject([
      { labels: [], reviewers: ['ann', 'ops'] },
    ]);
    expect(await store.timeline(promotion.id)).toMatchObject([
      { event: 'requested' },
      { event: 'opened' },
      { event: 'noted', detail: expect.stringContaining('no such label') },
    ]);
  });

  it('asks all others to review where GitHub refuses one, as its author, and says whom', async () => {
    const { open, github, store } = await setup({
      reviewers: ['ann', 'bob'],
    });
    github.noReviewers = ['ann'];
    const { promotion } = await open();
    expect(github.pulls).toMatchObject([{ reviewers: ['bob', 'ops'] }]);
    expect(await store.timeline(promotion.id)).toMatchObject([
      { event: 'requested' },
      { event: 'opened' },
      { event: 'noted', detail: 'Review cannot be requested from ann' },
    ]);
  });

  it('says once that labels are refused, however often reviewers are asked for', async () => {
    const { open, engine, github, store } = await setup();
    const refused = toGithubError(
      { status: 422, response: { data: { message: 'no such label' } } },
      'add labels',
      'demo/infra',
    );
    const fail = () => {
      github.failNext('addLabels', refused);
      github.failNext('requestReviewers', new ServiceUnavailableError('down'));
    };
    fail();
    const { promotion } = await open();
    fail();
    await engine.reconcile();
    expect(await store.timeline(promotion.id)).toMatchObject([
      { event: 'requested' },
      { event: 'opened' },
      { event: 'noted', detail: refused.message },
    ]);
  });

  it('gets them later where GitHub does not answer', async () => {
    const { open, engine, github } = await setup();
    github.failNext('addLabels', new ServiceUnavailableError('down'));
    const { promotion } = await open();
    expect(promotion).toMatchObject({ state: 'open', error: undefined });
    expect(github.pulls).toMatchObject([{ labels: [], reviewers: [] }]);
    await engine.reconcile();
    expect(github.pulls).toMatchObject([LABELLED]);
    const asked = jest.spyOn(github, 'addLabels');
    await engine.reconcile();
    expect(asked).not.toHaveBeenCalled();
  });

  it.each(
    [...OPENING_STEPS, 'addLabels', 'requestReviewers', 'update'].map(
      (step, at) => ({ step, at }),
    ),
  )(
    'has them in the end, where the process is killed at $step',
    async ({ step, at }) => {
      for (const afterEffect of [false, true]) {
        const world = await setup();
        const life = new Life({ at, afterEffect });
        // What comes after the opening never fails it.
        await world
          .promote(REQUEST, mortal(world, life, { pullRequest: SETTINGS }))
          .catch(() => {});
        expect(life.steps.at(-1)).toBe(step);
        const next = world.createEngine({
          ...LONG_AFTER,
          pullRequest: SETTINGS,
        });
        await next.reconcile();
        await world.promote(REQUEST, next);
        expect(world.github.pulls).toMatchObject([LABELLED]);
      }
    },
  );
});
