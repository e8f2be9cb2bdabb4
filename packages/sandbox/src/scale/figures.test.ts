import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { PACKAGE_DIRECTORY } from '../packageDirectory';

const SCRIPT = path.resolve(PACKAGE_DIRECTORY, '../../scripts/figures.mjs');

const load = (clients: number) => ({
  clients,
  requests: 100,
  requestsPerSecond: 50.1234,
  p50Ms: 15.555,
  p99Ms: 40.001,
});
const RESULT = {
  applications: 300,
  startMs: 5_000,
  sync: { firstSyncMs: 1_252.949, readyAt: 1 },
  empty: { heapUsed: 90_000_000, external: 4_000_000, rss: 200_000_000 },
  memory: { heapUsed: 90_500_000, external: 4_100_000, rss: 210_000_000 },
  floor: [load(1), load(10)],
  environments: [1, 10].map(clients => ({
    ...load(clients),
    upstreamCalls: 0,
  })),
  event: { ms: 26.3186, signalMs: 6.29 },
  commit: { githubCalls: 4, ms: 950.637, routes: {}, heardBy: 'webhook' },
  idle: { githubCalls: 3, argocdCalls: 2, routes: {} },
  promotion: { githubCalls: 6, ms: 111, routes: { 'POST /pulls': 1 } },
};

// The scripts are modules that this test's runner does not load.
const run = (expression: string) =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { figures, table } from ${JSON.stringify(SCRIPT)};
       const result = ${JSON.stringify(RESULT)};
       process.stdout.write(${expression});`,
    ],
    { encoding: 'utf8' },
  );

describe("the benchmark's figures", () => {
  it('are written in the form that other programs read', () => {
    expect(JSON.parse(run('JSON.stringify(figures(result))'))).toEqual({
      applications: 300,
      firstSyncMs: 1_252.95,
      bytesPerApplication: 2_000,
      environments: [1, 10].map(clients => ({
        clients,
        p50Ms: 15.56,
        p99Ms: 40,
        requestsPerSecond: 50.12,
        upstreamCalls: 0,
      })),
      floor: [1, 10].map(clients => ({
        clients,
        p50Ms: 15.56,
        requestsPerSecond: 50.12,
      })),
      commit: { githubCalls: 4, ms: 950.64 },
      event: { ms: 26.32 },
      idleMinute: { githubCalls: 3, argocdCalls: 2 },
      promotion: { githubCalls: 6 },
    });
  });

  it('are printed side by side with what is aimed for', () => {
    const printed = run('table([result, { ...result, applications: 3000 }])');
    expect(printed).toMatch(/^Applications +aim +300 +3,000$/m);
    expect(printed).toMatch(/^First sync +under 5 s +1\.25 s +1\.25 s$/m);
    expect(printed).toMatch(/^ {2}of the floor +at least 0\.6 +1\.00 +1\.00$/m);
    expect(printed).toMatch(/^Calls of a promotion: POST \/pulls$/m);
  });
});
