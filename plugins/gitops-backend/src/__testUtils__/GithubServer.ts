import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  GithubCredentials,
  GithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { mockServices } from '@backstage/backend-test-utils';
import { Header } from 'tar';
import { GithubRequest } from '../github/createOctokit';
import { createGithubRepository } from '../github/createGithubRepository';
import { InfraRepository } from '../github/InfraRepository';
import { RateLimits } from '../github/RateLimit';
import { Difference, digest, GitHistory, Stored } from './GitHistory';

const REPOSITORY = '/repos/demo/infra';
const BLOCK = 512;

/** An answer of the server's. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  json?: unknown;
  body?: Buffer;
}

/** A request as it arrived. */
export interface Arrived {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  /** Of the answer. */
  status: number;
}

/**
 * GitHub's API on loopback, over a Git repository in memory, as its documentation has it; every request is written
 * down.
 */
export class GithubServer {
  readonly git = new GitHistory();
  readonly requests: Arrived[] = [];
  /** More entries are cut off, as GitHub does. */
  maxTreeEntries = 100_000;
  /** Carried by every answer of the API, as those of the rate limit. */
  headers: Record<string, string> = {};
  /** Answers in place of GitHub where it returns something. */
  intercept: (
    request: IncomingMessage,
    path: string,
  ) => Reply | undefined | void | Promise<Reply | undefined> = () => {};
  readonly #server: Server;
  readonly #prefix: string;

