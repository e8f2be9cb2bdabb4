import { Agent, get } from 'node:http';

/** What clients saw who asked one request after the other for a while. */
export interface Load {
  clients: number;
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/**
 * Asks for addresses, in turns, by so many clients at once, each on a connection of its own that stays open. The
 * warm-up before is not counted; it lasts until each address was asked for, and for some time.
 *
 * @throws Error when an answer is not a success: what refuses quickly must not count as fast
 */
export async function generateLoad(options: {
  urls: string[];
  headers?: Record<string, string>;
  clients: number;
  warmUpMs: number;
  durationMs: number;
}): Promise<Load> {
  const { urls, headers, clients, warmUpMs, durationMs } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  let next = 0;
  const round = async (goesOn: () => boolean): Promise<number[]> => {
    const durations: number[] = [];
    const client = async () => {
      while (goesOn()) {
        const url = urls[next % urls.length];
        next += 1;
        const started = performance.now();
        await ask(url, headers, agent);
        durations.push(performance.now() - started);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    return durations;
  };
  try {
    const warm = performance.now() + warmUpMs;
    await round(() => next < urls.length || performance.now() < warm);
    const started = performance.now();
    const durations = await round(
      () => performance.now() < started + durationMs,
    );
    const seconds = (performance.now() - started) / 1000;
    return {
      clients,
      requests: durations.length,
      requestsPerSecond: durations.length / seconds,
      p50Ms: percentile(durations, 0.5),
      p99Ms: percentile(durations, 0.99),
    };
  } finally {
    agent.destroy();
  }
}

/** The smallest value that so large a share of the values does not exceed. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.ceil(share * sorted.length) - 1;
  return sorted[Math.min(Math.max(index, 0), sorted.length - 1)] ?? NaN;
}

function ask(
  url: string,
  headers: Record<string, string> | undefined,
  agent: Agent,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers }, response => {
      response.resume();
      response.once('error', reject);
      response.once('end', () =>
        response.statusCode === 200
          ? resolve()
          : reject(new Error(`${url} answered ${response.statusCode}`)),
      );
    });
    request.once('error', reject);
  });
}
