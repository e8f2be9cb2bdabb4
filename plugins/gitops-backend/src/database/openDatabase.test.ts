import { mockServices } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { DatabasePromotionStore } from './DatabasePromotionStore';
import { openDatabase } from './openDatabase';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3', 'POSTGRES_18');
const TABLES = [
  'promotions',
  'promotion_events',
  'upstreams',
  'upstream_entries',
  'leases',
];

describe.each(databases.eachSupportedId())('openDatabase on %s', databaseId => {
  it('migrates up, and the migrations go down as they came up', async () => {
    const knex = await openDatabase(
      mockServices.database({ knex: await databases.init(databaseId) }),
    );
    const present = () =>
      Promise.all(TABLES.map(table => knex.schema.hasTable(table)));
    const directory = `${__dirname}/../../migrations`;
    const every = (there: boolean) => TABLES.map(() => there);

    expect(await present()).toEqual(every(true));
    await knex.migrate.rollback({ directory }, true);
    expect(await present()).toEqual(every(false));
    await knex.migrate.latest({ directory });
    expect(await present()).toEqual(every(true));
  });

  it('keeps the promotions of before, up and down', async () => {
    const knex = await databases.init(databaseId);
    const directory = `${__dirname}/../../migrations`;
    await knex.migrate.up({
      directory,
      name: '20261124000000_promotions.js',
    } as Knex.MigratorConfig);
    await knex('promotions').insert({
      id: '6f2c7a3e-0000-4000-8000-000000000001',
      repository: 'https://github.com/demo/gitops-infra',
      service: 'demo',
      from_environment: 'local',
      to_environment: 'stage',
      entity_ref: 'component:default/demo',
      state: 'merged',
      title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
      changes: '[]',
      branch: 'gitops/promote/demo/stage/0123456789ab',
      base_commit: 'a'.repeat(40),
      requested_by: 'user:default/guest',
      created_at: '2026-11-24T00:00:00.000Z',
      updated_at: '2026-11-24T00:00:00.000Z',
    });
    await knex.migrate.latest({ directory });
    await expect(
      new DatabasePromotionStore(knex).listUnderWay(),
    ).resolves.toMatchObject([{ from: 'local', to: 'stage' }]);

    await knex('promotions').update({
      from_environment: null,
      version: '1.4.3',
    });
    await knex.migrate.down({
      directory,
      name: '20261125000000_promotion_sources.js',
    } as Knex.MigratorConfig);
    await expect(knex('promotions').select()).resolves.toMatchObject([
      { from_environment: '', to_environment: 'stage' },
    ]);
  });

  it('leaves the migrations to others where the configuration says so', async () => {
    const knex = await databases.init(databaseId);
    const database = mockServices.database({ knex });
    await openDatabase({ ...database, migrations: { skip: true } });
    expect(await knex.schema.hasTable('promotions')).toBe(false);
  });
});
