/** What a process uses of memory once its garbage is collected, in bytes. */
export interface Memory {
  heapUsed: number;
  /** Buffers and the like, outside the heap. */
  external: number;
  rss: number;
}

/** A CPU profile, as the inspector's protocol has it. */
export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string };
    children?: number[];
  }[];
  samples: number[];
  /** Between a sample and the one before it, in microseconds. */
  timeDeltas: number[];
}

const COLLECTIONS = 3;

/** Looks into a Node.js process that was started with `--inspect`. */
export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<
    number,
    { resolve: (result: unknown) => void; reject: (error: Error) => void }
  >();
  #id = 0;

  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () =>
        reject(new Error(`The inspector at ${url} does not answer`)),
      );
    });
    return new Inspector(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(String(data));
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) {
        waiting?.reject(new Error(`The inspector says: ${error.message}`));
      } else {
        waiting?.resolve(result);
      }
    });
    socket.addEventListener('close', () =>
      this.#waiting.forEach(({ reject }) =>
        reject(new Error('The inspected process ended')),
      ),
    );
  }

  close(): void {
    this.#socket.close();
  }

  /** The memory in use after garbage collections, more than one: finalizers free more. */
  async memory(): Promise<Memory> {
    for (let time = 0; time < COLLECTIONS; time += 1) {
      await this.#call('HeapProfiler.collectGarbage');
    }
    const { result } = (await this.#call('Runtime.evaluate', {
      expression: 'JSON.stringify(process.memoryUsage())',
    })) as { result: { value: string } };
    const { heapUsed, external, rss } = JSON.parse(result.value);
    return { heapUsed, external, rss };
  }

  /** Profiles the processor's use for as long as something runs. */
  async profile(during: () => Promise<unknown>): Promise<CpuProfile> {
    await this.#call('Profiler.enable');
    await this.#call('Profiler.start');
    await during();
    const { profile } = (await this.#call('Profiler.stop')) as {
      profile: CpuProfile;
    };
    return profile;
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    this.#id += 1;
    const id = this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
