import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@playwright/test';
import type { EnvironmentsResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import type { SandboxState } from '@gitops-infra/sandbox';

const CONTROL = 7400;
const GITHUB = 7401;
const ARGOCD = 7402;
const REGISTRY = 7403;
const KUBERNETES = 7404;
const PORTS = [7410, 7411];

const START_TIMEOUT_MS = 120_000;
// What a process that was killed leaves to others, they take over within that time.
const TAKEOVER_TIMEOUT_MS = 20_000;
// So long that the rate of requests of one follower can be told from that of two.
const WATCHED_MS = 12_000;

/** A process of a test, with what it printed. */
class Running {
  readonly #child: ChildProcess;
  #output = '';

  constructor(args: string[], cwd: string, env: Record<string, string> = {}) {
    this.#child = spawn('node', args, {
      cwd,
      env: { ...process.env, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', data => (this.#output += data));
    this.#child.stderr?.on('data', data => (this.#output += data));
  }

  async until(isReady: (output: string) => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await isReady(this.#output).catch(() => false))) {
      if (Date.now() > deadline || this.#child.exitCode !== null) {
        throw new Error(`It did not get ready:\n${this.#output.slice(-4_000)}`);
      }
      await sleep(100);
    }
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill(signal);
      await closed;
    }
  }
}

/** A backend of the production build, on a PostgreSQL that it shares with the others. */
class Replica {
  readonly #url: string;
  readonly #running: Running;
  #token = '';

  constructor(port: number, databaseConfig: string) {
    this.#url = `http://localhost:${port}`;
    this.#running = new Running(
      [
        'packages/backend',
        '--config',
        resolve('app-config.yaml'),
        '--config',
        databaseConfig,
      ],
      resolve('dist-run'),
      {
        GITOPS_APP_PORT: `${port}`,
        GITOPS_SANDBOX_GITHUB_PORT: `${GITHUB}`,
        GITOPS_SANDBOX_ARGOCD_PORT: `${ARGOCD}`,
        GITOPS_SANDBOX_REGISTRY_PORT: `${REGISTRY}`,
        GITOPS_SANDBOX_KUBERNETES_PORT: `${KUBERNETES}`,
      },
    );
  }

  async started(): Promise<this> {
    await this.#running.until(async () => {
      const signIn = await fetch(`${this.#url}/api/auth/guest/refresh`, {
        method: 'POST',
        headers: { 'x-requested-with': 'test' },
      });
      this.#token = (await signIn.json()).backstageIdentity.token;
      // The catalog has read the service, and we have read the repository.
      await this.environments();
      return true;
    });
    return this;
  }

  async environments(): Promise<EnvironmentsResponse> {
    const response = await fetch(
      `${this.#url}/api/gitops/entities/component/default/demo/environments`,
      { headers: { authorization: `Bearer ${this.#token}` } },
    );
    if (!response.ok) {
      throw new Error(await response.text());
    }
    return response.json();
  }

  async localTag(): Promise<string | undefined> {
    const { environments } = await this.environments();
    const [local] = environments;
    return local.images[0]?.desired.tag;
  }

  async kill(): Promise<void> {
    await this.#running.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#running.end();
  }
}

async function sandboxState(): Promise<SandboxState> {
  return (await fetch(`http://localhost:${CONTROL}/state`)).json();
}

async function act(action: string): Promise<void> {
  const response = await fetch(
    `http://localhost:${CONTROL}/actions/${action}`,
    {
      method: 'POST',
    },
  );
  expect(response.ok, await response.text()).toBe(true);
}

/** How often an upstream was asked while nothing happened. */
async function askedMeanwhile(): Promise<{ github: number; argocd: number }> {
  const total = async () => {
    const { requests } = await sandboxState();
    const sum = (routes: Record<string, number>) =>
      Object.entries(routes)
        // The catalog reads for itself.
        .filter(([route]) => !route.endsWith('.yaml'))
        .reduce((count, [, times]) => count + times, 0);
    return { github: sum(requests.github), argocd: sum(requests.argocd) };
  };
  const before = await total();
  await sleep(WATCHED_MS);
  const after = await total();
  return {
    github: after.github - before.github,
    argocd: after.argocd - before.argocd,
  };
}

