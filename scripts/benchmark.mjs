// What the benchmark does with one size of estate: runs of stand-ins and backend, and what is measured in each.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { distRun } from './build.mjs';
import { freePort } from './postgres.mjs';
import { run, StepFailed } from './steps.mjs';
import { root } from './toolchain.mjs';

/** Applications of one service. */
export const ENVIRONMENTS = 3;

const CLIENTS = [1, 10];
const WARM_UP_MS = 3_000;
const SETTLE_MS = 15_000;
const IDLE_MS = 60_000;
const COMMITS = 5;
const EVENTS = 10;
const PROMOTIONS = 3;

const TOKEN = 'sandbox-token';
const WEBHOOK_SECRET = 'benchmark';
const SCALE = join(root, 'packages/sandbox/src/scale');
const TYPESCRIPT = ['--require', '@backstage/cli/config/nodeTransform.cjs'];

// So long that no look at an upstream that comes anyway falls into what is measured.
const NEVER = { hours: 4 };
const QUIET = {
  repositoryInterval: NEVER,
  promotionInterval: NEVER,
  argocdResyncInterval: NEVER,
  argocdIdleLimit: NEVER,
};
const POLLING = { ...QUIET, repositoryInterval: { seconds: 1 } };
const DEFAULTS = {};

/** Measures the production backend with one size of estate behind it. */
export class Benchmark {
  #options;
  #services;
  #inCatalog;
  #began = false;

  /**
   * @param {object} options
   * @param {number} options.applications
   * @param {number} options.seconds how long each load lasts
   * @param {string} [options.profile] folder for the CPU profile
   * @param {string} options.directory an empty folder for configuration and databases
   * @param {NodeJS.ProcessEnv} options.env
   * @param {import('./running.mjs').Processes} options.processes
   * @param {AbortSignal} options.signal ends what is being measured
   * @param {{connectionString: string, drop: Function}} [options.postgres] instead of SQLite
   */
  constructor(options) {
    this.#options = options;
    this.#services = options.applications / ENVIRONMENTS;
  }

