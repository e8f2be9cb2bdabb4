import { ServiceUnavailableError } from '@backstage/errors';
import { UserToken } from '../github/UserToken';
import {
  Life,
  LONG_AFTER,
  mortal,
  OPENING_STEPS,
} from '../__testUtils__/mortal';
import {
  ASKER,
  createPromotionWorld,
  INFRA_URL,
  REQUEST,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3');
const ANN = 'user:default/ann';
const DOWN = new ServiceUnavailableError('GitHub does not answer');

/** What it takes to end what has a commit. */
const ENDING_STEPS = ['decide', 'deleteBranch', 'findPullRequest', 'record'];

/** The same where its opening got as far as a pull request, and a person pushed to that. */
const ENDING_PUSHED_STEPS = [
  'decide',
  'deleteBranch',
  'findPullRequest',
  'closePullRequest',
  'record opened',
  'record closed',
  'deleteBranch again',
];

describe('closing a promotion that has no pull request yet', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { github, promotions, store } = world;
    const open = () => store.findOpen(INFRA_URL, 'demo', 'stage');
    return {
      ...world,
      open,
      /** One whose pull request was to be opened when GitHub went away. */
      interrupted: async () => {
        github.failNext('openPullRequest', DOWN);
        await expect(world.promote()).rejects.toThrow(DOWN.message);
        return (await open())!;
      },
      expectWithdrawn: async () => {
        const [row, ...others] = await promotions();
        expect(others).toEqual([]);
        expect(row).toMatchObject({ state: 'closed', error: undefined });
        expect((await store.timeline(row.id)).at(-1)).toMatchObject({
          event: 'closed',
          who: ANN,
        });
        expect([...github.branches.keys()]).toEqual(['main']);
        expect(github.pulls.filter(({ state }) => state === 'open')).toEqual(
          [],
        );
      },
    };
  };

  it('leaves nothing of one that GitHub does not let be opened, and makes room for the next', async () => {
    const { engine, interrupted, expectWithdrawn, promote } = await setup();
    const promotion = await interrupted();
    await expect(engine.close(promotion, ANN)).resolves.toMatchObject({
      id: promotion.id,
      state: 'closed',
    });
    await expectWithdrawn();
    await expect(promote()).resolves.toMatchObject({
      created: true,
      promotion: { state: 'open' },
    });
  });

  it.each(OPENING_STEPS.slice(1).map((step, index) => [step, index + 1]))(
    'while it is being opened, just before %s, leaves no pull request that nobody follows',
    async (_, at) => {
      const world = await setup();
      const life = new Life({
        at: at as number,
        afterEffect: false,
        how: async () => world.engine.close((await world.open())!, ANN),
      });
      await expect(
        world.promote(REQUEST, mortal(world, life)),
      ).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining('was ended in between'),
      });
      await world.expectWithdrawn();
      const wasOpened =
        (at as number) > OPENING_STEPS.indexOf('openPullRequest');
      expect(world.github.pulls).toHaveLength(wasOpened ? 1 : 0);
    },
  );

  const disturbed = (steps: string[]) =>
    steps.flatMap((step, at) =>
      [false, true].flatMap(afterEffect =>
        [undefined, DOWN].map(how => {
          const what = how ? 'GitHub goes away' : 'the process is killed';
          const when = afterEffect ? 'after' : 'before';
          return [what, when, step, { at, afterEffect, how }] as const;
        }),
      ),
    );

  it.each(
    // What was not kept is not known to anybody, and the first step is none of GitHub's.
    disturbed(ENDING_STEPS).filter(
      ([, , step, { afterEffect, how }]) =>
        step !== 'decide' || (afterEffect && !how),
    ),
  )('is done in the end where %s %s %s', async (_, __, step, disturbance) => {
    const world = await setup();
    const life = new Life(disturbance);
    await mortal(world, life)
      .close(await world.interrupted(), ANN)
      .catch(() => {});
    // Nor is the last one.
    expect(life.steps).toEqual(
      ENDING_STEPS.slice(0, ENDING_STEPS.indexOf(step) + 1),
    );
    await world.engine.reconcile();
    await world.expectWithdrawn();
  });

  it.each(disturbed(ENDING_PUSHED_STEPS).filter(([, , , { how }]) => !how))(
    'with a pull request, is done in the end where %s %s %s, once it was kept',
    async (_, __, step, disturbance) => {
      const world = await setup();
      const { github, open, createEngine, promotions, store } = world;
      const opening = new Life({ at: 'openPullRequest', afterEffect: true });
      await expect(
        world.promote(REQUEST, mortal(world, opening)),
      ).rejects.toThrow();
      const { branch } = github.pulls[0];
      const pushed = github.push(branch);
      const life = new Life(disturbance);
      await mortal(world, life)
        .close((await open())!, ANN)
        .catch(() => {});
      expect(life.steps).toEqual(
        ENDING_PUSHED_STEPS.slice(0, disturbance.at + 1).map(
          name => name.split(' ')[0],
        ),
      );
      expect(life.disturbedAt).toBe(step.split(' ')[0]);
      await createEngine(LONG_AFTER).reconcile();
      const isKept = step !== 'decide' || disturbance.afterEffect;
      const state = isKept ? 'closed' : 'open';
      const [row, ...others] = await promotions();
      expect([row, ...others]).toMatchObject([{ state, error: undefined }]);
      expect(github.pulls).toMatchObject([{ state }]);
      expect(github.branches.get(branch)).toBe(pushed);
      expect((await store.timeline(row.id)).at(-1)).toMatchObject(
        isKept ? { event: 'closed', who: ANN } : { event: 'opened' },
      );
    },
  );

  it('closes the pull request that its opening got as far as', async () => {
    const world = await setup();
    const { github, engine, open, expectWithdrawn } = world;
    const life = new Life({
      at: OPENING_STEPS.indexOf('openPullRequest'),
      afterEffect: true,
    });
    await expect(world.promote(REQUEST, mortal(world, life))).rejects.toThrow();
    expect(github.pulls).toMatchObject([{ state: 'open' }]);
    await engine.close((await open())!, ANN);
    await expectWithdrawn();
  });

  it('leaves the commits of a person on its branch, and closes the pull request', async () => {
    const world = await setup();
    const { github, engine, open } = world;
    const life = new Life({
      at: OPENING_STEPS.indexOf('openPullRequest'),
      afterEffect: true,
    });
    await expect(world.promote(REQUEST, mortal(world, life))).rejects.toThrow();
    const { branch } = github.pulls[0];
    const pushed = github.push(branch);
    await expect(engine.close((await open())!, ANN)).resolves.toMatchObject({
      state: 'closed',
    });
    expect(github.branches.get(branch)).toBe(pushed);
    expect(github.pulls).toMatchObject([{ state: 'closed' }]);
  });

  it('says that it is merged where somebody was faster', async () => {
    const world = await setup();
    const { github, engine, open } = world;
    const life = new Life({
      at: OPENING_STEPS.indexOf('openPullRequest'),
      afterEffect: true,
    });
    await expect(world.promote(REQUEST, mortal(world, life))).rejects.toThrow();
    github.mergeAsPerson(1);
    await expect(engine.close((await open())!, ANN)).rejects.toThrow(
      'The promotion is merged',
    );
    expect(await world.promotions()).toMatchObject([{ state: 'merged' }]);
  });

  it('is written with the token of the person who closes it', async () => {
    const { engine, interrupted, github } = await setup();
    await engine.close(await interrupted(), ANN, new UserToken('gho_ann'));
    expect(github.writtenAsPerson).toEqual(['deleteBranch']);
  });

  it('is not undone by whoever asks for the same meanwhile', async () => {
    const world = await setup();
    const { engine, github, interrupted, promote, promotions } = world;
    const promotion = await interrupted();
    github.failNext('deleteBranch', DOWN);
    await expect(engine.close(promotion, ANN)).rejects.toThrow(DOWN.message);
    await promote(REQUEST, engine, ASKER);
    expect(await promotions()).toMatchObject([
      { state: 'open' },
      { id: promotion.id, state: 'closed' },
    ]);
    expect(github.pulls).toHaveLength(1);
  });
});
