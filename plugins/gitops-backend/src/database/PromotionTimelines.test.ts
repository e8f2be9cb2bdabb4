import { mockServices } from '@backstage/backend-test-utils';
import { DatabasePromotionStore } from './DatabasePromotionStore';
import { openDatabase } from './openDatabase';
import { NewPromotion } from './PromotionStore';
import { PromotionTimelines } from './PromotionTimelines';
import { testDatabases } from '../__testUtils__/testDatabases';

const promotion: NewPromotion = {
  repository: 'https://github.com/demo/gitops-infra',
  service: 'demo',
  from: 'local',
  to: 'stage',
  entityRef: 'component:default/demo',
  title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
  changes: [],
  baseCommit: 'a'.repeat(40),
  requestedBy: 'user:default/guest',
};

const databases = testDatabases('SQLITE_3', 'POSTGRES_18');

describe.each(databases.eachSupportedId())(
  'PromotionTimelines on %s',
  databaseId => {
    /** A promotion to stage with five events, and one to prod that shares the table. */
    async function createTimelines() {
      const knex = await openDatabase(
        mockServices.database({ knex: await databases.init(databaseId) }),
      );
      const store = new DatabasePromotionStore(knex);
      const { promotion: stage } = await store.request(promotion);
      const { promotion: prod } = await store.request({
        ...promotion,
        to: 'prod',
      });
      await store.record(stage.id, 'opened');
      await store.note(stage.id, 'GitHub refused the reviewer');
      await store.record(prod.id, 'refused', { error: 'no such branch' });
      await store.note(stage.id, 'GitHub refused the label');
      await store.record(stage.id, 'merged', { mergedBy: 'octocat' });
      return { timelines: new PromotionTimelines(knex), stage, prod };
    }

    it('gives what happened in pages, newest first', async () => {
      const { timelines, stage } = await createTimelines();
      const pages: string[][] = [];
      let after: string | undefined;
      for (let page = 0; page < 4; page++) {
        const entries = await timelines.page(stage.id, { limit: 2, after });
        pages.push(
          entries.map(({ entry: { event, who, detail } }) =>
            [event, who, detail].filter(Boolean).join(' '),
          ),
        );
        after = entries.at(-1)?.position ?? after;
      }
      expect(pages).toEqual([
        ['merged octocat', 'noted GitHub refused the label'],
        ['noted GitHub refused the reviewer', 'opened'],
        ['requested user:default/guest'],
        [],
      ]);
    });

    it('gives the milestones of several, without what else happened', async () => {
      const { timelines, stage, prod } = await createTimelines();
      const found = await timelines.milestones([prod.id, stage.id]);
      expect(
        [stage, prod].map(({ id }) => found.get(id)!.map(({ event }) => event)),
      ).toEqual([
        ['requested', 'opened', 'merged'],
        ['requested', 'refused'],
      ]);
      expect((await timelines.milestones([stage.id])).size).toBe(1);
      expect((await timelines.milestones([])).size).toBe(0);
    });
  },
);