test.describe('two backends on one PostgreSQL', () => {
  test.describe.configure({ mode: 'serial' });

  let scratch: string;
  let postgres: { connectionString: string; stop(): Promise<void> };
  let sandbox: Running;
  let databaseConfig: string;
  const replicas: Replica[] = [];

  const start = async (port: number): Promise<Replica> => {
    const replica = new Replica(port, databaseConfig);
    replicas.push(replica);
    return replica.started();
  };

  test.beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'gitops-infra-replicas-'));
    const scripts = pathToFileURL(resolve('scripts/postgres.mjs')).href;
    const { startPostgres } = (await import(scripts)) as {
      startPostgres(): Promise<typeof postgres>;
    };
    postgres = await startPostgres();
    databaseConfig = join(scratch, 'database.yaml');
    const connection = new URL(postgres.connectionString);
    writeFileSync(
      databaseConfig,
      JSON.stringify({
        backend: {
          database: {
            client: 'pg',
            connection: {
              host: connection.hostname,
              port: Number(connection.port),
              user: connection.username,
              password: connection.password,
            },
          },
        },
      }),
    );
    sandbox = new Running(
      [
        '--require',
        '@backstage/cli/config/nodeTransform.cjs',
        'packages/sandbox/src/main.ts',
        `--port=${CONTROL}`,
        `--github-port=${GITHUB}`,
        `--argocd-port=${ARGOCD}`,
        `--registry-port=${REGISTRY}`,
        `--kubernetes-port=${KUBERNETES}`,
      ],
      resolve('.'),
    );
    await sandbox.until(async output => output.includes('sandbox ready'));
  });

  test.afterAll(async () => {
    await Promise.all(replicas.map(replica => replica.stop()));
    await sandbox?.end();
    await postgres?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  let first: Replica;
  let second: Replica;

  test('show the same, and ask the upstreams no more often than one does', async () => {
    first = await start(PORTS[0]);
    await expect.poll(() => first.localTag()).toBe('1.4.2');
    const alone = await askedMeanwhile();
    expect(alone.github).toBeGreaterThan(0);

    second = await start(PORTS[1]);
    await expect.poll(() => second.localTag()).toBe('1.4.2');
    const together = await askedMeanwhile();
    // A look more or less falls into the time.
    expect(together.github).toBeLessThanOrEqual(alone.github + 2);
    expect(together.argocd).toBeLessThanOrEqual(alone.argocd + 2);
  });

  test('show what either of them found out', async () => {
    await act('push-version');
    const tag = await expect
      .poll(() => second.localTag())
      .not.toBe('1.4.2')
      .then(() => second.localTag());
    expect(await first.localTag()).toBe(tag);
  });

  test('lose nothing when the one that follows is killed', async () => {
    const before = await second.localTag();
    await first.kill();
    // What happens while nobody follows is seen by the one that takes over.
    await act('push-version');
    await expect
      .poll(() => second.localTag(), { timeout: TAKEOVER_TIMEOUT_MS })
      .not.toBe(before);
    await expect
      .poll(
        async () => {
          const [local] = (await second.environments()).environments;
          return [
            local.sync.status,
            local.health.status,
            local.images[0].live.map(({ tag }) => tag).join(),
          ];
        },
        { timeout: TAKEOVER_TIMEOUT_MS },
      )
      .toEqual(['Synced', 'Healthy', await second.localTag()]);
  });

  test('show the last known state after a restart, with its age, while every upstream is away', async () => {
    const known = await second.localTag();
    await second.stop();
    await act('github-down');
    await act('argocd-down');
    const restarted = await start(PORTS[0]);
    const { environments } = await restarted.environments();
    expect(environments[0].images[0].desired.tag).toBe(known);
    expect(environments[0].health.status).toBe('Healthy');
    const { git, argocd } = environments[0].freshness;
    expect(Date.parse(git.readAt!)).toBeLessThan(Date.now());
    expect(Date.parse(argocd.readAt!)).toBeLessThan(Date.now());
    await expect
      .poll(async () => {
        const [{ freshness }] = (await restarted.environments()).environments;
        return [freshness.git.stale, freshness.argocd.stale];
      })
      .toEqual([true, true]);
  });
});
