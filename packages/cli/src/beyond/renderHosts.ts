import { execFile, ExecFileException } from 'node:child_process';
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

const NO_PROXY_THERE = 'http://127.0.0.1:9';

// More overlays are rendered only when it is asked for: each takes a process of its own.
const MAX_UNASKED = 40;

/** Something that renders overlays. */
interface Renderer {
  command: string[];
  /** Whether what it refuses is wrong: one that nobody named may only be too old, or not be able to build at all. */
  isTrusted: boolean;
}

/** What rendering tells of an environment. */
export type Rendered = {
  hosts: DesiredHosts;
  buildError?: string;
};

/** The hosts of the overlays, or in one sentence why they are not known. */
export type RenderedHosts =
  | {
      byEnvironment: Map<TreeEnvironment, Rendered>;
      /** Why some were not rendered, although they could be. */
      notRendered: Map<TreeEnvironment, string>;
    }
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
  const notRendered = new Map<TreeEnvironment, string>();
  const waiting = [...environments];
  const render = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { failed, ...rendered } = await renderOne(
        root,
        snapshot,
        next,
        renderer,
        env,
      );
      byEnvironment.set(next, rendered);
      if (failed !== undefined) {
        notRendered.set(next, failed);
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, render));
  return { byEnvironment, notRendered };
}

async function renderOne(
  root: string,
  snapshot: InfraSnapshot,
  { declared, overlay, bases }: TreeEnvironment,
  renderer: Renderer,
  env: NodeJS.ProcessEnv,
): Promise<Rendered & { failed?: string }> {
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
  const build = await run(
    renderer.command,
    join(root, declared.overlayPath),
    env,
  );
  if ('failed' in build) {
    return {
      hosts: { unknown: `It could not be rendered: ${build.failed}.` },
      failed: build.failed,
    };
  }
  if ('refused' in build) {
    return {
      hosts: { unknown: `Kustomize does not build it: ${build.refused}` },
      ...(renderer.isTrusted
        ? { buildError: build.refused }
        : { failed: build.refused.split('\n', 1)[0] }),
    };
  }
  return { hosts: hostsOfOutput(build.output) };
}

/** What came of a build; what failed may succeed another time, and says nothing of the overlay. */
type Build = { output: string } | { refused: string } | { failed: string };

function run(
  [program, ...args]: string[],
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Build> {
  return new Promise((resolve, reject) =>
    execFile(
      program,
      [...args, folder],
      {
        env: environment(env),
        timeout: TIMEOUT_MS,
        maxBuffer: MAX_OUTPUT_BYTES,
        killSignal: 'SIGKILL',
      },
      (error, stdout, stderr) => {
        if (!error) {
          resolve({ output: stdout });
        } else if (error.code === 'ENOENT' || error.code === 'EACCES') {
          reject(new CannotRun(`${program} cannot be run (${error.code})`));
        } else if (typeof error.code === 'number') {
          resolve({ refused: stderr.trim() || `it ended with ${error.code}` });
        } else {
          resolve({ failed: whyFailed(error) });
        }
      },
    ),
  );
}

function whyFailed({ code, killed }: ExecFileException): string {
  // Node's types know no codes but numbers.
  if (String(code) === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return `it makes more than ${MAX_OUTPUT_BYTES} bytes`;
  }
  return killed
    ? `it took longer than ${TIMEOUT_MS / 1000} seconds`
    : `the program ended by itself (${code ?? 'a signal'})`;
}

// None of the secrets that the command itself is given, and no way to the network. A program that is found through a wrapper needs
// the rest.
function environment({
  PATH,
  HOME,
  TMPDIR,
  SystemRoot,
}: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    PATH,
    HOME,
    TMPDIR,
    SystemRoot,
    HTTP_PROXY: NO_PROXY_THERE,
    HTTPS_PROXY: NO_PROXY_THERE,
  } as NodeJS.ProcessEnv;
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
      return { command: commandOf(path), isTrusted: false };
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
