import { TestDatabaseId } from '@backstage/backend-test-utils';
import {
  CLOSING_STEPS as CLOSING,
  Killed,
  Life,
  LONG_AFTER,
  MERGING_STEPS as MERGING,
  mortal,
  OPENING_STEPS as OPENING,
} from '../__testUtils__/mortal';
import {
  createPromotionWorld,
  LOCAL_OVERLAY,
  overlay,
  REQUEST,
  STAGE_OVERLAY,
  person,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3', 'POSTGRES_18');

describe.each(databases.eachSupportedId())(
  'PromotionEngine on %s',
  (databaseId: TestDatabaseId) => {
    const setup = async () =>
      createPromotionWorld(await databases.init(databaseId));

    it('takes these steps to open a promotion', async () => {
      const world = await setup();
      const life = new Life();
      await world.promote(REQUEST, mortal(world, life));
      expect(life.steps).toEqual(OPENING);
    });

    describe.each(OPENING.map((step, at) => ({ step, at })))(
      'killed while opening, at $step',
      ({ at }) => {
        it.each([
          ['before it', false, 'reconcile'],
          ['before it', false, 'a second press'],
          ['after it', true, 'reconcile'],
          ['after it', true, 'a second press'],
        ])('%s (%s), then %s: one of each', async (_, afterEffect, how) => {
          const world = await setup();
          const { github, promote, promotions, createEngine } = world;
          await expect(
            promote(REQUEST, mortal(world, new Life({ at, afterEffect }))),
          ).rejects.toThrow(Killed);

          const next = createEngine(LONG_AFTER);
          if (how === 'reconcile') {
            await next.reconcile();
            await next.reconcile();
          }
          await promote(REQUEST, next);

          const rows = await promotions();
          expect(rows).toMatchObject([
            { state: 'open', pullRequest: { number: 1 }, error: undefined },
          ]);
          expect(github.pulls).toMatchObject([
            { state: 'open', headCommit: rows[0].headCommit },
          ]);
          expect([...github.branches.keys()]).toEqual(['main', rows[0].branch]);
          expect(github.file(rows[0].branch, STAGE_OVERLAY)).toBe(
            overlay('"1.4.2"'),
          );
        });
      },
    );

    const UPDATING = [
      'branchHead',
      'createCommit',
      'intend',
      'moveBranch',
      'updatePullRequest',
      'applyIntended',
    ];

    describe.each(UPDATING.map((step, at) => ({ step, at })))(
      'killed while updating, at $step',
      ({ step, at }) => {
        it.each([
          ['before it', false, 'reconcile'],
          ['before it', false, 'a second press'],
          ['after it', true, 'reconcile'],
          ['after it', true, 'a second press'],
        ])('%s (%s), then %s: one of each', async (_, afterEffect, how) => {
          const world = await setup();
          const { github, promote, promotions, createEngine, store } = world;
          const { promotion } = await promote();
          github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
          const life = new Life({ at, afterEffect });
          await expect(promote(REQUEST, mortal(world, life))).rejects.toThrow(
            Killed,
          );
          expect(life.steps).toEqual(UPDATING.slice(0, at + 1));

          const next = createEngine(LONG_AFTER);
          if (how === 'reconcile') {
            await next.reconcile();
            await next.reconcile();
          }
          const [row] = await promotions();
          expect(row.headCommit === github.pulls[0].headCommit).toBe(
            how === 'reconcile' ||
              at < UPDATING.indexOf('moveBranch') ||
              (step === 'moveBranch' && !afterEffect) ||
              (step === 'applyIntended' && afterEffect),
          );
          await promote(REQUEST, next);

          const rows = await promotions();
          expect(rows).toMatchObject([
            {
              id: promotion.id,
              state: 'open',
              changes: [{ after: { tag: '1.4.3' } }],
              error: undefined,
            },
          ]);
          expect(github.pulls).toMatchObject([
            { headCommit: rows[0].headCommit, title: rows[0].title },
          ]);
          expect(github.branches.get(promotion.branch)).toBe(
            rows[0].headCommit,
          );
          expect(
            (await store.timeline(promotion.id)).map(({ event }) => event),
          ).toEqual(['requested', 'opened', 'updated']);
        });
      },
    );

    it.each([
      ['open still', 'open', () => {}],
      [
        'merged',
        'merged',
        ({ github }: Awaited<ReturnType<typeof setup>>) => {
          github.mergeAsPerson(1);
        },
      ],
    ])(
      'knows the update that somebody pushed on top of before it was finished, %s',
      async (_, state, then) => {
        const world = await setup();
        const { github, promote, promotions, createEngine } = world;
        const { promotion } = await promote();
        github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
        const at = UPDATING.indexOf('moveBranch');
        await expect(
          promote(REQUEST, mortal(world, new Life({ at, afterEffect: true }))),
        ).rejects.toThrow(Killed);
        const pushed = github.push(promotion.branch);
        then(world);
        await createEngine(LONG_AFTER).reconcile();
        await expect(promotions()).resolves.toMatchObject([
          { state, changes: [{ after: { tag: '1.4.3' } }], error: undefined },
        ]);
        expect(github.branches.get(promotion.branch)).toBe(pushed);
      },
    );

    it('does not merge while an update is half done, and takes one that was merged so as what it is', async () => {
      const world = await setup();
      const { github, engine, promote, promotions, createEngine } = world;
      const { promotion } = await promote();
      github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
      const at = UPDATING.indexOf('moveBranch');
      await expect(
        promote(REQUEST, mortal(world, new Life({ at, afterEffect: true }))),
      ).rejects.toThrow(Killed);
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('ann')),
      ).rejects.toThrow('Pull request #1 is being updated');
      github.mergeAsPerson(1);
      await createEngine(LONG_AFTER).reconcile();
      await expect(promotions()).resolves.toMatchObject([
        { state: 'merged', changes: [{ after: { tag: '1.4.3' } }] },
      ]);
    });

    it.each([
      ['before', 5, 'pullRequest'],
      ['just before', 6, 'updatePullRequest'],
    ])(
      'says in the pull request what it is where another process finished the update %s this one says it, and has gone on',
      async (_, at, step) => {
        const world = await setup();
        const { github, promote, promotions, createEngine } = world;
        await promote();
        github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
        const last = { to: 'stage', version: '1.4.4' };
        const others = async () => {
          const engine = createEngine(LONG_AFTER);
          await engine.reconcile();
          await promote(last, engine);
        };
        const life = new Life({ at, afterEffect: false, how: others });
        await promote(REQUEST, mortal(world, life, { looks: true }));
        expect(life.disturbedAt).toBe(step);
        const [row] = await promotions();
        expect(row.changes).toMatchObject([{ after: { tag: '1.4.4' } }]);
        expect(github.pulls).toMatchObject([
          { title: row.title, headCommit: row.headCommit },
        ]);
      },
    );

    it('takes the update that was merged, with its branch deleted, just before it was to be finished as what it is', async () => {
      const world = await setup();
      const { github, promote, promotions, createEngine } = world;
      const { promotion } = await promote();
      github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
      const at = UPDATING.indexOf('moveBranch');
      await expect(
        promote(REQUEST, mortal(world, new Life({ at, afterEffect: true }))),
      ).rejects.toThrow(Killed);

      const life = new Life({
        at: 0,
        afterEffect: false,
        how: async () => {
          github.mergeAsPerson(1);
          github.removeBranch(promotion.branch);
        },
      });
      await mortal(world, life).reconcile();
      expect(life.disturbedAt).toBe('moveBranch');

      await createEngine(LONG_AFTER).reconcile();
      await expect(promotions()).resolves.toMatchObject([
        {
          state: 'merged',
          changes: [{ after: { tag: '1.4.3' } }],
          error: undefined,
        },
      ]);
    });

    const beforeAndAfter = (steps: string[]) =>
      steps.flatMap(step =>
        [false, true].map(
          afterEffect =>
            [step, afterEffect ? 'after' : 'before', afterEffect] as const,
        ),
      );

    it.each(beforeAndAfter(MERGING))(
      'killed while merging, at %s (%s it took effect): merged once, by whoever did it, or still open',
      async (step, _, afterEffect) => {
        const world = await setup();
        const { github, promote, promotions, createEngine, store } = world;
        const { promotion } = await promote();
        const life = new Life({ at: step, afterEffect });
        await mortal(world, life)
          .merge(promotion, promotion.headCommit!, person('ann'))
          .catch(() => {});
        expect(life.steps).toEqual(MERGING.slice(0, MERGING.indexOf(step) + 1));
        expect(life.disturbedAt).toBe(step);

        await createEngine(LONG_AFTER).reconcile();

        const merged =
          MERGING.indexOf(step) >
          MERGING.indexOf('merge') - (afterEffect ? 1 : 0);
        await expect(promotions()).resolves.toMatchObject([
          merged
            ? {
                state: 'merged',
                mergeCommit: github.branches.get('main'),
                mergedBy: 'user:default/ann',
              }
            : { state: 'open' },
        ]);
        expect(github.pulls).toMatchObject([{ merged }]);
        expect(
          (await store.timeline(promotion.id)).map(({ event }) => event),
        ).toEqual(['requested', 'opened', ...(merged ? ['merged'] : [])]);
      },
    );

    it.each(beforeAndAfter(CLOSING))(
      'killed while closing, at %s (%s it took effect): closed once, by whoever did it, or still open',
      async (step, _, afterEffect) => {
        const world = await setup();
        const { github, promote, promotions, createEngine, store } = world;
        const { promotion } = await promote();
        const life = new Life({ at: step, afterEffect });
        await mortal(world, life)
          .close(promotion, 'user:default/ann')
          .catch(() => {});
        expect(life.steps).toEqual(CLOSING.slice(0, CLOSING.indexOf(step) + 1));
        expect(life.disturbedAt).toBe(step);

        await createEngine(LONG_AFTER).reconcile();

        const closed =
          CLOSING.indexOf(step) >
          CLOSING.indexOf('closePullRequest') - (afterEffect ? 1 : 0);
        const state = closed ? 'closed' : 'open';
        await expect(promotions()).resolves.toMatchObject([{ state }]);
        expect(github.pulls).toMatchObject([{ state, merged: false }]);
        expect((await store.timeline(promotion.id)).at(-1)).toMatchObject(
          closed
            ? { event: 'closed', who: 'user:default/ann' }
            : { event: 'opened' },
        );
      },
    );

    // What is gone on with: as far as a process came that was killed, and the steps of the next one.
    const FROM_BRANCH = ['createBranch', 'openPullRequest', 'record'];
    const FROM_COMMIT = [
      'takeOver',
      'createCommit',
      'proposeHeadCommit',
      ...FROM_BRANCH,
    ];
    const RESUMING = {
      createCommit: FROM_COMMIT,
      proposeHeadCommit: FROM_COMMIT,
      createBranch: ['takeOver', 'findPullRequest', ...FROM_BRANCH],
      openPullRequest: ['takeOver', 'findPullRequest', ...FROM_BRANCH],
      record: ['takeOver', 'findPullRequest', 'record'],
    };

    it.each(
      Object.entries(RESUMING).flatMap(([first, steps]) =>
        beforeAndAfter(steps).map(
          ([second, when, afterEffect]) =>
            [first, second, when, afterEffect] as const,
        ),
      ),
    )(
      'killed while opening, before %s, and while that is gone on with, at %s (%s it took effect): one of each',
      async (first, second, _, afterEffect) => {
        const world = await setup();
        const { github, promote, promotions, createEngine, store } = world;
        await expect(
          promote(
            REQUEST,
            mortal(world, new Life({ at: first, afterEffect: false })),
          ),
        ).rejects.toThrow(Killed);
        const life = new Life({ at: second, afterEffect });
        await mortal(world, life).reconcile();
        const steps = RESUMING[first as keyof typeof RESUMING];
        expect(life.steps).toEqual(steps.slice(0, steps.indexOf(second) + 1));
        expect(life.disturbedAt).toBe(second);

        await createEngine(LONG_AFTER).reconcile();

        const rows = await promotions();
        expect(rows).toMatchObject([
          { state: 'open', pullRequest: { number: 1 }, error: undefined },
        ]);
        expect(github.pulls).toMatchObject([
          { state: 'open', headCommit: rows[0].headCommit },
        ]);
        expect([...github.branches.keys()]).toEqual(['main', rows[0].branch]);
        expect(
          (await store.timeline(rows[0].id)).map(({ event }) => event),
        ).toEqual(['requested', 'opened']);
      },
    );

    it.each(
      (['merge', 'squash'] as const).flatMap(method =>
        [false, true].flatMap(pushed =>
          [false, true].map(deleted => [method, pushed, deleted] as const),
        ),
      ),
    )(
      'takes one that was opened, and merged while nobody looked, as merged: by %s, pushed to before: %s, branch deleted: %s',
      async (method, pushed, deleted) => {
        const world = await setup();
        const { github, promote, promotions, createEngine } = world;
        const at = OPENING.indexOf('openPullRequest');
        await expect(
          promote(REQUEST, mortal(world, new Life({ at, afterEffect: true }))),
        ).rejects.toThrow(Killed);
        const { branch } = github.pulls[0];
        if (pushed) {
          github.push(branch);
        }
        github.mergeAsPerson(1, method);
        if (deleted) {
          github.branches.delete(branch);
        }
        await createEngine(LONG_AFTER).reconcile();
        await expect(promotions()).resolves.toMatchObject([
          { state: 'merged', pullRequest: { number: 1 } },
        ]);
        expect(github.pulls).toHaveLength(1);
      },
    );
  },
);
