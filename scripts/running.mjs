// Starts the sandbox and the app as processes, waits until they answer, and ends them.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { distRun } from './build.mjs';
import { StepFailed } from './steps.mjs';
import { root } from './toolchain.mjs';

const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 8_000;
const TAIL_CHARACTERS = 6_000;

/** The ports in the order in which they follow the first. */
const SANDBOX_PORTS = ['control', 'github', 'argocd', 'registry', 'kubernetes'];

/** Ports of everything: the app's, and five in a row for the sandbox. */
export function portsFrom(app, sandbox) {
  return {
    app,
    ...Object.fromEntries(
      SANDBOX_PORTS.map((name, index) => [name, sandbox + index]),
    ),
  };
}

/** @throws StepFailed that names the ports that somebody else listens on. */
export async function assertPortsFree(ports, advice) {
  const taken = [];
  for (const [name, port] of Object.entries(ports)) {
    if (!(await isFree(port))) {
      taken.push(`${port} (${name})`);
    }
  }
  if (taken.length > 0) {
    throw new StepFailed(
      `✗ ${
        taken.length === 1 ? 'This port is' : 'These ports are'
      } taken by another program: ${taken.join(', ')}. ${advice}`,
    );
  }
}

function isFree(port) {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}

// Whether the catalog has read the demo service, and who belongs to the team that owns it.
async function catalogIsRead(url) {
  const signIn = await fetch(`${url}/api/auth/guest/refresh`, {
    method: 'POST',
    headers: { 'x-requested-with': 'npm start' },
  });
  const { backstageIdentity } = await signIn.json();
  const answer = await fetch(`${url}/api/catalog/entities/by-refs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${backstageIdentity.token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      entityRefs: [
        'component:default/demo',
        'user:default/guest',
        'user:default/viewer',
      ],
    }),
  });
  const [demo, guest, viewer] = (await answer.json()).items;
  const has = (entity, type) =>
    entity?.relations?.some(relation => relation.type === type) ?? false;
  return has(demo, 'ownedBy') && has(guest, 'memberOf') && Boolean(viewer);
}

/** Processes that are ended together. */
export class Processes {
  #children = [];
  #onUnexpectedEnd;

  /** @param onUnexpectedEnd called with a message when a process ends that nobody stopped */
  constructor(onUnexpectedEnd = () => {}) {
    this.#onUnexpectedEnd = onUnexpectedEnd;
  }

  /** Starts the stand-ins and waits until they answer. */
  async startSandbox(env, ports) {
    const child = this.#spawn('sandbox', env, root, [
      '--require',
      '@backstage/cli/config/nodeTransform.cjs',
      join(root, 'packages/sandbox/src/main.ts'),
      ...['--port', `${ports.control}`],
      ...SANDBOX_PORTS.filter(name => name !== 'control').flatMap(name => [
        `--${name}-port`,
        `${ports[name]}`,
      ]),
    ]);
    await this.#ready(child, () => child.output().includes('sandbox ready'));
  }

  /** Starts the built backend, which serves the page too, and waits until it answers. */
  async startApp(env, ports, extraEnv = {}) {
    const url = `http://localhost:${ports.app}`;
    const child = this.#spawn(
      'backend',
      {
        ...env,
        NODE_ENV: 'production',
        GITOPS_APP_PORT: `${ports.app}`,
        GITOPS_SANDBOX_GITHUB_PORT: `${ports.github}`,
        GITOPS_SANDBOX_ARGOCD_PORT: `${ports.argocd}`,
        GITOPS_SANDBOX_REGISTRY_PORT: `${ports.registry}`,
        GITOPS_SANDBOX_KUBERNETES_PORT: `${ports.kubernetes}`,
        ...kustomizeOfSandbox(),
        ...extraEnv,
      },
      distRun,
      ['packages/backend', '--config', join(root, 'app-config.yaml')],
    );
    await this.#ready(child, async () => {
      const response = await fetch(
        `${url}/.backstage/health/v1/readiness`,
      ).catch(() => undefined);
      return response?.ok ?? false;
    });
    // Who signs in before the catalog knows the teams owns nothing until the next sign-in.
    await this.#ready(child, () => catalogIsRead(url).catch(() => false));
    return url;
  }

  /**
   * Starts a process and waits until `isReady`, which is given what the process printed last, says that it is.
   * Returns what it had printed then, and how to end it alone.
   */
  async start(name, { env, args, cwd = root, isReady }) {
    const entry = this.#spawn(name, env, cwd, args);
    await this.#ready(entry, () => isReady(entry.output()));
    return {
      output: entry.output(),
      stop: () => this.#stop([entry]),
    };
  }

  /** Ends every process; one that does not end by itself is killed. */
  async stop() {
    await this.#stop(this.#children);
  }

  async #stop(children) {
    const stopped = [...children];
    this.#children = this.#children.filter(entry => !stopped.includes(entry));
    await Promise.all(
      stopped.map(async ({ child, ended }) => {
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
        await ended;
        clearTimeout(late);
      }),
    );
  }

  #spawn(name, env, cwd, args) {
    const child = spawn('node', args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // In a group of its own, so that Ctrl-C reaches it through us, once.
      detached: true,
    });
    let output = '';
    const collect = data => {
      output = (output + data).slice(-TAIL_CHARACTERS);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const ended = new Promise(resolve => {
      child.on('error', resolve);
      child.on('close', resolve);
    });
    const entry = { name, child, ended, output: () => output, over: false };
    ended.then(() => {
      entry.over = true;
      if (this.#children.includes(entry)) {
        this.#onUnexpectedEnd(
          `✗ The ${name} process ended by itself. It printed last:\n${output}`,
        );
      }
    });
    this.#children.push(entry);
    return entry;
  }

  async #ready(entry, isReady) {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!(await isReady())) {
      if (entry.over || Date.now() > deadline) {
        throw new StepFailed(
          `${entry.output()}\n✗ The ${entry.name} process ${
            entry.over ? 'ended' : 'did not get ready'
          }.`,
        );
      }
      await sleep(200);
    }
  }
}

// The one that is installed with the sandbox, where there is one for this platform.
function kustomizeOfSandbox() {
  const { resolve } = createRequire(
    join(root, 'packages/sandbox/package.json'),
  );
  const packed = `kustomize-${process.platform}-${process.arch}`;
  try {
    return {
      GITOPS_SANDBOX_KUSTOMIZE: resolve(`@install-binary/${packed}/${packed}`),
    };
  } catch {
    return {};
  }
}
