import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';

/**
 * The databases of a file's tests. Each is closed when the test that took it is over: left to the end of the file, their
 * connections together are more than a PostgreSQL server lets in.
 */
export function testDatabases(...ids: TestDatabaseId[]) {
  const databases = TestDatabases.create({ ids });
  const open: Knex[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map(knex => knex.destroy()));
  });
  return {
    /** For `describe.each`. */
    eachSupportedId: () => databases.eachSupportedId(),
    /** A new, empty database for the test that runs. */
    init: async (id: TestDatabaseId): Promise<Knex> => {
      const knex = await databases.init(id);
      open.push(knex);
      return knex;
    },
  };
}
