// yarn bench: what the production backend takes and costs for 300 and for 3,000 Applications; docs/benchmark.md says how.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, distRun } from './build.mjs';
import { startPostgres } from './postgres.mjs';
import { Processes } from './running.mjs';
import { main, run, StepFailed } from './steps.mjs';
import { prepare, root } from './toolchain.mjs';

const USAGE = `yarn bench [--sizes 300,3000] [--json FILE] [--database sqlite] [--components 1000] [--seconds 8] [--profile FOLDER]

  --sizes       Applications of each run; three make a service
  --json        where the figures go too
  --database    sqlite, or pg for a PostgreSQL of the benchmark's own
  --components  how many services have a catalog entity, at most; requests are spread over these
  --seconds     how long each load lasts
  --profile     a folder for the backend's CPU profile under ten clients, one file for each size`;

const ENVIRONMENTS = 3;
const CLIENTS = [1, 10];
const WARM_UP_MS = 3_000;
const IDLE_MS = 60_000;
const COMMITS = 5;
const EVENTS = 10;
const PROMOTIONS = 3;
const TOKEN = 'sandbox-token';
const WEBHOOK_SECRET = 'bench-webhook-secret';
const SCALE = 'packages/sandbox/src/scale';
const TYPESCRIPT = ['--require', '@backstage/cli/config/nodeTransform.cjs'];
// No periodic look falls into a measurement that must see none.
const NEVER = { hours: 4 };
const QUIET = {
  repositoryInterval: NEVER,
  promotionInterval: NEVER,
  argocdResyncInterval: NEVER,
};
const POLLING = { ...QUIET, repositoryInterval: { seconds: 1 } };

/** Measures one size of estate, run by run, each with stand-ins and a plugin database that begin anew. */
class Bench {
  #options;
  #services;
  #components;

  constructor(options) {
    this.#options = options;
    this.#services = options.applications / ENVIRONMENTS;
    this.#components = Math.min(options.components, this.#services);
  }

