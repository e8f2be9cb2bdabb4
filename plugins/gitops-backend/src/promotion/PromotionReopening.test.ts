import { ServiceUnavailableError } from '@backstage/errors';
import {
  createPromotionWorld,
  INFRA_URL,
  person,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3');

const REOPENED =
  'Pull request #1 is open although this promotion has ended, and is not followed; close it, and promote again';
const CLOSED = 'Pull request #1 is closed again';
const MERGED =
  'Pull request #1 was merged after this promotion had ended, by octocat; nobody follows whether it runs';
const BESIDE =
  'Pull request #1 is open for stage as well; close one of the two: https://github.test/demo/gitops-infra/pull/1';
const MINUTES = 60_000;

describe('a pull request that is reopened beside a newer one', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { github, store, createEngine } = world;
    let elapsed = 0;
    const engine = createEngine({ monotonic: () => elapsed });
    const first = (await world.promote()).promotion;
    await engine.close(first, 'user:default/ann');
    const second = (
      await world.promote({ version: '1.4.3', to: 'stage' }, engine)
    ).promotion;
    return {
      ...world,
      engine,
      first,
      second,
      wait: (ms: number) => {
        elapsed += ms;
      },
      webhook: (number: number, by = engine) =>
        by.reconcilePullRequest(INFRA_URL, number),
      reopen: () => {
        github.restoreBranch(1);
        github.reopen(1);
      },
      notes: async () =>
        (await store.timeline(first.id)).flatMap(({ event, detail }) =>
          event === 'noted' ? [detail] : [],
        ),
      error: async () => (await store.get(second.id))?.error,
    };
  };

  it('is said of both by a webhook, once, until it is closed again', async () => {
    const { webhook, reopen, notes, error, engine, github, store, first } =
      await setup();
    await webhook(1);
    expect(await notes()).toEqual([]);
    reopen();
    await webhook(1);
    await webhook(1);
    await engine.reconcile();
    expect(await notes()).toEqual([REOPENED]);
    expect(await error()).toBe(BESIDE);
    expect(await store.get(first.id)).toMatchObject({ state: 'closed' });

    Object.assign(github.pulls[0], { state: 'closed' });
    await webhook(1);
    expect(await notes()).toEqual([REOPENED, CLOSED]);
    expect(await error()).toBeUndefined();
    await engine.reconcile();
    expect(await notes()).toEqual([REOPENED, CLOSED]);
  });

  it('is noticed within minutes where no webhook comes, and GitHub is asked for it no more often', async () => {
    const { reopen, notes, error, engine, github, wait } = await setup();
    const look = jest.spyOn(github, 'pullRequest');
    const looksAtFirst = () =>
      look.mock.calls.filter(([number]) => number === 1).length;
    reopen();
    await engine.reconcile();
    wait(4 * MINUTES);
    await engine.reconcile();
    expect([looksAtFirst(), await error()]).toEqual([0, undefined]);
    wait(2 * MINUTES);
    await engine.reconcile();
    expect([looksAtFirst(), await error()]).toEqual([1, BESIDE]);
    expect(await notes()).toEqual([REOPENED]);

    // What is known to be open is followed.
    Object.assign(github.pulls[0], { state: 'closed' });
    await engine.reconcile();
    expect(await notes()).toEqual([REOPENED, CLOSED]);
    expect(await error()).toBeUndefined();
    const before = looksAtFirst();
    await engine.reconcile();
    expect(looksAtFirst()).toBe(before);
  });

  it('is known to whoever looks back on the target once it is merged, with who did it', async () => {
    const { webhook, reopen, notes, error, github, first, ...world } =
      await setup();
    const { store, engine, plan, source, createEngine } = world;
    reopen();
    await webhook(1);
    const mergeCommit = github.mergeAsPerson(1);
    // To both of two processes.
    await Promise.all([webhook(1), webhook(1, createEngine())]);
    await engine.reconcile();
    expect(await notes()).toEqual([REOPENED, MERGED]);
    expect(await error()).not.toBe(BESIDE);
    expect(await store.get(first.id)).toMatchObject({
      state: 'closed',
      mergeCommit,
    });
    await source.refresh();
    const back = await plan({ rollbackTo: first.baseCommit, to: 'stage' });
    expect(back.plan.undoes).toMatchObject([{ id: first.id }]);
  });

  it('that is merged before anybody heard that it was reopened is known as well', async () => {
    const { webhook, reopen, notes, github } = await setup();
    reopen();
    github.mergeAsPerson(1);
    await webhook(1);
    expect(await notes()).toEqual([MERGED]);
  });

  it('is followed also when the newer one has ended', async () => {
    const { webhook, reopen, notes, engine, github, second } = await setup();
    reopen();
    await webhook(1);
    await engine.close(second, 'user:default/ann');
    github.mergeAsPerson(1);
    await engine.reconcile();
    expect(await notes()).toEqual([REOPENED, MERGED]);
  });

  it('keeps the newer one from nothing', async () => {
    const { webhook, reopen, engine, second } = await setup();
    reopen();
    await webhook(1);
    await expect(
      engine.merge(second, second.headCommit!, person('ann')),
    ).resolves.toMatchObject({ state: 'merged' });
  });

  it('is looked at again where GitHub does not answer', async () => {
    const { webhook, reopen, notes, github, store, first } = await setup();
    reopen();
    github.failNext('pullRequest', new ServiceUnavailableError('down'));
    await webhook(1);
    expect(await notes()).toEqual([]);
    expect((await store.get(first.id))?.error).toBeUndefined();
    await webhook(1);
    expect(await notes()).toEqual([REOPENED]);
  });

  it('is gone where the repository was made anew', async () => {
    const { webhook, reopen, notes, github } = await setup();
    reopen();
    await webhook(1);
    github.recreate();
    await webhook(1);
    expect(await notes()).toEqual([REOPENED, CLOSED]);
  });

  it('is none of its target where it goes into another branch, merged or not', async () => {
    const { reopen, notes, error, engine, github, webhook, store, first } =
      await setup();
    reopen();
    Object.assign(github.pulls[0], { elsewhere: 'release' });
    await webhook(1);
    await engine.reconcile();
    expect(await error()).toBeUndefined();
    Object.assign(github.pulls[0], {
      state: 'closed',
      merged: true,
      mergeCommit: 'c0ffee',
    });
    await webhook(1);
    expect(await notes()).toEqual([]);
    expect((await store.get(first.id))?.mergeCommit).toBeUndefined();
  });
});
