import { mockServices } from '@backstage/backend-test-utils';
import { promotionBranch } from '@gitops-infra/backstage-plugin-gitops-common';
import { DatabasePromotionStore } from './DatabasePromotionStore';
import { openDatabase } from './openDatabase';
import { NewPromotion } from './PromotionStore';
import { testDatabases } from '../__testUtils__/testDatabases';

const REPOSITORY = 'https://github.com/demo/gitops-infra';

const promotion: NewPromotion = {
  repository: REPOSITORY,
  service: 'demo',
  from: 'local',
  to: 'stage',
  entityRef: 'component:default/demo',
  title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
  changes: [
    {
      name: 'demo',
      image: 'localhost:5001/demo',
      before: { tag: '1.4.1' },
      after: { tag: '1.4.2' },
      location: {
        path: 'apps/demo/overlays/stage/kustomization.yaml',
        line: 9,
      },
    },
  ],
  baseCommit: 'a'.repeat(40),
  requestedBy: 'user:default/guest',
};

const databases = testDatabases('SQLITE_3', 'POSTGRES_18');

describe.each(databases.eachSupportedId())(
  'DatabasePromotionStore on %s',
  databaseId => {
    async function createStore() {
      const knex = await openDatabase(
        mockServices.database({ knex: await databases.init(databaseId) }),
      );
      let time = Date.parse('2026-11-24T00:00:00Z');
      const store = new DatabasePromotionStore(knex, {
        now: () => new Date((time += 1000)),
      });
      return { knex, store };
    }

    it('keeps what was asked for', async () => {
      const { store } = await createStore();
      const { promotion: kept, created } = await store.request(promotion);
      expect(created).toBe(true);
      expect(kept).toMatchObject({
        ...promotion,
        state: 'requested',
        branch: promotionBranch(kept.id, 'demo', 'stage'),
      });
      expect(kept.createdAt).toBe('2026-11-24T00:00:01.000Z');
      await expect(store.get(kept.id)).resolves.toEqual(kept);
    });

    it.each<[what: string, source: Partial<NewPromotion>]>([
      ['a version', { from: undefined, version: '1.4.3' }],
      [
        'a rollback',
        {
          from: undefined,
          rollbackTo: 'c'.repeat(40),
          undoes: [{ id: 'p', title: 't' }],
        },
      ],
    ])('keeps where the versions of %s come from', async (_, source) => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request({
        ...promotion,
        ...source,
      });
      await expect(store.get(kept.id)).resolves.toMatchObject(source);

      // Another change of it may come from elsewhere.
      const commit = 'd'.repeat(40);
      await store.proposeHeadCommit(kept.id, { commit, baseCommit: commit });
      await store.record(kept.id, 'opened');
      await store.intend(kept.id, commit, {
        ...promotion,
        commit: 'e'.repeat(40),
      });
      await expect(
        store.applyIntended(kept.id, 'e'.repeat(40)),
      ).resolves.toMatchObject({
        from: 'local',
        version: undefined,
        rollbackTo: undefined,
        undoes: undefined,
      });
    });

    it('has one open promotion for a service and target, however many ask at once', async () => {
      const { store, knex } = await createStore();
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => store.request(promotion)),
      );
      expect(new Set(answers.map(answer => answer.promotion.id)).size).toBe(1);
      expect(answers.filter(answer => answer.created)).toHaveLength(1);
      await expect(knex('promotions').select('id')).resolves.toHaveLength(1);
    });

    it('has a promotion each for another target, service and repository', async () => {
      const { store } = await createStore();
      const answers = await Promise.all([
        store.request(promotion),
        store.request({ ...promotion, to: 'prod' }),
        store.request({ ...promotion, service: 'shop' }),
        store.request({ ...promotion, repository: `${REPOSITORY}-2` }),
      ]);
      expect(answers.map(answer => answer.created)).toEqual([
        true,
        true,
        true,
        true,
      ]);
    });

    it('lets the target go when the promotion ends, and keeps the old one', async () => {
      const { store } = await createStore();
      const { promotion: first } = await store.request(promotion);
      await store.record(first.id, 'opened', {
        pullRequest: { number: 7, url: `${REPOSITORY}/pull/7` },
      });
      await expect(
        store.findOpen(REPOSITORY, 'demo', 'stage'),
      ).resolves.toMatchObject({ id: first.id, pullRequest: { number: 7 } });
      await store.record(first.id, 'merged', {
        mergeCommit: 'b'.repeat(40),
        mergedBy: 'user:default/guest',
        mergedAt: '2026-11-24T01:00:00.000Z',
      });
      await expect(
        store.findOpen(REPOSITORY, 'demo', 'stage'),
      ).resolves.toBeUndefined();

      const { promotion: second, created } = await store.request(promotion);
      expect(created).toBe(true);
      const listed = await store.listByService(REPOSITORY, 'demo');
      expect(listed.map(({ id, state }) => [id, state])).toEqual([
        [second.id, 'requested'],
        [first.id, 'merged'],
      ]);
    });

    it('lists what something is still expected of', async () => {
      const { store } = await createStore();
      const { promotion: merged } = await store.request(promotion);
      await store.record(merged.id, 'opened');
      await store.record(merged.id, 'merged');
      const { promotion: closed } = await store.request(promotion);
      await store.record(closed.id, 'closed');
      const { promotion: shop } = await store.request({
        ...promotion,
        service: 'shop',
      });
      const ids = (list: { id: string }[]) => list.map(({ id }) => id).sort();
      expect(ids(await store.listUnderWay())).toEqual(
        [merged.id, shop.id].sort(),
      );
      expect(
        ids(
          await store.listUnderWay({ repository: REPOSITORY, service: 'demo' }),
        ),
      ).toEqual([merged.id]);
    });

    it('moves forward only: an event that comes late or twice changes nothing', async () => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request(promotion);
      await store.record(kept.id, 'opened');
      await store.record(kept.id, 'merged', { mergeCommit: 'b'.repeat(40) });
      const late = await store.record(kept.id, 'closed', {
        mergeCommit: 'c'.repeat(40),
      });
      expect(late).toMatchObject({
        state: 'merged',
        mergeCommit: 'b'.repeat(40),
      });
      const twice = await Promise.all([
        store.record(kept.id, 'arrived'),
        store.record(kept.id, 'arrived'),
      ]);
      expect(twice.map(({ state }) => state)).toEqual(['deployed', 'deployed']);
    });

    it('agrees on one head commit between two who propose one', async () => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request(promotion);
      const [one, other] = await Promise.all([
        store.proposeHeadCommit(kept.id, {
          commit: '1'.repeat(40),
          baseCommit: '1'.repeat(40),
        }),
        store.proposeHeadCommit(kept.id, {
          commit: '2'.repeat(40),
          baseCommit: '2'.repeat(40),
        }),
      ]);
      expect(one).toBe(other);
      await expect(store.get(kept.id)).resolves.toMatchObject({
        headCommit: one,
        baseCommit: one,
      });
    });

    it('ends a promotion only while nobody named its commit, where that is asked', async () => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request(promotion);
      const commit = '1'.repeat(40);
      await store.proposeHeadCommit(kept.id, { commit, baseCommit: commit });
      await expect(
        store.record(kept.id, 'refused', {}, { headCommit: null }),
      ).resolves.toMatchObject({ state: 'requested' });
      await expect(
        store.record(kept.id, 'refused', {}, { headCommit: commit }),
      ).resolves.toMatchObject({ state: 'closed' });
    });

    it('lets one of those take over what is being opened who saw the last beat', async () => {
      const { store } = await createStore();
      const told = jest.fn();
      const { promotion: seen } = await store.request(promotion);
      store.onWrite(told);
      await store.beat(seen.id);
      await expect(store.takeOver(seen)).resolves.toBe(false);
      const now = (await store.get(seen.id))!;
      await expect(
        Promise.all([store.takeOver(now), store.takeOver(now)]),
      ).resolves.toEqual(expect.arrayContaining([true, false]));
      // Nobody is shown anything of it.
      expect(told).not.toHaveBeenCalled();
      await expect(store.get(seen.id)).resolves.toEqual({
        ...seen,
        beat: now.beat + 1,
      });

      const opened = await store.record(seen.id, 'opened');
      await store.beat(seen.id);
      await expect(store.takeOver(opened)).resolves.toBe(false);
      await expect(store.get(seen.id)).resolves.toEqual(opened);
    });

    it('names no commit of a promotion that was ended', async () => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request(promotion);
      await store.record(kept.id, 'refused');
      const commit = '1'.repeat(40);
      await expect(
        store.proposeHeadCommit(kept.id, { commit, baseCommit: commit }),
      ).resolves.toBeUndefined();
      await expect(store.get(kept.id)).resolves.toMatchObject({
        headCommit: undefined,
      });
    });

    it('gives the promotions of a service in pages', async () => {
      const { store } = await createStore();
      const ids: string[] = [];
      for (const to of ['a', 'b', 'c', 'd', 'e']) {
        const kept = await store.request({ ...promotion, to });
        ids.unshift(kept.promotion.id);
      }
      const seen: string[] = [];
      let after;
      for (const size of [2, 2, 1, 0]) {
        const page = await store.listByService(REPOSITORY, 'demo', {
          limit: 2,
          after,
        });
        expect(page).toHaveLength(size);
        seen.push(...page.map(({ id }) => id));
        after = page.at(-1) ?? after;
      }
      expect(seen).toEqual(ids);

      const ofOne = await store.listByService(REPOSITORY, 'demo', {
        to: 'c',
        after,
      });
      expect(ofOne).toEqual([]);
      await expect(
        store.listByService(REPOSITORY, 'demo', { to: 'c' }),
      ).resolves.toMatchObject([{ id: ids[2], to: 'c' }]);
    });

    it('keeps all that happened, with who did it, once each', async () => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request(promotion);
      await store.request(promotion);
      await store.record(kept.id, 'opened');
      await store.record(kept.id, 'opened');
      const mergedAt = '2026-11-24T01:00:00Z';
      const merge = { mergedBy: 'octocat', mergedAt };
      await Promise.all([
        store.record(kept.id, 'merged', merge),
        store.record(kept.id, 'merged', merge),
      ]);
      await store.record(kept.id, 'replaced', { error: 'another change' });
      await expect(store.timeline(kept.id)).resolves.toEqual([
        {
          at: '2026-11-24T00:00:01.000Z',
          event: 'requested',
          who: 'user:default/guest',
        },
        { at: expect.any(String), event: 'opened' },
        { at: mergedAt, event: 'merged', who: 'octocat' },
        { at: expect.any(String), event: 'replaced', detail: 'another change' },
      ]);
    });

    it('keeps once that a merge was synced, and of a merged promotion only', async () => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request(promotion);
      await store.record(kept.id, 'opened');
      await expect(store.keepSynced(kept.id)).resolves.toBe(false);
      await store.record(kept.id, 'merged');
      const kepts = await Promise.all([
        store.keepSynced(kept.id),
        store.keepSynced(kept.id),
      ]);
      expect(kepts.sort()).toEqual([false, true]);
      await store.record(kept.id, 'arrived');
      expect((await store.timeline(kept.id)).map(({ event }) => event)).toEqual(
        ['requested', 'opened', 'merged', 'synced', 'arrived'],
      );
    });

    it('keeps once for each code what keeps a merged promotion from arriving', async () => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request(promotion);
      const fail = (code: string, what = `${code} holds`) =>
        store.keepFailure(kept.id, { code, what });
      await store.record(kept.id, 'opened');
      await expect(fail('degraded')).resolves.toBe(false);
      await store.record(kept.id, 'merged');
      const kepts = await Promise.all([fail('degraded'), fail('degraded')]);
      expect(kepts.sort()).toEqual([false, true]);
      await expect(fail('not-deployed')).resolves.toBe(true);
      await expect(fail('degraded', 'again')).resolves.toBe(false);
      await expect(store.get(kept.id)).resolves.toMatchObject({
        state: 'merged',
        error: undefined,
      });
      await store.record(kept.id, 'arrived');
      await expect(fail('tag-missing')).resolves.toBe(false);
      expect(
        (await store.timeline(kept.id))
          .slice(3)
          .map(({ event, code, detail }) => [event, code, detail]),
      ).toEqual([
        ['failed', 'degraded', 'degraded holds'],
        ['failed', 'not-deployed', 'not-deployed holds'],
        ['arrived', undefined, undefined],
      ]);
    });

    it('keeps what the gates said, and each that was overridden as an event, once', async () => {
      const { store } = await createStore();
      const gate = {
        id: 'moon',
        title: 'No full moon',
        state: 'failed' as const,
        message: 'It is full.',
        blocks: false,
        overridable: true,
        overridden: { by: 'user:default/ann', reason: 'It must be.' },
      };
      const { promotion: kept } = await store.request({
        ...promotion,
        gates: [gate, { ...gate, id: 'sun', overridden: undefined }],
      });
      expect(kept.gates).toEqual([
        gate,
        { ...gate, id: 'sun', overridden: undefined },
      ]);
      await store.proposeHeadCommit(kept.id, {
        commit: 'abc',
        baseCommit: 'base',
      });
      await store.record(kept.id, 'opened');
      const sun = { ...gate, id: 'sun', title: 'No sun' };
      const gates = [gate, sun];
      const decision = { gates, overrides: [sun] };
      await store.keepGates({ id: kept.id, headCommit: 'def' }, decision);
      await expect(store.get(kept.id)).resolves.toMatchObject({
        gates: kept.gates,
      });
      await store.keepGates({ id: kept.id, headCommit: 'abc' }, decision);
      await expect(store.get(kept.id)).resolves.toMatchObject({ gates });
      await store.record(kept.id, 'merged');
      expect(
        (await store.timeline(kept.id)).map(({ event, who, detail }) => [
          event,
          who,
          detail,
        ]),
      ).toEqual([
        ['requested', 'user:default/guest', undefined],
        ['overridden', 'user:default/ann', 'No full moon: It must be.'],
        ['opened', undefined, undefined],
        ['overridden', 'user:default/ann', 'No sun: It must be.'],
        ['merged', undefined, undefined],
      ]);
      const { promotion: without } = await store.request(promotion);
      expect(without.gates).toBeUndefined();
    });

    it('keeps one update of an open promotion at a time, until it is applied or given up', async () => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request(promotion);
      const [first, second, third] = ['1', '2', '3'].map(digit =>
        digit.repeat(40),
      );
      await store.proposeHeadCommit(kept.id, {
        commit: first,
        baseCommit: first,
      });
      const update = {
        from: 'local',
        title: 'another',
        changes: [],
        baseCommit: second,
        requestedBy: 'user:default/ann',
        commit: second,
      };
      await expect(store.intend(kept.id, first, update)).resolves.toBe(false);
      await store.record(kept.id, 'opened');
      await expect(store.intend(kept.id, third, update)).resolves.toBe(false);
      await expect(store.intend(kept.id, first, update)).resolves.toBe(true);
      await expect(store.intend(kept.id, first, update)).resolves.toBe(false);
      await expect(store.intended(kept.id)).resolves.toEqual(update);
      await store.forgetIntended(kept.id, third);
      await store.applyIntended(kept.id, third);
      await expect(store.intended(kept.id)).resolves.toEqual(update);
      await store.forgetIntended(kept.id, second);
      await expect(store.intended(kept.id)).resolves.toBeUndefined();

      await store.intend(kept.id, first, update);
      await Promise.all([
        store.applyIntended(kept.id, second),
        store.applyIntended(kept.id, second),
      ]);
      await expect(store.get(kept.id)).resolves.toMatchObject({
        title: 'another',
        headCommit: second,
        baseCommit: second,
        requestedBy: 'user:default/ann',
      });
      expect(
        (await store.timeline(kept.id)).filter(
          ({ event }) => event === 'updated',
        ),
      ).toMatchObject([{ who: 'user:default/ann', detail: promotion.title }]);
    });

    it('keeps once what becomes of the pull request of a closed promotion, and of no other', async () => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request(promotion);
      const { id, repository, service, to } = kept;
      await store.record(id, 'opened', {
        pullRequest: { number: 7, url: 'u' },
      });
      await expect(store.findClosed(repository, 7)).resolves.toBeUndefined();
      await expect(store.keepReopened(id, true, 'open')).resolves.toBe(false);

      await store.record(id, 'closed');
      await expect(store.findClosed(repository, 7)).resolves.toMatchObject({
        id,
      });
      await expect(store.findClosed(repository, 8)).resolves.toBeUndefined();
      await expect(store.keepReopened(id, false, 'shut')).resolves.toBe(false);
      await expect(
        Promise.all([
          store.keepReopened(id, true, 'open'),
          store.keepReopened(id, true, 'open'),
        ]),
      ).resolves.toEqual(expect.arrayContaining([true, false]));
      await expect(store.listReopened()).resolves.toMatchObject([{ id }]);
      const target = { repository, service, to };
      await expect(store.listReopened(target)).resolves.toMatchObject([{ id }]);
      await expect(
        store.listReopened({ ...target, to: 'prod' }),
      ).resolves.toEqual([]);

      const merge = { mergeCommit: 'c'.repeat(40), detail: 'merged' };
      await expect(store.keepLateMerge(id, merge)).resolves.toBe(true);
      await expect(store.keepLateMerge(id, merge)).resolves.toBe(false);
      await expect(store.listReopened()).resolves.toEqual([]);
      await expect(
        store.listMerged(repository, service, to),
      ).resolves.toMatchObject([{ id, mergeCommit: merge.mergeCommit }]);
      await expect(store.get(id)).resolves.toMatchObject({ state: 'closed' });
      expect(
        (await store.timeline(id)).slice(-2).map(({ detail }) => detail),
      ).toEqual(['open', 'merged']);
    });

    it('keeps an error until the next step clears it', async () => {
      const { store } = await createStore();
      const { promotion: kept } = await store.request(promotion);
      await store.update(kept.id, { error: 'GitHub did not answer' });
      await expect(store.get(kept.id)).resolves.toMatchObject({
        error: 'GitHub did not answer',
      });
      const opened = await store.record(kept.id, 'opened');
      expect(opened.error).toBeUndefined();
    });

    it('says so when a promotion does not exist', async () => {
      const { store } = await createStore();
      const id = '00000000-0000-4000-8000-000000000000';
      await expect(store.get(id)).resolves.toBeUndefined();
      await expect(store.record(id, 'opened')).rejects.toThrow(
        `There is no promotion ${id}`,
      );
    });
  },
);
