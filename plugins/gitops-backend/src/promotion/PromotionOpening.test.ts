import { UserToken } from '../github/UserToken';
import { eventually } from '../__testUtils__/eventually';
import { Killed, Life, mortal } from '../__testUtils__/mortal';
import {
  ASKER,
  createPromotionWorld,
  INFRA_URL,
  LOCAL_OVERLAY,
  overlay,
  REQUEST,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3');

/** As long as anybody may wait for GitHub, and longer. */
const HOURS = 24 * 60 * 60 * 1_000;
const SECONDS = 1_000;

describe('a promotion that is being opened', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    let elapsed = 0;
    return {
      ...world,
      open: async () =>
        (await world.store.findOpen(INFRA_URL, 'demo', 'stage'))!,
      /** Another process, whose clock goes on when it is told to. */
      other: world.createEngine({ monotonic: () => elapsed }),
      wait: (ms: number) => {
        elapsed += ms;
      },
    };
  };

  // A process whose clock is far behind that of the other one, as well.
  it.each(['store', 'storeOfLongAgo'] as const)(
    'is left to who opens it, however long that takes (%s)',
    async rows => {
      const world = await setup();
      const { github, source, open, other, wait, promote, promotions } = world;
      const createCommit = jest.spyOn(github, 'createCommit');
      let goOn = () => {};
      createCommit.mockImplementationOnce(async options => {
        await new Promise<void>(done => {
          goOn = done;
        });
        return github.createCommit(options);
      });
      const engine = world.createEngine({
        store: world[rows],
        openingPace: { beatMs: 1 },
      });
      const opening = promote(REQUEST, engine, ASKER, new UserToken('gho_ann'));
      await eventually(() => expect(createCommit).toHaveBeenCalled());
      // What was asked for cannot be asked for anew.
      github.commit({ [LOCAL_OVERLAY]: overlay('"1.4.1"') });
      await source.refresh();

      await other.reconcile();
      const { beat, updatedAt } = await open();
      await eventually(async () =>
        expect((await open()).beat).toBeGreaterThan(beat),
      );
      wait(HOURS);
      await other.reconcile();
      expect(await promotions()).toMatchObject([
        { state: 'requested', error: undefined, updatedAt },
      ]);

      goOn();
      await expect(opening).resolves.toMatchObject({
        promotion: { state: 'open' },
      });
      expect(github.made).toHaveLength(1);
      expect(github.writtenAsPerson).toContain('openPullRequest');
    },
  );

  it('is gone on with once nobody opened it for a while, and by one process', async () => {
    const world = await setup();
    const { github, other, wait, promote, promotions } = world;
    const life = new Life({ at: 'createCommit', afterEffect: false });
    await expect(promote(REQUEST, mortal(world, life))).rejects.toThrow(Killed);

    await other.reconcile();
    wait(10 * SECONDS);
    await other.reconcile();
    expect(await promotions()).toMatchObject([{ state: 'requested' }]);

    wait(20 * SECONDS);
    await Promise.all([other.reconcile(), other.reconcile()]);
    expect(await promotions()).toMatchObject([
      { state: 'open', error: undefined },
    ]);
    expect(github.made).toHaveLength(1);
  });

  it('is gone on with by one of two processes that both see that nobody opens it', async () => {
    const world = await setup();
    const { github, promote, promotions, createEngine } = world;
    const life = new Life({ at: 'createCommit', afterEffect: false });
    await expect(promote(REQUEST, mortal(world, life))).rejects.toThrow(Killed);
    let elapsed = 0;
    const monotonic = () => elapsed;
    const both = [1, 2].map(() => createEngine({ monotonic }));
    const look = () => Promise.all(both.map(engine => engine.reconcile()));
    await look();
    elapsed += HOURS;
    await look();
    expect(await promotions()).toMatchObject([{ state: 'open' }]);
    expect(github.made).toHaveLength(1);
  });

  it('is gone on with by one of two that find it failed', async () => {
    const { github, promote, createEngine, promotions } = await setup();
    github.failNext('openPullRequest', new Error('GitHub failed'));
    await expect(promote()).rejects.toThrow('GitHub failed');
    const open = github.openPullRequest.bind(github);
    const opened = jest.spyOn(github, 'openPullRequest');
    const other = createEngine();
    opened.mockImplementationOnce(async options => {
      await other.reconcile();
      return open(options);
    });
    await createEngine().reconcile();
    expect(opened).toHaveBeenCalledTimes(1);
    expect(await promotions()).toMatchObject([
      { state: 'open', error: undefined },
    ]);
  });
});
