import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { OverlayRenderer, OverlaySource, Rendering } from './OverlayRenderer';

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;
// As much of what Kustomize says as a person reads.
const MAX_MESSAGE_CHARACTERS = 500;

/**
 * Renders with the `kustomize` program: without a shell, in a folder that has the overlay's inputs and nothing else, and with an
 * environment that has no secrets and no programs.
 */
export class KustomizeRenderer implements OverlayRenderer {
  readonly #program: string;
  readonly #timeoutMs: number;

  /**
   * @param options.program - absolute path, or a name that is looked for on the PATH
   * @param options.timeoutMs - in tests, another time than the one that a build may take
   */
  constructor(options: { program: string; timeoutMs?: number }) {
    this.#program = onPath(options.program) ?? options.program;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  async render(source: OverlaySource, signal: AbortSignal): Promise<Rendering> {
    let root: string | undefined;
    try {
      root = await mkdtemp(join(tmpdir(), 'gitops-rendering-'));
      const tree = join(root, 'tree');
      for (const [path, text] of source.files) {
        await mkdir(dirname(join(tree, path)), { recursive: true });
        await writeFile(join(tree, path), text);
      }
      return await this.#build(root, join(tree, source.overlayPath), signal);
    } catch (error) {
      return { failed: `It could not be rendered: ${error}` };
    } finally {
      if (root !== undefined) {
        await rm(root, { recursive: true, force: true }).catch(() => {});
      }
    }
  }

  async #build(
    root: string,
    folder: string,
    signal: AbortSignal,
  ): Promise<Rendering> {
    return new Promise(resolve =>
      execFile(
        this.#program,
        ['build', '--load-restrictor', 'LoadRestrictionsRootOnly', folder],
        {
          cwd: root,
          env: environment(root),
          timeout: this.#timeoutMs,
          maxBuffer: MAX_OUTPUT_BYTES,
          killSignal: 'SIGKILL',
          signal,
        },
        (error, stdout, stderr) => {
          if (!error) {
            resolve({ output: stdout });
          } else if (typeof error.code === 'number') {
            resolve({ refused: said(stderr, root) });
          } else {
            resolve({ failed: this.#whyFailed(error) });
          }
        },
      ),
    );
  }

  #whyFailed({ code, killed }: { code?: unknown; killed?: boolean }): string {
    if (code === 'ENOENT' || code === 'EACCES') {
      return 'There is no kustomize to run; install it, or correct gitops.rendering.kustomize.';
    }
    if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
      return `Kustomize makes more of it than ${MAX_OUTPUT_BYTES} bytes.`;
    }
    return killed
      ? `Kustomize took longer than ${this.#timeoutMs / 1000} seconds.`
      : `Kustomize ended by itself (${code ?? 'a signal'}).`;
  }
}

// What is rendered fetches nothing and runs nothing. Should Kustomize take something for an address after all, it finds
// no git, and a proxy that is not there.
function environment(root: string): NodeJS.ProcessEnv {
  const noProxy = 'http://127.0.0.1:9';
  return {
    HOME: root,
    TMPDIR: root,
    PATH: join(root, 'no-programs'),
    HTTP_PROXY: noProxy,
    HTTPS_PROXY: noProxy,
  } as NodeJS.ProcessEnv;
}

function said(stderr: string, root: string): string {
  const message = stderr.trim().replaceAll(`${root}/tree/`, '');
  return message.length > MAX_MESSAGE_CHARACTERS
    ? `${message.slice(0, MAX_MESSAGE_CHARACTERS)}…`
    : message;
}

function onPath(program: string): string | undefined {
  return isAbsolute(program)
    ? program
    : (process.env.PATH ?? '')
        .split(delimiter)
        .filter(isAbsolute)
        .map(folder => join(folder, program))
        .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