  async run() {
    const { applications, directory, seconds, profile } = this.#options;
    mkdirSync(directory, { recursive: true });
    process.stdout.write(
      `\n▸ ${applications} Applications: ${this.#services} services, ${
        this.#components
      } of them with a catalog entity\n`,
    );
    await this.#writeCatalog();

    say('reading the catalog, without Applications');
    const empty = await this.#with({ services: 0 }, QUIET, async measure => {
      await measure('catalog');
      return measure('memory');
    });

    say('first sync');
    const estate = { services: this.#services };
    const measured = await this.#with(estate, QUIET, async measure => {
      const sync = await measure('firstSync');
      const startMs = sync.readyAt - measure.startedAt;
      const memory = await measure('memory');
      const floor = [];
      const environments = [];
      for (const clients of CLIENTS) {
        const load = {
          clients,
          warmUpMs: WARM_UP_MS,
          durationMs: seconds * 1_000,
        };
        say(`${clients} client${clients > 1 ? 's' : ''}`);
        floor.push(await measure('floor', load));
        environments.push(await measure('environments', load));
      }
      if (profile) {
        await measure('profile', {
          clients: CLIENTS.at(-1),
          warmUpMs: 0,
          durationMs: seconds * 1_000,
          file: resolve(profile, `${applications}.cpuprofile`),
        });
      }
      say('events and promotions');
      const event = await measure('event', { times: EVENTS });
      const byWebhook = await measure('webhooks');
      const commit =
        byWebhook &&
        (await measure('commit', { times: COMMITS, byWebhook: true }));
      const promotion = await measure('promotion', { times: PROMOTIONS });
      return {
        sync,
        startMs,
        memory,
        floor,
        environments,
        event,
        byWebhook,
        commit,
        promotion,
      };
    });
    if (!measured.byWebhook) {
      say('commits');
      measured.commit = await this.#with(estate, POLLING, async measure => {
        await measure('firstSync');
        return measure('commit', { times: COMMITS, byWebhook: false });
      });
    }
    say('an idle minute');
    const idle = await this.#with(estate, {}, async measure => {
      await measure('firstSync');
      return measure('idle', { durationMs: IDLE_MS });
    });
    return { applications, empty, idle, ...measured };
  }

  // Runs stand-ins and backend for as long as something is measured.
  async #with({ services }, intervals, measureAll) {
    const { processes, env } = this.#options;
    await this.#forget();
    const github = await this.#standIn('github', services);
    const { commits } = await post(`${github.url}/_control/history`);
    const argocd = await this.#standIn('argocd', services, [
      ...['--repository', `${github.url}/demo/gitops-infra`],
      ...['--revisions', commits.join(',')],
    ]);
    const port = await freePort();
    const backendUrl = `http://localhost:${port}`;
    const config = this.#writeConfig({ port, github, argocd, intervals });
    const startedAt = Date.now();
    const backend = await processes.start('backend', {
      env: { ...env, NODE_ENV: 'production' },
      cwd: distRun,
      args: ['--inspect=127.0.0.1:0', 'packages/backend', '--config', config],
      isReady: output => inspectorOf(output) !== undefined,
    });
    const target = {
      backendUrl,
      githubUrl: github.url,
      argocdUrl: argocd.url,
      services: this.#services,
      components: this.#components,
    };
    const inspectorUrl = inspectorOf(backend.output);
    const measure = (name, request = {}) =>
      this.#measure(name, {
        ...request,
        target,
        inspectorUrl,
        webhookSecret: WEBHOOK_SECRET,
      });
    measure.startedAt = startedAt;
    try {
      return await measureAll(measure);
    } finally {
      await Promise.all([backend.stop(), github.stop(), argocd.stop()]);
    }
  }

  async #standIn(name, services, args = []) {
    const { processes, env } = this.#options;
    const address = /answers at (\S+)/;
    const { output, stop } = await processes.start(`stand-in for ${name}`, {
      env,
      args: [
        ...TYPESCRIPT,
        join(root, SCALE, 'main.ts'),
        name,
        ...['--services', `${services}`],
        ...args,
      ],
      isReady: printed => address.test(printed),
    });
    return { url: address.exec(output)[1], stop };
  }

  async #measure(name, request) {
    const output = await this.#typescript('measurements/main.ts', [
      name,
      JSON.stringify(request),
    ]);
    const result = JSON.parse(output.trimEnd().split('\n').at(-1));
    if (process.env.BENCH_DEBUG) say(`${name} ${JSON.stringify(result)} ${new Date().toISOString()}`);
    return result;
  }

  async #typescript(file, args) {
    const { code, output } = await run(
      'node',
      [...TYPESCRIPT, join(root, SCALE, file), ...args],
      { cwd: root, env: this.#options.env },
    );
    if (code !== 0) {
      throw new StepFailed(`${output}\n✗ ${args[0]} could not be measured`);
    }
    return output;
  }

  async #writeCatalog() {
    writeFileSync(
      this.#file('catalog-info.yaml'),
      await this.#typescript('main.ts', [
        'catalog',
        ...['--services', `${this.#services}`],
        ...['--components', `${this.#components}`],
      ]),
    );
  }

  // JSON is YAML as well.
  #writeConfig({ port, github, argocd, intervals }) {
    const { postgres, applications } = this.#options;
    const baseUrl = `http://localhost:${port}`;
    const file = this.#file('app-config.yaml');
    const config = {
      app: { title: 'Benchmark', baseUrl, packages: 'all' },
      organization: { name: 'Benchmark' },
      backend: {
        baseUrl,
        listen: { host: '127.0.0.1', port },
        database: postgres
          ? {
              client: 'pg',
              connection: postgres.connectionString,
              prefix: `bench_${applications}_`,
            }
          : {
              client: 'better-sqlite3',
              connection: { directory: this.#file('database') },
            },
      },
      integrations: {
        github: [
          {
            host: new URL(github.url).host,
            apiBaseUrl: github.url,
            rawBaseUrl: github.url,
            token: TOKEN,
          },
        ],
      },
      auth: {
        providers: {
          guest: {
            userEntityRef: 'user:default/guest',
            dangerouslyAllowOutsideDevelopment: true,
          },
        },
      },
      permission: { enabled: true },
      catalog: {
        rules: [{ allow: ['Component', 'Group', 'User', 'Location'] }],
        // Nothing changes in it; reading it again would be measured as well.
        processingInterval: NEVER,
        locations: [{ type: 'file', target: this.#file('catalog-info.yaml') }],
      },
      events: {
        http: { topics: ['github'] },
        modules: { github: { webhookSecret: WEBHOOK_SECRET } },
      },
      kubernetes: {
        serviceLocatorMethod: { type: 'multiTenant' },
        clusterLocatorMethods: [],
      },
      gitops: {
        repositories: [
          { url: `${github.url}/demo/gitops-infra`, branch: 'main' },
        ],
        argocd: [{ name: 'bench', url: argocd.url, token: TOKEN }],
        ...intervals,
      },
    };
    writeFileSync(file, JSON.stringify(config, undefined, 2));
    return file;
  }

  // The plugin begins anew; the catalog, which takes long to read, stays.
  async #forget() {
    const { postgres, applications } = this.#options;
    await postgres?.drop(`bench_${applications}_gitops`);
    const directory = this.#file('database');
    if (existsSync(directory)) {
      for (const file of readdirSync(directory)) {
        if (/^gitops\./.test(file)) {
          rmSync(join(directory, file));
        }
      }
    }
  }

  #file(name) {
    return join(this.#options.directory, name);
  }
}

