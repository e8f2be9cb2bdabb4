import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { openDatabase } from './openDatabase';

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
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

  it('leaves the migrations to others where the configuration says so', async () => {
    const knex = await databases.init(databaseId);
    const database = mockServices.database({ knex });
    await openDatabase({ ...database, migrations: { skip: true } });
    expect(await knex.schema.hasTable('promotions')).toBe(false);
  });
});
