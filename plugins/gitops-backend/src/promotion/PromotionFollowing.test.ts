import { ServiceUnavailableError } from '@backstage/errors';
import { toGithubError } from '../github/githubErrors';
import { createPromotionWorld, person } from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3');

describe('the status of an open pull request', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    await world.promote();
    const status = async () => (await world.promotions())[0].pullRequestStatus;
    return { ...world, status };
  };
  const checks = { passed: 1, failing: 0, pending: 2 };

  it('is kept and announced where it is something new, and only then', async () => {
    const { github, engine, changed, status, promotions } = await setup();
    expect(await status()).toBeUndefined();
    github.pulls[0].checks = checks;
    await engine.reconcile();
    expect(await status()).toEqual({ mergeability: 'clean', checks });

    changed.splice(0);
    const [before] = await promotions();
    await engine.reconcile();
    expect(await promotions()).toEqual([before]);
    expect(changed).toEqual([]);

    github.pulls[0].mergeability = 'blocked';
    await engine.reconcilePullRequest(before.repository, 1);
    expect(await status()).toMatchObject({ mergeability: 'blocked' });
    expect(changed).toEqual(['demo']);
  });

  it('stays as it was while GitHub does not answer, which is no fault of the promotion', async () => {
    const { github, engine, status, promotions } = await setup();
    github.pulls[0].checks = checks;
    await engine.reconcile();
    github.failNext('statusOf', new ServiceUnavailableError('down'));
    await engine.reconcile();
    expect(await status()).toEqual({ mergeability: 'clean', checks });
    await expect(promotions()).resolves.toMatchObject([{ error: undefined }]);
  });

  it('is not waited for by whoever asks for another promotion', async () => {
    const { github, promote } = await setup();
    const asked = jest.spyOn(github, 'statusOf');
    await promote({ version: '1.4.3', to: 'stage' });
    expect(asked).not.toHaveBeenCalled();
  });

  it.each([405, 409])(
    'is respected: a merge that GitHub refuses with %s is not forced',
    async answer => {
      const { github, engine, promotions } = await setup();
      const [promotion] = await promotions();
      github.failNext(
        'merge',
        toGithubError(
          {
            status: answer,
            response: { data: { message: 'At least 1 approval is required' } },
          },
          'merge pull request #1',
          'demo/infra',
        ),
      );
      await expect(
        engine.merge(promotion, promotion.headCommit!, person('ann')),
      ).rejects.toThrow(
        expect.objectContaining({
          name: 'ConflictError',
          message: `GitHub cannot merge pull request #1 in demo/infra as it stands (${answer}: At least 1 approval is required)`,
        }),
      );
      await expect(promotions()).resolves.toMatchObject([{ state: 'open' }]);
    },
  );
});