function inspectorOf(output) {
  return /Debugger listening on (ws:\S+)/.exec(output)?.[1];
}

async function post(url) {
  const response = await fetch(url, { method: 'POST' });
  return response.json();
}

function say(what) {
  process.stdout.write(`  ${what}\n`);
}

/** The figures in the form that others read. */
function figures(result) {
  const { applications, sync, memory, empty, floor, environments } = result;
  return {
    applications,
    firstSyncMs: round(sync.firstSyncMs),
    bytesPerApplication: Math.round(
      (used(memory) - used(empty)) / applications,
    ),
    environments: environments.map(load => ({
      clients: load.clients,
      p50Ms: round(load.p50Ms),
      p99Ms: round(load.p99Ms),
      requestsPerSecond: round(load.requestsPerSecond),
      upstreamCalls: load.upstreamCalls,
    })),
    floor: floor.map(load => ({
      clients: load.clients,
      p50Ms: round(load.p50Ms),
      requestsPerSecond: round(load.requestsPerSecond),
    })),
    commit: {
      githubCalls: result.commit.githubCalls,
      ms: round(result.commit.ms),
    },
    event: { ms: round(result.event.ms) },
    idleMinute: {
      githubCalls: result.idle.githubCalls,
      argocdCalls: result.idle.argocdCalls,
    },
    promotion: { githubCalls: result.promotion.githubCalls },
  };
}

function used({ heapUsed, external }) {
  return heapUsed + external;
}

function round(value) {
  return Math.round(value * 100) / 100;
}

function print(results) {
  process.stdout.write(`${JSON.stringify(results, undefined, 1)}\n`);
}

function readArguments() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        sizes: { type: 'string', default: '300,3000' },
        json: { type: 'string' },
        database: { type: 'string', default: 'sqlite' },
        components: { type: 'string', default: '1000' },
        seconds: { type: 'string', default: '8' },
        profile: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    throw new StepFailed(`✗ ${error.message}\n\n${USAGE}`);
  }
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  if (!['sqlite', 'pg'].includes(values.database)) {
    throw new StepFailed(
      `✗ There is no database ${values.database}\n\n${USAGE}`,
    );
  }
  return {
    sizes: values.sizes
      .split(',')
      .map(size => toCount('size', size, ENVIRONMENTS)),
    json: values.json && resolve(values.json),
    database: values.database,
    components: toCount('number of components', values.components, 1),
    seconds: toCount('number of seconds', values.seconds, 1),
    profile: values.profile && resolve(values.profile),
  };
}

function toCount(what, text, multipleOf) {
  const count = Number(text);
  if (
    !Number.isInteger(count) ||
    count < multipleOf ||
    count % multipleOf > 0
  ) {
    throw new StepFailed(
      `✗ ${text} is no ${what}; give a whole number${
        multipleOf > 1 ? `, a multiple of ${multipleOf}` : ''
      }\n\n${USAGE}`,
    );
  }
  return count;
}

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

await main(async () => {
  const options = readArguments();
  const env = await prepare();
  await build(env);
  const scratch = mkdtempSync(join(tmpdir(), 'gitops-infra-bench-'));
  const postgres =
    options.database === 'pg' ? await startPostgres() : undefined;
  let interrupt;
  const interrupted = new Promise((_, reject) => {
    interrupt = reject;
  });
  const processes = new Processes(message =>
    interrupt(new StepFailed(message)),
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => interrupt(new StepFailed('✗ Interrupted')));
  }
  try {
    const results = [];
    for (const applications of options.sizes) {
      const bench = new Bench({
        ...options,
        applications,
        env,
        postgres,
        processes,
        directory: join(scratch, `${applications}`),
      });
      results.push(await Promise.race([bench.run(), interrupted]));
    }
    print(results);
    if (options.json) {
      writeFileSync(
        options.json,
        `${JSON.stringify(results.map(figures), undefined, 2)}\n`,
      );
      process.stdout.write(`\nFigures written to ${options.json}\n`);
    }
  } finally {
    await processes.stop();
    await postgres?.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
});

