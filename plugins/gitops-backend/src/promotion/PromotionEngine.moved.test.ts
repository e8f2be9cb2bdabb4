import { StoredPromotion } from '../database/PromotionStore';
import {
  ASKER,
  createPromotionWorld,
  INFRA_URL,
  REQUEST,
} from '../__testUtils__/promotionWorld';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3');
const ANN = 'user:default/ann';
/** What the infra repository was called before. */
const OLD_URL = 'https://github.test/demo/gitops';
const PULL = { number: 7, url: `${OLD_URL}/pull/7` };

describe('a promotion of a repository that was renamed', () => {
  const setup = async () => {
    const world = await createPromotionWorld(await databases.init('SQLITE_3'));
    const { store, plan, github } = world;
    const { plan: planned } = await plan(REQUEST);
    const { promotion: requested } = await store.request({
      ...REQUEST,
      repository: OLD_URL,
      service: 'demo',
      entityRef: ASKER.entityRef,
      title: planned.title,
      changes: planned.changes,
      baseCommit: planned.repository.head,
      requestedBy: ASKER.userEntityRef,
    });
    const asked = jest.spyOn(github, 'pullRequest');
    return {
      ...world,
      requested,
      open: () =>
        store.record(requested.id, 'opened', {
          pullRequest: PULL,
          by: ASKER.userEntityRef,
        }),
      old: () => store.get(requested.id) as Promise<StoredPromotion>,
      expectNothingDone: () => {
        expect(asked).not.toHaveBeenCalled();
        expect([...github.branches.keys()]).toEqual(['main']);
      },
    };
  };

  it('stands in the way of another one for its target, which says how to end it', async () => {
    const { promote, open, engine, requested, promotions } = await setup();
    await open();
    await expect(promote()).rejects.toMatchObject({
      name: 'ConflictError',
      message: `A promotion to stage is open still in ${OLD_URL}, where demo was before (${requested.title}); close it first: http://backstage/component:default/demo/environments/promotions/${requested.id}`,
    });
    expect(await promotions()).toEqual([]);
    // It is none of another target's.
    await expect(
      promote({ version: '1.4.2', to: 'prod' }),
    ).resolves.toMatchObject({ created: true });

    await engine.close(await open(), ANN);
    await expect(promote()).resolves.toMatchObject({
      created: true,
      promotion: { state: 'open', repository: INFRA_URL },
    });
  });

  it('says why it is not followed', async () => {
    const { engine, open, old, expectNothingDone } = await setup();
    await open();
    await engine.reconcile();
    expect((await old()).error).toBe(
      `The infra repository ${OLD_URL} is not configured any more; add it to gitops.repositories, or close the promotion`,
    );
    expectNothingDone();
  });

  it('is closed without GitHub, where its pull request is left as it is', async () => {
    const { engine, open, old, store, expectNothingDone } = await setup();
    const error = `The infra repository ${OLD_URL} is not configured any more, and pull request #7 was left as it is; close or merge it on GitHub: ${PULL.url}`;
    await expect(engine.close(await open(), ANN)).resolves.toMatchObject({
      state: 'closed',
      error,
    });
    const { id } = await old();
    expect((await store.timeline(id)).at(-1)).toMatchObject({
      event: 'closed',
      who: ANN,
      detail: error,
    });
    expectNothingDone();
  });

  it('is closed where it has no pull request yet', async () => {
    const { engine, requested, expectNothingDone } = await setup();
    await expect(engine.close(requested, ANN)).resolves.toMatchObject({
      state: 'closed',
      error: expect.stringContaining(
        `left as it is: a pull request from the branch ${requested.branch}`,
      ),
    });
    expectNothingDone();
  });

  it('says why nobody knows whether it runs, once it is merged', async () => {
    const { engine, requested, open, old, store } = await setup();
    await open();
    await store.record(requested.id, 'merged', { mergeCommit: 'a'.repeat(40) });
    await engine.reconcile();
    expect(await old()).toMatchObject({
      state: 'merged',
      error: `It was merged in ${OLD_URL}, and demo is in ${INFRA_URL} now, so that nothing says whether this runs in stage`,
    });
    await expect(engine.close(await old(), ANN)).rejects.toThrow(
      'The promotion is merged',
    );
  });
});
