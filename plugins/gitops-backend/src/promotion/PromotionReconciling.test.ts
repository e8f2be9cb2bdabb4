import {
  createPromotionWorld,
  overlay,
  STAGE_OVERLAY,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3');
const PROD_OVERLAY = 'apps/demo/overlays/prod/kustomization.yaml';

describe('looking at many promotions', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { github, promote, promotions, createEngine } = world;
    await promote({ version: '2.0.0', to: 'stage' });
    await promote({ version: '2.0.0', to: 'prod' });
    let now = 0;
    return {
      ...world,
      engine: createEngine({ monotonic: () => now }),
      rows: async () =>
        Object.fromEntries((await promotions()).map(row => [row.to, row])),
      /** What is done while a commit is being made. */
      whileCommitting: (what: () => void | Promise<void>) => {
        const createCommit = github.createCommit.bind(github);
        jest.spyOn(github, 'createCommit').mockImplementation(async options => {
          await what();
          return createCommit(options);
        });
      },
      wait: (ms: number) => {
        now += ms;
      },
    };
  };

  it.each([
    ['stage', 2, 'prod', STAGE_OVERLAY],
    ['prod', 1, 'stage', PROD_OVERLAY],
  ])(
    'notices what was merged before the change to %s, which is made again, is written',
    async (_, number, merged, path) => {
      const { github, source, engine, rows, whileCommitting } = await setup();
      github.commit({ [path]: `# new\n${overlay('"1.4.1"')}` });
      await source.refresh();
      github.mergeAsPerson(number);
      const seen: string[] = [];
      whileCommitting(async () => {
        seen.push((await rows())[merged].state);
      });
      await engine.reconcile();
      expect(seen).toEqual(['merged']);
    },
  );

  it('writes as long as there is time, and begins with the others the next time', async () => {
    const { github, source, engine, rows, whileCommitting, wait } =
      await setup();
    github.commit({
      [STAGE_OVERLAY]: `# new\n${overlay('"1.4.1"')}`,
      [PROD_OVERLAY]: `# new\n${overlay('"1.4.1"')}`,
    });
    await source.refresh();
    const head = github.branches.get('main');
    const isMadeAgain = async () =>
      Object.values(await rows()).map(({ baseCommit }) => baseCommit === head);
    whileCommitting(() => wait(31_000));
    await engine.reconcile();
    expect((await isMadeAgain()).sort()).toEqual([false, true]);
    // What keeps the first one busy again is no reason for the other to wait once more.
    github.commit({ [STAGE_OVERLAY]: `# newer\n${overlay('"1.4.1"')}` });
    github.commit({ [PROD_OVERLAY]: `# newer\n${overlay('"1.4.1"')}` });
    await source.refresh();
    const [before] = Object.values(await rows()).filter(
      ({ baseCommit }) => baseCommit !== head,
    );
    await engine.reconcile();
    expect((await rows())[before.to].baseCommit).toBe(
      github.branches.get('main'),
    );
  });

  it('says what keeps one from going on, and what was to be written for the other is', async () => {
    const { github, source, engine, rows } = await setup();
    github.commit({ [PROD_OVERLAY]: `# new\n${overlay('"1.4.1"')}` });
    await source.refresh();
    const pullRequest = github.pullRequest.bind(github);
    jest.spyOn(github, 'pullRequest').mockImplementation(async number => {
      if (number === 1) {
        throw new Error('GitHub failed');
      }
      return pullRequest(number);
    });
    await engine.reconcile();
    expect(await rows()).toMatchObject({
      stage: { error: 'GitHub failed' },
      prod: { error: undefined, baseCommit: github.branches.get('main') },
    });
  });
});
