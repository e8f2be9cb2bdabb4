import { TestDatabases } from '@backstage/backend-test-utils';
import { toGithubError } from '../github/githubErrors';
import { Killed, Life, mortal, OPENING_STEPS } from '../__testUtils__/mortal';
import { createPromotionWorld, REQUEST } from '../__testUtils__/promotionWorld';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

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

    it('to the look for what an interrupted process did: nothing is given up', async () => {
      const world = await setup();
      const { github, promote, promotions, createEngine } = world;
      const at = OPENING_STEPS.indexOf('record');
      await expect(
        promote(REQUEST, mortal(world, new Life({ at, afterEffect: false }))),
      ).rejects.toThrow(Killed);
      github.failNext('findPullRequest', error);
      const next = createEngine();
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
