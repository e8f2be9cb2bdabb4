import { createHash } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import {
  isCrossSite,
  parseObject,
  readBody,
  sendHtml,
  sendJson,
  tokenOf,
  urlOf,
  wantsHtml,
} from '../http/messages';
import { Emulator, EmulatorAnswer } from './Emulator';
import { EmulatedRepository } from './EmulatedRepository';
import { GithubPages } from './GithubPages';
import { packArchive } from './packArchive';
import { PullRequests, Refusal } from './PullRequests';

const DOCUMENTATION = 'https://docs.github.com/rest';
const RETRY_AFTER_S = 5;
const NOT_FOUND = {
  message: 'Not Found',
  documentation_url: DOCUMENTATION,
  status: '404',
};

const NO_PULLS = { get: async () => undefined };

/** What is wrong with the stand-in for GitHub. Being down is the server's matter. */
export interface GithubFaults {
  /** Every token is refused. */
  tokenRefused: boolean;
  /** The rate limit is reached. */
  rateLimited: boolean;
}

/**
 * What clients take for GitHub: the emulator, with what GitHub does and the emulator does not, with pages for people,
 * and with faults on request.
 */
export class GithubFront {
  readonly faults: GithubFaults = { tokenRefused: false, rateLimited: false };
  readonly repository: EmulatedRepository;
  readonly pulls: PullRequests;
  readonly #emulator: Emulator;
  readonly #token: string;
  readonly #pages: GithubPages;
  readonly #otherPages: GithubPages[];
  readonly #onChange: () => void;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: {
    emulator: Emulator;
    repository: EmulatedRepository;
    /** Those that have pages and no pull requests. */
    otherRepositories?: EmulatedRepository[];
    token: string;
    onChange: () => void;
  }) {
    const { emulator, repository, otherRepositories = [] } = options;
    this.#emulator = emulator;
    this.repository = repository;
    this.#token = options.token;
    this.#onChange = options.onChange;
    this.pulls = new PullRequests(repository, (number, method) =>
      emulator.request('PUT', `${repository.path}/pulls/${number}/merge`, {
        body: Buffer.from(JSON.stringify({ merge_method: method })),
      }),
    );
    this.#pages = new GithubPages(repository, this.pulls);
    this.#otherPages = otherRepositories.map(
      other => new GithubPages(other, NO_PULLS),
    );
  }

  /**
   * Runs one thing at a time, so that what was looked up still holds when it is acted on, and nobody sees a merge half
   * done.
   */
  async exclusive<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run);
    this.#queue = result.catch(() => {});
    return result;
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { method = 'GET' } = request;
    const url = urlOf(request);
    const form = /^\/[^/]+\/[^/]+\/pull\/(\d+)\/merge$/.exec(url.pathname);
    if (method === 'POST' && form) {
      await this.#mergeByHand(request, response, Number(form[1]));
    } else if (method === 'GET' && isPage(request, url)) {
      const { status, html } = await this.exclusive(() =>
        this.#pagesAt(url).render(url),
      );
      sendHtml(response, status, html);
    } else {
      await this.#api(request, response, url);
    }
  }

  #pagesAt(url: URL): GithubPages {
    return this.#otherPages.find(pages => pages.has(url)) ?? this.#pages;
  }

  async #api(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
  ): Promise<void> {
    const token = tokenOf(request);
    if (this.faults.tokenRefused || (token && token !== this.#token)) {
      sendJson(response, 401, {
        message: 'Bad credentials',
        documentation_url: DOCUMENTATION,
        status: '401',
      });
      return;
    }
    if (this.faults.rateLimited) {
      sendJson(
        response,
        403,
        {
          message: 'API rate limit exceeded for user ID 1.',
          documentation_url: DOCUMENTATION,
          status: '403',
        },
        {
          'x-ratelimit-limit': '5000',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': String(
            Math.ceil(Date.now() / 1000) + RETRY_AFTER_S,
          ),
          'retry-after': String(RETRY_AFTER_S),
        },
      );
      return;
    }
    const body = await readBody(request);
    try {
      const answer = await this.exclusive(() =>
        this.#answer(request, url, body, token !== undefined),
      );
      send(request, response, answer);
    } catch (error) {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      sendJson(response, error.status, {
        message: error.message,
        ...(error.errors ? { errors: error.errors } : {}),
        documentation_url: DOCUMENTATION,
        status: String(error.status),
      });
    }
  }

  async #answer(
    request: IncomingMessage,
    url: URL,
    body: Buffer,
    authenticated: boolean,
  ): Promise<EmulatorAnswer> {
    const { method = 'GET' } = request;
    const { path } = this.repository;
    const [, number, rest] =
      new RegExp(`^${path}/pulls/(\\d+)(/.*)?$`).exec(url.pathname) ?? [];
    const json = parseObject(body.toString('utf8'));

    if (method === 'PUT' && rest === '/merge' && authenticated) {
      return this.#merge(Number(number), json);
    }
    if (method === 'GET' && rest === '/files') {
      const pull = await this.pulls.get(Number(number));
      return pull ? jsonAnswer(200, pull.files) : jsonAnswer(404, NOT_FOUND);
    }
    const archived = new RegExp(`^${path}/tarball/([0-9a-f]{40})$`).exec(
      url.pathname,
    );
    if (method === 'GET' && archived && authenticated) {
      return this.#archive(archived[1]);
    }
    const commit = new RegExp(`^${path}/commits/(.+)$`).exec(url.pathname);
    if (method === 'GET' && commit) {
      return this.#commit(request, url, commit[1], authenticated);
    }
    if (method === 'POST' && url.pathname === `${path}/pulls`) {
      await this.pulls.assertOpenable(String(json.head), String(json.base));
    }
    if (method === 'PATCH' || method === 'DELETE') {
      await this.pulls.remember();
    }
    const answer = await this.#emulator.request(
      method,
      `${url.pathname}${url.search}`,
      { authenticated, accept: request.headers.accept, body },
    );
    const [, base, head] =
      new RegExp(`^${path}/compare/([0-9a-f]{40})\\.{3}([0-9a-f]{40})$`).exec(
        url.pathname,
      ) ?? [];
    if (method === 'GET' && base && answer.status === 200) {
      return this.#compared(answer, base, head);
    }
    if (method !== 'GET' && method !== 'HEAD' && answer.status < 300) {
      const prefix = `${path}/git/refs/heads/`;
      if (method === 'DELETE' && url.pathname.startsWith(prefix)) {
        await this.pulls.branchDeleted(
          decodeURIComponent(url.pathname.slice(prefix.length)),
        );
      }
      this.#onChange();
    }
    return url.pathname.startsWith(`${path}/pulls`) && (!rest || rest === '/')
      ? this.#corrected(answer)
      : answer;
  }

  // GitHub says of what is no branch and no tag that it is no valid SHA, and gives the SHA alone to who asks for that.
  async #commit(
    request: IncomingMessage,
    url: URL,
    revision: string,
    authenticated: boolean,
  ): Promise<EmulatorAnswer> {
    const answer = await this.#emulator.request(
      'GET',
      `${url.pathname}${url.search}`,
      { authenticated },
    );
    if (answer.status === 404) {
      throw new Refusal(
        422,
        `No commit found for SHA: ${decodeURIComponent(revision)}`,
      );
    }
    const wantsSha = /\bvnd\.github\.(?:v3\.)?sha\b/.test(
      request.headers.accept ?? '',
    );
    return wantsSha && answer.status === 200
      ? {
          status: 200,
          headers: {
            'content-type': 'application/vnd.github.sha; charset=utf-8',
          },
          body: Buffer.from(
            String(parseObject(answer.body.toString('utf8')).sha),
          ),
        }
      : answer;
  }

  async #compared(
    answer: EmulatorAnswer,
    base: string,
    head: string,
  ): Promise<EmulatorAnswer> {
    const comparison = parseObject(answer.body.toString('utf8'));
    const { sha } = comparison.merge_base_commit as { sha: string };
    const { mergeBase, files } = await this.repository.compare(base, head);
    return sha === mergeBase
      ? answer
      : jsonAnswer(200, {
          ...comparison,
          merge_base_commit: await this.repository.commit(mergeBase),
          // Of several pages the first has them.
          files: (comparison.files as unknown[]).length > 0 ? files : [],
        });
  }

  // GitHub redirects to another host for it; who follows redirects sees no difference.
  async #archive(commit: string): Promise<EmulatorAnswer> {
    const { owner, name } = this.repository;
    const files = await Promise.all(
      (
        await this.repository.tree(commit)
      ).map(async ({ path, mode, sha }) => ({
        path,
        mode,
        content: await this.repository.blob(sha),
      })),
    );
    const folder = `${owner}-${name}-${commit.slice(0, 7)}`;
    return {
      status: 200,
      headers: { 'content-type': 'application/x-gzip' },
      body: await packArchive(commit, folder, files),
    };
  }

  async #merge(
    number: number,
    body: Record<string, unknown>,
  ): Promise<EmulatorAnswer> {
    const sha = await this.pulls.merge(number, {
      expectedHead: text(body.sha),
      method: text(body.merge_method),
      title: text(body.commit_title),
      message: text(body.commit_message),
    });
    this.#onChange();
    return jsonAnswer(200, {
      sha,
      merged: true,
      message: 'Pull Request successfully merged',
    });
  }

  async #mergeByHand(
    request: IncomingMessage,
    response: ServerResponse,
    number: number,
  ): Promise<void> {
    if (isCrossSite(request)) {
      sendJson(response, 403, { message: 'Not from another site' });
      return;
    }
    try {
      await this.exclusive(() => this.pulls.merge(number));
      this.#onChange();
      const { owner, name } = this.repository;
      response.writeHead(303, {
        location: `/${owner}/${name}/pull/${number}`,
      });
      response.end();
    } catch (error) {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      sendHtml(response, error.status, this.#pages.refusal(error.message));
    }
  }

  async #corrected(answer: EmulatorAnswer): Promise<EmulatorAnswer> {
    if (answer.status >= 300) {
      return answer;
    }
    const json: unknown = JSON.parse(answer.body.toString('utf8'));
    const corrected = Array.isArray(json)
      ? await Promise.all(json.map(pull => this.pulls.correct(pull, false)))
      : await this.pulls.correct(json as Record<string, unknown>, true);
    return { ...answer, body: Buffer.from(JSON.stringify(corrected)) };
  }
}

function isPage(request: IncomingMessage, url: URL): boolean {
  return wantsHtml(request) && !url.pathname.startsWith('/repos/');
}

function jsonAnswer(status: number, body: unknown): EmulatorAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

// Conditional requests are what keeps a client that polls within GitHub's rate limit.
function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: EmulatorAnswer,
): void {
  const headers: Record<string, string> = {
    // What the body had on its way here no longer holds, and no page of another site needs to read answers.
    ...without(answer.headers, [
      'access-control-allow-origin',
      'access-control-expose-headers',
      'connection',
      'content-encoding',
      'content-length',
      'keep-alive',
      'transfer-encoding',
    ]),
  };
  const cacheable = request.method === 'GET' && answer.status === 200;
  if (cacheable) {
    headers.etag = `W/"${createHash('sha256')
      .update(answer.body)
      .digest('hex')}"`;
  }
  if (cacheable && request.headers['if-none-match'] === headers.etag) {
    delete headers['content-type'];
    response.writeHead(304, headers);
    response.end();
    return;
  }
  response.writeHead(answer.status, headers);
  response.end(answer.status === 204 ? undefined : answer.body);
}

function without(
  headers: Record<string, string>,
  names: string[],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !names.includes(name)),
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
