import { ServiceUnavailableError } from '@backstage/errors';
import { parseApplication } from '@gitops-infra/backstage-plugin-gitops-common';
import { toGithubError } from '../github/githubErrors';
import {
  createPromotionWorld,
  INFRA_URL,
  overlay,
  person,
  STAGE_OVERLAY,
} from '../__testUtils__/promotionWorld';
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

it('is looked at less often where the rate limit is near', async () => {
  const { github, engine } = await createPromotionWorld(
    await databases.init('SQLITE_3'),
  );
  expect(engine.reconcileDelayMs(15_000)).toBe(15_000);
  jest.spyOn(github, 'pollDelayMs').mockReturnValue(90_000);
  expect(engine.reconcileDelayMs(15_000)).toBe(90_000);
});

describe('a pull request that is closed on GitHub', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { promotion } = await world.promote();
    Object.assign(world.github.pulls[0], { state: 'closed' });
    return { ...world, promotion };
  };

  it('loses its branch, so that nobody reopens what is not followed', async () => {
    const { github, engine, promotions } = await setup();
    await engine.reconcile();
    await expect(promotions()).resolves.toMatchObject([{ state: 'closed' }]);
    expect([...github.branches.keys()]).toEqual(['main']);
  });

  it('keeps its branch where a person pushed to it', async () => {
    const { github, engine, promotion } = await setup();
    const pushed = github.push(promotion.branch);
    await engine.reconcile();
    expect(github.branches.get(promotion.branch)).toBe(pushed);
  });

  it('and reopened there stands in the way of a second one, until it is closed again', async () => {
    const { github, engine, promote, promotions, promotion } = await setup();
    github.push(promotion.branch);
    await engine.reconcile();
    github.reopen(1);
    const another = { version: '1.4.3', to: 'stage' };
    await expect(promote(another)).rejects.toThrow(
      expect.objectContaining({
        name: 'ConflictError',
        message: expect.stringContaining(
          'Pull request #1 to stage was reopened on GitHub after its promotion had ended; merge or close it there, then promote again: https://github.test/',
        ),
      }),
    );
    expect(github.pulls).toHaveLength(1);
    await expect(promotions()).resolves.toHaveLength(1);

    Object.assign(github.pulls[0], { state: 'closed' });
    await expect(promote(another)).resolves.toMatchObject({ created: true });
  });

  it('is looked for at GitHub only where there was one', async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const looked = jest.spyOn(world.github, 'findOpenPullRequest');
    await world.promote();
    expect(looked).not.toHaveBeenCalled();
  });
});

