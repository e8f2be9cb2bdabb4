import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { PACKAGE_DIRECTORY } from '../packageDirectory';

const THREAD = path.join(PACKAGE_DIRECTORY, 'src/github/emulatorThread.mjs');
const READY_TIMEOUT_MS = 30_000;
// Below the 5,000 requests an hour after which the emulator stops a token.
const REQUESTS_PER_TOKEN = 4_000;

/** Who owns the repositories, and who acts in it with the token. */
export interface EmulatorSeed {
  owner: string;
  /** Names of the repositories. */
  names: string[];
  branch: string;
  bot: { login: string; name: string; email: string };
}

/** An answer of the emulator. */
export interface EmulatorAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** The GitHub emulator, in a thread of its own. Only the front talks to it. */
export class Emulator {
  readonly #worker: Worker;
  readonly #url: string;
  #requests = 0;

  /** @param baseUrl - the address that answers give for themselves */
  static async start(seed: EmulatorSeed, baseUrl: string): Promise<Emulator> {
    const { owner, names, branch, bot } = seed;
    const worker = new Worker(THREAD, {
      workerData: {
        baseUrl,
        seed: {
          // Every other token is the first user's.
          tokens: {},
          github: {
            users: [bot],
            orgs: [
              {
                login: owner,
                name: owner,
                members: [{ login: bot.login, role: 'admin' }],
              },
            ],
            repos: names.map(name => ({
              owner,
              name,
              default_branch: branch,
              auto_init: false,
            })),
          },
        },
      },
      // The thread is plain JavaScript; a transform that this process runs with would only slow it down.
      execArgv: [],
    });
    try {
      const { port } = await answer(worker);
      return new Emulator(worker, `http://127.0.0.1:${port}`);
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  private constructor(worker: Worker, url: string) {
    this.#worker = worker;
    this.#url = url;
  }

  /** @param authenticated - as the bot; otherwise as anyone */
  async request(
    method: string,
    pathAndQuery: string,
    options: {
      authenticated?: boolean;
      accept?: string;
      body?: Buffer;
    } = {},
  ): Promise<EmulatorAnswer> {
    const { authenticated = true, accept, body } = options;
    this.#requests++;
    const token = `front-${Math.floor(this.#requests / REQUESTS_PER_TOKEN)}`;
    const response = await fetch(`${this.#url}${pathAndQuery}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(authenticated ? { authorization: `Bearer ${token}` } : {}),
        ...(accept ? { accept } : {}),
        ...(body?.length ? { 'content-type': 'application/json' } : {}),
      },
      body: body?.length ? new Uint8Array(body) : undefined,
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    };
  }

  /** Forgets everything but the seed. */
  async reset(): Promise<void> {
    const done = answer(this.#worker);
    this.#worker.postMessage('reset');
    await done;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

async function answer(worker: Worker): Promise<{ port: number }> {
  const timeout = AbortSignal.timeout(READY_TIMEOUT_MS);
  try {
    // Rejects as well when the thread fails.
    const [message] = await once(worker, 'message', { signal: timeout });
    return message;
  } catch (error) {
    throw timeout.aborted
      ? new Error('The GitHub emulator does not answer')
      : error;
  }
}
