import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  DesiredHosts,
  hostsOfOutput,
  InfraSnapshot,
  renderInputs,
  TreeEnvironment,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { CannotRun, Terminal } from '../terminal';

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

// More overlays are rendered only when it is asked for: each takes a process of its own.
const MAX_UNASKED = 40;

/** Something that renders overlays. */
interface Renderer {
  command: string[];
  /** Whether what it refuses is wrong: an old one may only lack what newer ones know. */
  isTrusted: boolean;
}

/** What rendering tells of an environment. */
export type Rendered = { hosts: DesiredHosts; buildError?: string };

/** The hosts of the overlays, or in one sentence why they are not known. */
export type RenderedHosts =
  | { byEnvironment: Map<TreeEnvironment, Rendered> }
  | { notChecked: string };

/**
 * Renders the overlays with a real kustomize, as far as all that they are built on is in the tree: nothing is fetched, and
 * nothing outside of the tree is read.
 *
 * @param asked - path of a kustomize or a kubectl
 */
export async function renderHosts(
  root: string,
  snapshot: InfraSnapshot,
  environments: TreeEnvironment[],
  asked: string | undefined,
  { env }: Pick<Terminal, 'env'>,
): Promise<RenderedHosts> {
  const renderer = asked === undefined ? find(env) : chosen(asked);
  if (!renderer) {
    return {
      notChecked: 'there is no kustomize and no kubectl to render them with',
    };
  }
  if (asked === undefined && environments.length > MAX_UNASKED) {
    return {
      notChecked: `there are ${environments.length} overlays; --kustomize ${renderer.command[0]} renders them all`,
    };
  }
  const byEnvironment = new Map<TreeEnvironment, Rendered>();
  const waiting = [...environments];
  const render = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      byEnvironment.set(next, await renderOne(root, snapshot, next, renderer));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, render));
  return { byEnvironment };
}

async function renderOne(
  root: string,
  snapshot: InfraSnapshot,
  { declared, overlay, bases }: TreeEnvironment,
  renderer: Renderer,
): Promise<Rendered> {
  const readings = [overlay, ...(bases?.bases ?? [])];
  const isBroken =
    (bases?.dangling.length ?? 0) > 0 ||
    readings.some(
      ({ problem, pins }) =>
        problem || pins.some(({ notStrings }) => notStrings.length > 0),
    );
  if (isBroken) {
    return { hosts: { unknown: 'The overlay does not build.' } };
  }
  const inputs = renderInputs(snapshot, declared);
  if ('unknown' in inputs) {
    return { hosts: inputs };
  }
  const build = await run(renderer.command, join(root, declared.overlayPath));
  if (!build.ok) {
    return {
      hosts: { unknown: `Kustomize does not build it: ${build.message}` },
      buildError: renderer.isTrusted ? build.message : undefined,
    };
  }
  return { hosts: hostsOfOutput(build.output) };
}

function run(
  [program, ...args]: string[],
  folder: string,
): Promise<{ ok: true; output: string } | { ok: false; message: string }> {
  return new Promise((resolve, reject) =>
    execFile(
      program,
      [...args, folder],
      { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout, stderr) => {
        if (!error) {
          resolve({ ok: true, output: stdout });
        } else if (error.code === 'ENOENT' || error.code === 'EACCES') {
          reject(new CannotRun(`${program} cannot be run (${error.code})`));
        } else {
          resolve({ ok: false, message: stderr.trim() || error.message });
        }
      },
    ),
  );
}

function chosen(path: string): Renderer {
  return { command: commandOf(path), isTrusted: true };
}

function find(env: NodeJS.ProcessEnv): Renderer | undefined {
  for (const name of ['kustomize', 'kubectl']) {
    const path = (env.PATH ?? '')
      .split(delimiter)
      .filter(folder => folder.startsWith('/'))
      .map(folder => join(folder, name))
      .find(isProgram);
    if (path) {
      return { command: commandOf(path), isTrusted: true };
    }
  }
  const { platform, arch } = process;
  try {
    const packed = `kustomize-${platform}-${arch}`;
    const path = require.resolve(`@install-binary/${packed}/${packed}`);
    return { command: commandOf(path), isTrusted: false };
  } catch {
    return undefined;
  }
}

function commandOf(path: string): string[] {
  return [path, /kubectl[^/]*$/.test(path) ? 'kustomize' : 'build'];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