  /** Measures everything; each run begins with stand-ins and a plugin that know nothing yet. */
  async run() {
    const { applications } = this.#options;
    const services = this.#services;
    writeFileSync(
      this.#file('catalog-info.yaml'),
      await this.#typescript('main.ts', [
        'catalog',
        ...['--services', `${services}`],
      ]),
    );
    say('memory without Applications, once the catalog is read');
    const empty = await this.#with(0, QUIET, async measure => {
      this.#inCatalog = await measure('catalog');
      return measure('memory');
    });
    say(`requests go to ${this.#inCatalog.length} of ${services} Components`);
    say('first sync, load, events, promotions');
    const quiet = await this.#with(
      services,
      QUIET,
      measure => this.#quiet(measure),
      // The troubles of an Application are looked at again and again until it is Healthy.
      ['--healthy'],
    );
    const commit = quiet.commit ?? (await this.#commitByPolling());
    say('an idle minute');
    const idle = await this.#with(services, DEFAULTS, async measure => {
      await measure('firstSync');
      return measure('idle', { settleMs: SETTLE_MS, durationMs: IDLE_MS });
    });
    return { applications, empty, ...quiet, commit, idle };
  }

  async #quiet(measure) {
    const { applications, seconds, profile } = this.#options;
    const sync = await measure('firstSync');
    const memory = await measure('memory');
    const durationMs = seconds * 1_000;
    const floor = [];
    const environments = [];
    for (const clients of CLIENTS) {
      const load = { clients, warmUpMs: WARM_UP_MS, durationMs };
      floor.push(await measure('floor', load));
      environments.push(await measure('environments', load));
    }
    const packages =
      profile &&
      (await measure('profile', {
        clients: CLIENTS.at(-1),
        warmUpMs: 0,
        durationMs,
        file: resolve(profile, `${applications}.cpuprofile`),
      }));
    const event = await measure('event', { times: EVENTS });
    const commit = (await measure('webhooks'))
      ? await measure('commit', { times: COMMITS, byWebhook: true })
      : undefined;
    const promotion = await measure('promotion', { times: PROMOTIONS });
    return {
      startMs: sync.readyAt - measure.startedAt,
      sync,
      memory,
      floor,
      environments,
      packages,
      event,
      commit: commit && { ...commit, heardBy: 'webhook' },
      promotion,
    };
  }

  async #commitByPolling() {
    say('commits, looked for every second: the app takes no webhooks');
    return this.#with(this.#services, POLLING, async measure => {
      await measure('firstSync');
      const commit = await measure('commit', {
        times: COMMITS,
        byWebhook: false,
      });
      return { ...commit, heardBy: 'look every second' };
    });
  }

  // Runs stand-ins and backend for as long as something is measured.
  async #with(services, intervals, measureAll, argocdArgs = []) {
    const { env } = this.#options;
    await this.#forget();
    const github = await this.#standIn('github', services);
    const argocd = await this.#standIn('argocd', services, [
      ...['--repository', `${github.url}/demo/gitops-infra`],
      ...['--revisions', (await historyOf(github)).join(',')],
      ...argocdArgs,
    ]);
    const port = await freePort();
    const config = this.#writeConfig({ port, github, argocd, intervals });
    const startedAt = Date.now();
    const backend = await this.#start('backend', {
      env: { ...env, NODE_ENV: 'production' },
      cwd: distRun,
      args: ['--inspect=127.0.0.1:0', 'packages/backend', '--config', config],
      isReady: output => inspectorOf(output) !== undefined,
    });
    const target = {
      backendUrl: `http://localhost:${port}`,
      githubUrl: github.url,
      argocdUrl: argocd.url,
      services: this.#services,
      inCatalog: this.#inCatalog,
    };
    const inspectorUrl = inspectorOf(backend.output);
    const measure = async (name, request = {}) => {
      const output = await this.#typescript('measurements/main.ts', [
        name,
        JSON.stringify({
          ...request,
          target,
          inspectorUrl,
          webhookSecret: WEBHOOK_SECRET,
        }),
      ]);
      return JSON.parse(output.trimEnd().split('\n').at(-1));
    };
    const result = await measureAll(Object.assign(measure, { startedAt }));
    await Promise.all([backend.stop(), github.stop(), argocd.stop()]);
    return result;
  }

  // What starts after the end would be left behind.
  async #start(name, options) {
    const { processes, signal } = this.#options;
    signal.throwIfAborted();
    return processes.start(name, options);
  }

  async #standIn(name, services, args = []) {
    const { env } = this.#options;
    const address = /answers at (\S+)/;
    const { output, stop } = await this.#start(`stand-in for ${name}`, {
      env,
      args: [
        ...TYPESCRIPT,
        join(SCALE, 'main.ts'),
        name,
        ...['--services', `${services}`],
        ...args,
      ],
      isReady: printed => address.test(printed),
    });
    return { url: address.exec(output)[1], stop };
  }

  async #typescript(file, args) {
    const { env, signal } = this.#options;
    const { code, output } = await run(
      'node',
      [...TYPESCRIPT, join(SCALE, file), ...args],
      { cwd: root, env, signal },
    );
    if (code !== 0) {
      throw new StepFailed(`${output}\n✗ Could not be measured: ${args[0]}`);
    }
    return output;
  }

  // JSON is YAML as well.
  #writeConfig({ port, github, argocd, intervals }) {
    const baseUrl = `http://localhost:${port}`;
    const file = this.#file('app-config.yaml');
    const config = {
      app: { title: 'Benchmark', baseUrl, packages: 'all' },
      organization: { name: 'Benchmark' },
      backend: {
        baseUrl,
        listen: { host: '127.0.0.1', port },
        database: this.#database(),
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
            // Only stand-ins on loopback are behind it.
            dangerouslyAllowOutsideDevelopment: true,
          },
        },
      },
      permission: { enabled: true },
      catalog: {
        rules: [{ allow: ['Component', 'Group', 'User', 'Location'] }],
        // Nothing changes in it, and reading it again is not what is measured.
        processingInterval: NEVER,
        // A file, so that every call to the stand-in for GitHub is the plugin's.
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
        argocd: [{ name: 'benchmark', url: argocd.url, token: TOKEN }],
        ...intervals,
      },
    };
    writeFileSync(file, JSON.stringify(config, undefined, 2));
    return file;
  }

  #database() {
    const { postgres } = this.#options;
    return postgres
      ? {
          client: 'pg',
          connection: postgres.connectionString,
          prefix: this.#prefix,
        }
      : {
          client: 'better-sqlite3',
          connection: { directory: this.#file('database') },
        };
  }

  get #prefix() {
    return `benchmark_${this.#options.applications}_`;
  }

  // The plugin begins anew with each run; the catalog, which takes long to read, stays.
  async #forget() {
    const { postgres } = this.#options;
    if (this.#began) {
      await postgres?.drop(`${this.#prefix}gitops`);
    }
    this.#began = true;
    const directory = this.#file('database');
    if (existsSync(directory)) {
      readdirSync(directory)
        .filter(name => name.startsWith('gitops.'))
        .forEach(name => rmSync(join(directory, name)));
    }
  }

  #file(name) {
    return join(this.#options.directory, name);
  }
}

function inspectorOf(output) {
  return /Debugger listening on (ws:\S+)/.exec(output)?.[1];
}

async function historyOf(github) {
  const response = await fetch(`${github.url}/_control/history`, {
    method: 'POST',
  });
  return (await response.json()).commits;
}

function say(what) {
  process.stdout.write(`  ${what}\n`);
}
