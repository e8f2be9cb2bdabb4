import { StoredPromotion } from '../database/PromotionStore';
import { toGithubError } from '../github/githubErrors';
import { InfraRepository } from '../github/InfraRepository';
import {
  Killed,
  Life,
  LONG_AFTER,
  mortal,
  OPENING_STEPS,
} from '../__testUtils__/mortal';
import {
  ASKER,
  createPromotionWorld,
  LOCAL_OVERLAY,
  overlay,
  person,
  REQUEST,
  STAGE_OVERLAY,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3');

describe('PromotionEngine, at each answer of GitHub', () => {
  const setup = async () =>
    createPromotionWorld(await databases.init('SQLITE_3'));

  const answer = (
    status: number,
    message: string,
    headers: Record<string, string> = {},
  ) =>
    toGithubError(
      { status, response: { headers, data: { message } } },
      'do it',
      'demo/infra',
    );

  describe.each<[name: string, error: Error, ends: boolean]>([
    ['401', answer(401, 'Bad credentials'), true],
    ['403', answer(403, 'Resource not accessible by integration'), true],
    [
      'secondary limit',
      answer(403, 'You have exceeded a secondary rate limit', {
        'retry-after': '30',
      }),
      false,
    ],
    ['404', answer(404, 'Not Found'), true],
    ['409', answer(409, 'Git Repository is empty.'), true],
    ['422 exists', answer(422, 'Reference already exists'), true],
    ['422 invalid', answer(422, 'Validation Failed'), true],
    ['500', answer(500, 'Server Error'), false],
    ['502', answer(502, 'Bad Gateway'), false],
    [
      'timeout',
      toGithubError(new Error('timeout'), 'do it', 'demo/infra'),
      false,
    ],
  ])('GitHub answers with %s', (name, error, ends) => {
    it.each(['createCommit', 'createBranch', 'openPullRequest'] as const)(
      'to %s: said, and in the end there is one of each',
      async step => {
        for (const afterEffect of name === 'timeout'
          ? [false, true]
          : [false]) {
          const { github, promote, promotions, createEngine } = await setup();
          github.failNext(step, error, { afterEffect });
          await expect(promote()).rejects.toThrow(error.message);

          const closed = ends || step === 'createCommit';
          await expect(promotions()).resolves.toMatchObject([
            {
              state: closed ? 'closed' : 'requested',
              error: error.message,
            },
          ]);
          // The branch of an openPullRequest that may have taken effect stays.
          expect([github.branches.size, github.pulls.length]).toEqual([
            closed || (step === 'createBranch' && !afterEffect) ? 1 : 2,
            step === 'openPullRequest' && afterEffect ? 1 : 0,
          ]);

          const next = createEngine();
          await next.reconcile();
          await promote(REQUEST, next);
          expect((await promotions()).map(({ state }) => state)).toEqual(
            closed ? ['open', 'closed'] : ['open'],
          );
          expect(github.pulls).toMatchObject([{ state: 'open' }]);
          expect([...github.branches.keys()]).toHaveLength(2);
        }
      },
    );

    /** The steps that may fail, and what GitHub may have done all the same. */
    const failures = (steps: (keyof InfraRepository)[]) =>
      steps.flatMap(step =>
        (name === 'timeout' ? [false, true] : [false]).map(
          afterEffect =>
            [step, afterEffect ? 'after' : 'before', afterEffect] as const,
        ),
      );

    it.each(
      failures([
        'branchHead',
        'createCommit',
        'moveBranch',
        'updatePullRequest',
      ]),
    )(
      'to %s of an update, %s it took effect: in the end the pull request has it, once',
      async (step, _, afterEffect) => {
        const { github, promote, promotions, createEngine } = await setup();
        const { promotion } = await promote();
        github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.3"') });
        github.failNext(step, error, { afterEffect });
        const refused = await promote().then(
          () => undefined,
          (reason: Error) => reason.message,
        );
        // A title that GitHub does not take stops nothing.
        const stops = step !== 'updatePullRequest' || !ends;
        expect(refused).toBe(stops ? error.message : undefined);

        const next = createEngine();
        await next.reconcile();
        await promote(REQUEST, next);
        await next.reconcile();
        const [row, ...others] = await promotions();
        expect(others).toEqual([]);
        expect(row).toMatchObject({
          id: promotion.id,
          state: 'open',
          changes: [{ after: { tag: '1.4.3' } }],
          headCommit: github.branches.get(promotion.branch),
          error: undefined,
        });
        expect(github.pulls).toMatchObject([{ headCommit: row.headCommit }]);
        expect(github.file(row.branch, STAGE_OVERLAY)).toBe(overlay('"1.4.3"'));
      },
    );

    it.each(failures(['branchHead', 'createCommit', 'moveBranch', 'fileAt']))(
      'to %s while the change is made again, %s it took effect: said, and done by the next reconcile',
      async (step, _, afterEffect) => {
        const { github, source, engine, promote, promotions } = await setup();
        const { promotion } = await promote();
        await engine.reconcile();
        github.commit({ [STAGE_OVERLAY]: overlay('"1.4.0"') });
        await source.refresh();
        github.failNext(step, error, { afterEffect });
        await engine.reconcile();
        await expect(promotions()).resolves.toMatchObject([
          { id: promotion.id, error: error.message },
        ]);

        await engine.reconcile();
        await engine.reconcile();
        await expect(promotions()).resolves.toMatchObject([
          {
            id: promotion.id,
            changes: [{ before: { tag: '1.4.0' } }],
            headCommit: github.branches.get(promotion.branch),
            error: undefined,
          },
        ]);
      },
    );

    it.each(failures(['merge']))(
      'to %s, %s it took effect: said, and merged once',
      async (step, _, afterEffect) => {
        const { github, engine, promote, promotions } = await setup();
        const { promotion } = await promote();
        const merge = (of: StoredPromotion) =>
          engine.merge(of, of.headCommit!, person('ann'));
        github.failNext(step, error, { afterEffect });
        await expect(merge(promotion)).rejects.toThrow(error.message);
        await engine.reconcile();
        const [row] = await promotions();
        expect(row.state).toBe(afterEffect ? 'merged' : 'open');

        await merge(row);
        await expect(promotions()).resolves.toMatchObject([
          { state: 'merged', mergeCommit: github.branches.get('main') },
        ]);
        expect(github.pulls).toMatchObject([{ merged: true }]);
      },
    );

    it.each(failures(['closePullRequest']))(
      'to %s, %s it took effect: said, and closed once',
      async (step, _, afterEffect) => {
        const { github, engine, promote, promotions } = await setup();
        const { promotion } = await promote();
        github.failNext(step, error, { afterEffect });
        await expect(
          engine.close(promotion, ASKER.userEntityRef),
        ).rejects.toThrow(error.message);
        await engine.reconcile();
        const [row] = await promotions();
        expect(row.state).toBe(afterEffect ? 'closed' : 'open');

        await engine.close(row, ASKER.userEntityRef);
        await expect(promotions()).resolves.toMatchObject([
          { state: 'closed' },
        ]);
        expect(github.pulls).toMatchObject([
          { state: 'closed', merged: false },
        ]);
      },
    );

    it('to the look for what an interrupted process did: nothing is given up', async () => {
      const world = await setup();
      const { github, promote, promotions, createEngine } = world;
      const at = OPENING_STEPS.indexOf('record');
      await expect(
        promote(REQUEST, mortal(world, new Life({ at, afterEffect: false }))),
      ).rejects.toThrow(Killed);
      github.failNext('findPullRequest', error);
      const next = createEngine(LONG_AFTER);
      await next.reconcile();
      await expect(promotions()).resolves.toMatchObject([
        { state: 'requested', error: error.message },
      ]);
      await next.reconcile();
      await expect(promotions()).resolves.toMatchObject([
        { state: 'open', pullRequest: { number: 1 }, error: undefined },
      ]);
      expect(github.pulls).toHaveLength(1);
    });
  });
});
