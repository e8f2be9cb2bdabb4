import { Octokit } from '@octokit/rest';
import { GithubFailure, isFailure, isRateLimited } from './githubErrors';
import { RateLimit } from './RateLimit';
import { WriteQueue } from './WriteQueue';

const REQUEST_TIMEOUT_MS = 15_000;
const READING = ['GET', 'HEAD'];

/** A request that was sent to GitHub, as metrics count it. */
export interface GithubRequest {
  /** Method and route, as in `GET /repos/{owner}/{repo}/git/ref/{ref}`: as many as GitHub has, not as there are files. */
  operation: string;
  /** Of GitHub's answer; undefined where there was none. */
  status: number | undefined;
}

/**
 * A client of GitHub's API that stays within the rate limit, takes its turn with writes, and tells of each request that
 * it sends.
 */
export function createOctokit(options: {
  token: string | undefined;
  apiBaseUrl: string;
  rateLimit: RateLimit;
  writes: WriteQueue;
  onRequest?: (request: GithubRequest) => void;
}): Octokit {
  const { token, apiBaseUrl, rateLimit, writes, onRequest } = options;
  const octokit = new Octokit({
    auth: token,
    baseUrl: apiBaseUrl,
    // Failures are logged by those who know what they mean.
    log: { debug() {}, info() {}, warn() {}, error() {} },
    request: {
      fetch: (url: string, init: RequestInit) =>
        fetch(url, {
          ...init,
          signal: init.signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        }),
    },
  });
  octokit.hook.wrap('request', async (request, endpoint) => {
    const operation = `${endpoint.method} ${endpoint.url}`;
    const send = async () => {
      rateLimit.assertOpen();
      let response;
      try {
        response = await request(endpoint);
        rateLimit.saw({ headers: response.headers, refused: false });
        onRequest?.({ operation, status: response.status });
      } catch (error) {
        const failure: GithubFailure | undefined = isFailure(error)
          ? error
          : undefined;
        rateLimit.saw({
          headers: failure?.response?.headers ?? {},
          refused: failure !== undefined && isRateLimited(failure),
        });
        onRequest?.({ operation, status: failure?.status });
        throw error;
      }
      if (endpoint.request?.parseSuccessResponseBody !== false) {
        assertJson(response);
      }
      return response;
    };
    return READING.includes(endpoint.method) ? send() : writes.run(send);
  });
  return octokit;
}

/**
 * For what is asked for in a format of its own, which `bytesOf` reads then: of what it takes for text, Octokit leaves out a
 * byte order mark, and takes an answer that was cut off for an empty one.
 */
export const AS_BYTES = { parseSuccessResponseBody: false };

/** What was asked for `AS_BYTES`. */
export async function bytesOf(data: unknown): Promise<Buffer> {
  return Buffer.from(await new Response(data as ReadableStream).arrayBuffer());
}

// Octokit takes the page of a proxy, and an answer that was cut off, for what GitHub says.
function assertJson({ status, data }: { status: number; data: unknown }): void {
  const isJson = typeof data === 'object' && !(data instanceof ArrayBuffer);
  if (status !== 204 && !isJson) {
    throw new Error('The answer is no JSON');
  }
}