  static async start(prefix = ''): Promise<GithubServer> {
    const server = createServer();
    await new Promise<void>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve()),
    );
    return new GithubServer(server, prefix);
  }

  private constructor(server: Server, prefix: string) {
    this.#server = server;
    this.#prefix = prefix;
    server.on('request', (request, response) =>
      this.#handle(request, response),
    );
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get apiBaseUrl(): string {
    return `http://${this.host}${this.#prefix}`;
  }

  /** Forgets what was asked so far, and returns it: method and what is asked of the repository. */
  takeCalls(): string[] {
    return this.requests
      .splice(0)
      .map(({ method, path, status }) =>
        [
          method,
          path.replace(/[0-9a-f]{40}/g, 'SHA'),
          ...(status === 200 ? [] : [status]),
        ].join(' '),
      );
  }

  /** A client of the repository; by default with a token that never changes. */
  client(
    options: {
      getCredentials?: () => Promise<GithubCredentials>;
      rateLimits?: RateLimits;
      onRequest?: (request: GithubRequest) => void;
    } = {},
  ): InfraRepository {
    const { getCredentials, ...rest } = options;
    const credentials: GithubCredentialsProvider = {
      getCredentials:
        getCredentials ??
        (async () => ({ type: 'token', token: 'a-secret-token' })),
    };
    return createGithubRepository({
      repository: {
        url: `http://${this.host}/demo/infra`,
        owner: 'demo',
        name: 'infra',
        branch: 'main',
      },
      integrations: ScmIntegrations.fromConfig(
        mockServices.rootConfig({
          data: {
            integrations: {
              github: [{ host: this.host, apiBaseUrl: this.apiBaseUrl }],
            },
          },
        }),
      ),
      credentials,
      ...rest,
    });
  }

  async close(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const url = new URL(request.url ?? '', 'http://localhost');
    const path = decodeURIComponent(url.pathname).replace(
      `${this.#prefix}${REPOSITORY}`,
      '',
    );
    request.resume();
    const reply = (await this.intercept(request, path)) ??
      this.#answer(path, url.searchParams, request) ?? {
        status: 404,
        json: { message: 'Not Found' },
      };
    const body = reply.body ?? Buffer.from(JSON.stringify(reply.json ?? null));
    const etag = `W/"${digest('sha256', body)}"`;
    const unchanged =
      reply.status === 200 && request.headers['if-none-match'] === etag;
    const status = unchanged ? 304 : reply.status;
    this.requests.push({
      method: request.method ?? '',
      path,
      query: url.searchParams,
      headers: request.headers,
      status,
    });
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      ...this.headers,
      ...(status === 200 && request.method === 'GET' ? { etag } : {}),
      ...reply.headers,
    });
    response.end(unchanged ? undefined : body);
  }

  #answer(
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
  ): Reply | undefined {
    const [, what = '', rest = ''] =
      /^\/(git\/ref|git\/trees|git\/blobs|compare|commits|contents|tarball)\/(.*)$/.exec(
        path,
      ) ?? [];
    switch (what) {
      case 'git/ref':
        return this.#ref(rest);
      case 'git/trees':
        return this.#tree(rest, query.has('recursive'));
      case 'git/blobs':
        return this.#blob(rest);
      case 'compare':
        return this.#compare(rest, query);
      case 'commits':
        return this.#commit(rest, query, request.headers.accept ?? '');
      case 'contents':
        return this.#content(rest, query, request.headers.accept ?? '');
      case 'tarball':
        return this.#tarball(rest);
      default:
        return undefined;
    }
  }

  #ref(ref: string): Reply | undefined {
    const sha = this.git.branches.get(ref.replace(/^heads\//, ''));
    return sha ? json({ ref: `refs/${ref}`, object: { sha } }) : undefined;
  }

  #tree(sha: string, recursive: boolean): Reply | undefined {
    const entries = this.git.entries(sha, recursive);
    return (
      entries &&
      json({
        sha,
        tree: entries.slice(0, this.maxTreeEntries),
        truncated: entries.length > this.maxTreeEntries,
      })
    );
  }

  #blob(sha: string): Reply | undefined {
    const content = this.git.blobs.get(sha);
    return (
      content &&
      json({
        sha,
        size: content.length,
        encoding: 'base64',
        content: content.toString('base64'),
      })
    );
  }

  #compare(basehead: string, query: URLSearchParams): Reply | undefined {
    const [base, head] = basehead.split('...').map(ref => this.#resolve(ref));
    if (!base || !head) {
      return undefined;
    }
    const [ofBase, ofHead] = [base, head].map(sha => this.git.ancestry(sha));
    const mergeBase = ofHead.find(sha => ofBase.includes(sha));
    const ahead = ofHead.filter(sha => !ofBase.includes(sha)).reverse();
    const perPage = Number(query.get('per_page') ?? 250);
    const page = Number(query.get('page') ?? 1);
    return json({
      ahead_by: ahead.length,
      behind_by: ofBase.filter(sha => !ofHead.includes(sha)).length,
      total_commits: ahead.length,
      commits: ahead
        .slice((page - 1) * perPage, page * perPage)
        .map(sha => this.#commitJson(sha)),
      files:
        page === 1
          ? this.git.differences(mergeBase, head).slice(0, 300).map(fileJson)
          : [],
    });
  }

  #commit(
    revision: string,
    query: URLSearchParams,
    accept: string,
  ): Reply | undefined {
    const sha = this.#resolve(revision);
    if (!sha) {
      return {
        status: 422,
        json: { message: `No commit found for SHA: ${revision}` },
      };
    }
    if (accept.includes('sha')) {
      return {
        status: 200,
        headers: {
          'content-type': 'application/vnd.github.sha; charset=utf-8',
        },
        body: Buffer.from(sha),
      };
    }
    const page = Number(query.get('page') ?? 1);
    const files = this.git.differences(
      this.git.commits.get(sha)!.parents[0],
      sha,
    );
    return {
      ...json({
        ...this.#commitJson(sha),
        files: files.slice((page - 1) * 300, page * 300).map(fileJson),
      }),
      headers:
        files.length > page * 300
          ? { link: `<http://next>; rel="next", <http://last>; rel="last"` }
          : {},
    };
  }

  // What it is, GitHub does not say: it gives its bytes as they are, and calls everything UTF-8.
  #content(
    path: string,
    query: URLSearchParams,
    accept: string,
  ): Reply | undefined {
    const commit = this.#resolve(query.get('ref') ?? 'main');
    const content = this.git.commits.get(commit ?? '')?.tree.get(path)?.content;
    if (!content || !accept.includes('raw')) {
      return undefined;
    }
    return {
      status: 200,
      headers: { 'content-type': 'application/vnd.github.raw; charset=utf-8' },
      body: content,
    };
  }

  #tarball(sha: string): Reply | undefined {
    const commit = this.git.commits.get(sha);
    return (
      commit && {
        status: 200,
        headers: { 'content-type': 'application/x-gzip' },
        body: archiveOf(commit.tree),
      }
    );
  }

  #resolve(revision: string): string | undefined {
    const name = revision === 'HEAD' ? 'main' : revision;
    const { branches, tags, commits } = this.git;
    return (
      branches.get(name.replace(/^heads\//, '')) ??
      tags.get(name.replace(/^tags\//, '')) ??
      (/^[0-9a-f]{4,}$/.test(name)
        ? [...commits.keys()].find(sha => sha.startsWith(name))
        : undefined)
    );
  }

  #commitJson(sha: string) {
    const { message, parents } = this.git.commits.get(sha)!;
    return {
      sha,
      html_url: `http://${this.host}/demo/infra/commit/${sha}`,
      commit: {
        message,
        author: { name: 'Octo Cat', date: '2026-11-24T00:00:00Z' },
      },
      author: { login: 'octocat' },
      parents: parents.map(parent => ({ sha: parent })),
    };
  }
}

function json(value: unknown): Reply {
  return { status: 200, json: value };
}

function fileJson({ path, status, movedFrom, before, after }: Difference) {
  const same = before?.sha === after?.sha;
  return {
    filename: path,
    previous_filename: movedFrom,
    status,
    sha: (after ?? before)!.sha,
    patch: status === 'renamed' || same ? undefined : patchOf(before, after),
  };
}

// As Git shows it: nothing of what is binary, a submodule by its commit, and a last line without an end with a remark.
function patchOf(before?: Stored, after?: Stored): string | undefined {
  const texts = [before, after].map(textOf);
  if (texts.some(text => text.includes('\0'))) {
    return undefined;
  }
  const [old, now] = texts.map(text => text.split(/(?<=\n)/).filter(Boolean));
  const range = (lines: string[]) =>
    lines.length === 1 ? '1' : `${lines.length && 1},${lines.length}`;
  const marked = (sign: string, lines: string[]) =>
    lines.map(line =>
      line.endsWith('\n')
        ? `${sign}${line}`
        : `${sign}${line}\n\\ No newline at end of file\n`,
    );
  return [
    `@@ -${range(old)} +${range(now)} @@\n`,
    ...marked('-', old),
    ...marked('+', now),
  ]
    .join('')
    .replace(/\n$/, '');
}

function textOf(stored?: Stored): string {
  return stored?.mode === '160000'
    ? `Subproject commit ${stored.sha}\n`
    : stored?.content?.toString() ?? '';
}

// Links are in it as links, submodules are not.
function archiveOf(tree: ReadonlyMap<string, Stored>): Buffer {
  const parts: Buffer[] = [];
  for (const [path, { mode, content }] of tree) {
    if (content) {
      const isLink = mode === '120000';
      const data = isLink ? Buffer.alloc(0) : content;
      const header = Buffer.alloc(BLOCK);
      new Header({
        path: `demo-infra-abcdef0/${path}`,
        linkpath: isLink ? content.toString() : undefined,
        type: isLink ? 'SymbolicLink' : 'File',
        mode: 0o664,
        size: data.length,
        mtime: new Date(0),
      }).encode(header, 0);
      parts.push(
        header,
        data,
        Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK),
      );
    }
  }
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}