describe('a pull request that is merged with what a person pushed to it', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { promotion } = await world.promote();
    const { id, branch } = promotion;
    const merge = async (text: string) => {
      world.github.push(branch, { [STAGE_OVERLAY]: text });
      world.github.mergeAsPerson(1);
      await world.engine.reconcile();
      const [row] = await world.promotions();
      const events = (await world.store.timeline(id)).map(
        ({ event, detail }) => [event, detail],
      );
      return { row, events: events.slice(2) };
    };
    return { ...world, merge, promotion };
  };

  it('says what was merged, and arrives with that', async () => {
    const { github, argocd, engine, merge, promotions } = await setup();
    const { row, events } = await merge(overlay('"1.4.5"'));
    expect(row).toMatchObject({
      state: 'merged',
      changes: [
        { name: 'demo', before: { tag: '1.4.1' }, after: { tag: '1.4.5' } },
      ],
    });
    expect(events).toEqual([
      ['merged', undefined],
      ['amended', 'demo 1.4.1 → 1.4.5 in place of 1.4.2'],
    ]);
    await engine.reconcile();
    await expect(promotions()).resolves.toMatchObject([{ state: 'merged' }]);
    await argocd.replaceAll([
      parseApplication('main', {
        metadata: { name: 'demo-stage', namespace: 'argocd' },
        spec: { source: { path: 'apps/demo/overlays/stage' } },
        status: {
          sync: { status: 'Synced', revision: github.branches.get('main') },
          health: { status: 'Healthy' },
          operationState: { phase: 'Succeeded' },
          summary: { images: ['localhost:5001/demo:1.4.5'] },
        },
      })!,
    ]);
    await engine.settle(INFRA_URL, 'demo');
    await expect(promotions()).resolves.toMatchObject([{ state: 'deployed' }]);
  });

  it.each([
    ['took out of it', 'images: []\n', 'demo is not pinned any more'],
    ['put back', overlay('"1.4.1"'), 'demo stays at 1.4.1 in place of 1.4.2'],
  ])(
    'is never deployed where a person %s all that it was to change',
    async (_, text, told) => {
      const { engine, github, promotion, promotions, store } = await setup();
      github.push(promotion.branch, {
        [STAGE_OVERLAY]: text,
        'apps/person.yaml': 'a: 1',
      });
      github.mergeAsPerson(1);
      await engine.reconcile();
      await engine.reconcile();
      await expect(promotions()).resolves.toMatchObject([
        {
          state: 'superseded',
          changes: [],
          error: expect.stringContaining('Nothing that it was to change'),
        },
      ]);
      const timeline = await store.timeline(promotion.id);
      expect(timeline.map(({ detail }) => detail)).toContain(told);
    },
  );

  it('lets the target go back to what it really had', async () => {
    const { plan, merge, source, github } = await setup();
    const { row } = await merge(overlay('"1.4.5"'));
    github.commit({ [STAGE_OVERLAY]: overlay('"1.5.0"') });
    await source.refresh();
    await expect(
      plan({ rollbackTo: row.mergeCommit, to: 'stage' }),
    ).resolves.toMatchObject({ rollback: true });
  });

  it('changes nothing of what is kept where the overlay has what was planned', async () => {
    const { merge, promotion } = await setup();
    const { row, events } = await merge(`${overlay('"1.4.2"')}# reviewed\n`);
    expect(row.changes).toEqual(promotion.changes);
    expect(events).toEqual([['merged', undefined]]);
  });

  it('keeps what was planned where the overlay cannot be read, and says so', async () => {
    const { merge, promotion } = await setup();
    const { row, events } = await merge('images: [');
    expect(row).toMatchObject({ state: 'merged', changes: promotion.changes });
    expect(events).toEqual([
      ['merged', undefined],
      [
        'noted',
        expect.stringContaining(`${STAGE_OVERLAY} cannot be read at the merge`),
      ],
    ]);
  });

  it('reads the overlay again after a failure, and keeps it once whoever hears of it', async () => {
    const { github, createEngine, engine, promotion, promotions, store } =
      await setup();
    github.push(promotion.branch, { [STAGE_OVERLAY]: overlay('"1.4.5"') });
    github.mergeAsPerson(1);
    github.failNext('fileAt', new ServiceUnavailableError('down'));
    await engine.reconcile();
    await expect(promotions()).resolves.toMatchObject([
      { state: 'open', error: 'down' },
    ]);
    await Promise.all([engine.reconcile(), createEngine().reconcile()]);
    await expect(promotions()).resolves.toMatchObject([
      { state: 'merged', changes: [{ after: { tag: '1.4.5' } }] },
    ]);
    expect(
      (await store.timeline(promotion.id)).filter(
        ({ event }) => event === 'amended',
      ),
    ).toHaveLength(1);
  });

  it('costs nothing where nobody pushed', async () => {
    const { github, engine, promotions } = await setup();
    github.mergeAsPerson(1);
    const read = jest.spyOn(github, 'fileAt');
    await engine.reconcile();
    await expect(promotions()).resolves.toMatchObject([{ state: 'merged' }]);
    expect(read).not.toHaveBeenCalled();
  });
});

it('takes the pull request that somebody opened from the branch, with the words that they chose', async () => {
  const { github, promote } = await createPromotionWorld(
    await databases.init('SQLITE_3'),
  );
  const create = github.createBranch.bind(github);
  jest.spyOn(github, 'createBranch').mockImplementationOnce(async (...to) => {
    await create(...to);
    await github.openPullRequest({ branch: to[0], title: 'Mine', body: '' });
  });
  const { promotion } = await promote();
  expect(promotion).toMatchObject({
    state: 'open',
    pullRequest: { number: 1 },
  });
  expect(github.pulls).toMatchObject([{ title: 'Mine' }]);
});

describe('a pull request that somebody pointed at another branch', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { promotion } = await world.promote();
    Object.assign(world.github.pulls[0], { elsewhere: 'release' });
    return { ...world, promotion };
  };

  it('is not merged there, and says so until it is set right', async () => {
    const { github, engine, promotion, promotions } = await setup();
    const why =
      'Pull request #1 goes into release, which is not the deployed branch';
    await expect(
      engine.merge(promotion, promotion.headCommit!, person('ann')),
    ).rejects.toThrow(why);
    expect(github.pulls[0].merged).toBe(false);
    await engine.reconcile();
    await expect(promotions()).resolves.toMatchObject([
      { state: 'open', error: expect.stringContaining(why) },
    ]);
    Object.assign(github.pulls[0], { elsewhere: undefined });
    await engine.reconcile();
    await expect(promotions()).resolves.toMatchObject([{ error: undefined }]);
  });

  it('can be closed', async () => {
    const { engine, promotion } = await setup();
    await expect(engine.close(promotion, 'user:default/ann')).resolves.toEqual(
      expect.objectContaining({ state: 'closed' }),
    );
  });

  it('is no merged promotion where somebody merges it there', async () => {
    const { github, engine, promotions } = await setup();
    Object.assign(github.pulls[0], { state: 'closed', merged: true });
    await engine.reconcile();
    await expect(promotions()).resolves.toMatchObject([
      {
        state: 'closed',
        error: 'It was merged into release, which is not deployed',
      },
    ]);
  });
});
