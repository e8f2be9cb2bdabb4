import { ConflictError } from '@backstage/errors';
import { MergeMethod } from '../config';
import { toGithubError } from '../github/githubErrors';
import { UserToken } from '../github/UserToken';
import { Life, mortal } from '../__testUtils__/mortal';
import {
  createPromotionWorld,
  person,
  STAGE_OVERLAY,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3');

describe('what a person decides about an open pull request', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { promotion } = await world.promote();
    const ended = async () => ({
      row: await world.store.get(promotion.id),
      last: (await world.store.timeline(promotion.id)).at(-1),
    });
    return { ...world, promotion, ended };
  };

  // GitHub lets an account that may pass over the rules of a branch merge all of these, as the fake does.
  it.each([
    ['blocked', 'is blocked by a rule of the branch'],
    ['behind', 'is behind its base'],
    ['dirty', 'conflicts with its base'],
    ['draft', 'is a draft'],
    ['unknown', 'try again in a moment'],
  ] as const)(
    'does not merge one that GitHub calls %s',
    async (mergeability, says) => {
      const { github, engine, promotion } = await setup();
      const pull = github.pulls[0];
      Object.assign(pull, { mergeability, draft: mergeability === 'draft' });
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('ann')),
      ).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining(says),
      });
      expect(pull).toMatchObject({ state: 'open', merged: false });
    },
  );

  describe('where a rule wants its branch up to date', () => {
    const behind = async (options: { mergeMethod?: MergeMethod } = {}) => {
      const world = await setup();
      const { github, createEngine, promotion } = world;
      const head = github.commit({ 'NOTE.md': 'new' });
      github.pulls[0].mergeability = 'behind';
      const engine = createEngine(options);
      return {
        ...world,
        head,
        merge: (reviewed: string, token?: UserToken) =>
          world.store
            .get(promotion.id)
            .then(row =>
              engine.merge(row!, reviewed, person('ann'), { token }),
            ),
      };
    };

    it('is brought up to date, and merged once that was looked at', async () => {
      const { github, promotion, store, head, merge } = await behind();
      await expect(merge(promotion.headCommit!)).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining('is brought up to date now'),
      });
      expect(github.pulls[0].merged).toBe(false);
      const row = (await store.get(promotion.id))!;
      expect(github.parents(row.headCommit!)).toEqual([
        promotion.headCommit,
        head,
      ]);
      expect((await store.timeline(row.id)).at(-1)).toMatchObject({
        event: 'rebuilt',
        who: 'user:default/ann',
        detail: 'it was behind main, which a rule does not allow',
      });
      github.pulls[0].mergeability = 'clean';
      await expect(merge(promotion.headCommit!)).rejects.toThrow(
        'was updated after you looked at it',
      );
      await expect(merge(row.headCommit!)).resolves.toMatchObject({
        state: 'merged',
      });
      expect(github.changedPaths(head, github.branches.get('main')!)).toEqual([
        STAGE_OVERLAY,
      ]);
    });

    it('is written with the token of the person who merges', async () => {
      const { github, promotion, merge } = await behind();
      await expect(
        merge(promotion.headCommit!, new UserToken('gho_ann')),
      ).rejects.toThrow('is brought up to date now');
      expect(github.writtenAsPerson).toEqual([
        'createCommit',
        'moveBranch',
        'updatePullRequest',
      ]);
    });

    it('is left as it is for whom a gate does not let merge', async () => {
      const { github, createEngine, promotion } = await setup();
      github.commit({ 'NOTE.md': 'new' });
      github.pulls[0].mergeability = 'behind';
      const engine = createEngine({
        gates: [
          {
            id: 'moon',
            title: 'No full moon',
            atMerge: true,
            check: () => ({ state: 'failed', message: 'It is full.' }),
          },
        ],
      });
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('ann')),
      ).rejects.toThrow('It is full.');
      expect(github.branches.get(promotion.branch)).toBe(promotion.headCommit);
    });

    it('says what to do where it is merged by rebase', async () => {
      const { github, promotion, merge } = await behind({
        mergeMethod: 'rebase',
      });
      await expect(merge(promotion.headCommit!)).rejects.toThrow(
        'update its branch on GitHub',
      );
      expect(github.branches.get(promotion.branch)).toBe(promotion.headCommit);
    });
  });

  it.each(['clean', 'unstable'] as const)(
    'merges one that is %s, also where GitHub has to work that out first',
    async mergeability => {
      const { github, engine, promotion } = await setup();
      github.pulls[0].mergeability = 'unknown';
      const merging = engine.merge(
        promotion,
        promotion.headCommit!,
        person('ann'),
      );
      github.pulls[0].mergeability = mergeability;
      await expect(merging).resolves.toMatchObject({ state: 'merged' });
    },
  );

  it.each([
    ['its answer is lost', new Error('socket hang up')],
    ['the process is killed', undefined],
  ])('knows who merged where GitHub merges and %s', async (_, how) => {
    const world = await setup();
    const { engine, promotion, ended } = world;
    const life = new Life({ at: 'merge', afterEffect: true, how });
    await expect(
      mortal(world, life).merge(
        promotion,
        promotion.headCommit!,
        person('ann'),
      ),
    ).rejects.toThrow();
    expect(life.disturbedAt).toBe('merge');
    await engine.reconcile();
    expect(await ended()).toMatchObject({
      row: { state: 'merged', mergedBy: 'user:default/ann' },
      last: { event: 'merged', who: 'user:default/ann' },
    });
  });

  it('knows who merged where a webhook tells of it before GitHub answers', async () => {
    const world = await setup();
    const { github, engine, createEngine, promotion, ended } = world;
    const merge = github.merge.bind(github);
    jest.spyOn(github, 'merge').mockImplementation(async (...args) => {
      const commit = await merge(...args);
      await createEngine().reconcile();
      return commit;
    });
    await expect(
      engine.merge(promotion, promotion.headCommit!, person('ann')),
    ).resolves.toMatchObject({ mergedBy: 'user:default/ann' });
    expect((await ended()).last).toMatchObject({
      event: 'merged',
      who: 'user:default/ann',
    });
  });

  it('knows who closed it where GitHub closes and its answer is lost', async () => {
    const world = await setup();
    const { engine, promotion, ended } = world;
    const life = new Life({
      at: 'closePullRequest',
      afterEffect: true,
      how: new Error('lost'),
    });
    await expect(
      mortal(world, life).close(promotion, 'user:default/ann'),
    ).rejects.toThrow();
    expect(life.disturbedAt).toBe('closePullRequest');
    await engine.reconcile();
    expect(await ended()).toMatchObject({
      row: { state: 'closed' },
      last: { event: 'closed', who: 'user:default/ann' },
    });
  });

  it.each([
    ['refused', new ConflictError('Base branch was modified')],
    [
      'told to slow down',
      toGithubError(
        { status: 403, response: { headers: { 'retry-after': '60' } } },
        'merge',
        'demo/infra',
      ),
    ],
  ])('does not say that somebody merged whom GitHub %s', async (_, error) => {
    const { github, engine, promotion, ended } = await setup();
    github.failNext('merge', error);
    await expect(
      engine.merge(promotion, promotion.headCommit!, person('ann')),
    ).rejects.toThrow(error.message);
    github.mergeAsPerson(1);
    await engine.reconcile();
    expect(await ended()).toMatchObject({
      row: { state: 'merged', mergedBy: 'octocat' },
      last: { event: 'merged', who: 'octocat' },
    });
  });

  it.each(['merge', 'close'] as const)(
    'is one person at a time: who comes to %s while another one merges is told so',
    async second => {
      const { github, engine, promotion, ended } = await setup();
      const merge = github.merge.bind(github);
      let told: unknown;
      jest.spyOn(github, 'merge').mockImplementation(async (...asked) => {
        const act =
          second === 'merge'
            ? engine.merge(promotion, promotion.headCommit!, person('bob'))
            : engine.close(promotion, 'user:default/bob');
        told = await act.catch(error => error);
        return merge(...asked);
      });
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('ann')),
      ).resolves.toMatchObject({ mergedBy: 'user:default/ann' });
      expect(told).toMatchObject({
        name: 'ConflictError',
        message:
          'user:default/ann merges it at the moment; look again in a minute',
      });
      expect(await ended()).toMatchObject({
        row: { state: 'merged', mergedBy: 'user:default/ann' },
        last: { event: 'merged', who: 'user:default/ann' },
      });
    },
  );

  it('says again that somebody is about to merge while that waits for its turn', async () => {
    const { github, engine, store, promotion } = await setup();
    const attempts: (string | undefined)[] = [];
    const decided = async () =>
      attempts.push((await store.get(promotion.id))?.decision?.attempt);
    let again = async () => {};
    const renewing = jest
      .spyOn(globalThis, 'setInterval')
      .mockImplementation(run => {
        again = run as () => Promise<void>;
        return undefined as unknown as NodeJS.Timeout;
      });
    const merge = github.merge.bind(github);
    jest.spyOn(github, 'merge').mockImplementation(async (...asked) => {
      await decided();
      await again();
      await decided();
      return merge(...asked);
    });
    await engine.merge(promotion, promotion.headCommit!, person('ann'));
    renewing.mockRestore();
    expect(new Set(attempts).size).toBe(2);
    expect(attempts).not.toContain(undefined);
  });

  describe('whose answer was lost and who did not merge', () => {
    afterEach(() => jest.restoreAllMocks());

    const lose = async () => {
      const world = await setup();
      const { github, engine, promotion } = world;
      let now = 0;
      jest.spyOn(performance, 'now').mockImplementation(() => now);
      github.failNext('merge', new Error('socket hang up'));
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('ann')),
      ).rejects.toThrow();
      return {
        ...world,
        lookAfter: async (seconds: number) => {
          now += seconds * 1_000;
          await engine.reconcile();
        },
      };
    };

    it('did not, where somebody else does later', async () => {
      const { github, lookAfter, ended } = await lose();
      await lookAfter(0);
      await lookAfter(61);
      github.mergeAsPerson(1);
      await lookAfter(1);
      expect(await ended()).toMatchObject({
        row: { mergedBy: 'octocat' },
        last: { event: 'merged', who: 'octocat' },
      });
    });

    it('may be who did while GitHub may still be at it', async () => {
      const { github, lookAfter, ended } = await lose();
      await lookAfter(0);
      await lookAfter(59);
      github.mergeAsPerson(1);
      await lookAfter(1);
      expect(await ended()).toMatchObject({
        row: { mergedBy: 'user:default/ann' },
      });
    });

    it('may be trying again, and is who did then', async () => {
      const { github, engine, promotion, lookAfter, ended } = await lose();
      await lookAfter(0);
      github.failNext('merge', new Error('hang up'), { afterEffect: false });
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('ann')),
      ).rejects.toThrow();
      await lookAfter(61);
      github.mergeAsPerson(1);
      await lookAfter(1);
      expect(await ended()).toMatchObject({
        row: { mergedBy: 'user:default/ann' },
      });
    });
  });
});
