import { createHash } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from '../github/PullRequests';
import { readJson, sendJson, tokenOf, urlOf } from '../http/messages';
import { BOT, REPOSITORY, TOKEN } from '../identity';
import { EstatePull, EstateRepository } from './EstateRepository';
import { GitCommit, isFolder } from './GitObjects';

const PREFIX = `/repos/${REPOSITORY.owner}/${REPOSITORY.name}`;

// As GitHub's: what is larger comes cut short.
const MAX_TREE_ENTRIES = 100_000;
const MAX_COMPARED_FILES = 300;
const RATE_LIMIT = 5_000;
const RATE_WINDOW_MS = 3_600_000;
const USER = { login: BOT.login, id: 1, type: 'User' };

type Json = Record<string, unknown>;

interface Call {
  params: Record<string, string>;
  query: URLSearchParams;
  body: Json;
  accept: string;
}

/** An answer: JSON, or a body of another type. */
type Answer =
  | { status?: number; json: unknown }
  | { status?: number; content: Buffer; type: string };

interface Route {
  method: string;
  /** Below the repository; the last parameter of a path may hold slashes. */
  path: string;
  pattern: RegExp;
  answer: (github: EstateGithub, call: Call) => Answer | Promise<Answer>;
}

/** GitHub's REST API over the repository of an estate, as far as an infra repository's reader and promoter use it. */
export class EstateGithub {
  readonly repository: EstateRepository;
  readonly #url: string;
  #remaining = RATE_LIMIT;
  #resetAt = Date.now() + RATE_WINDOW_MS;

  /** @param url - where the stand-in answers, for the addresses in its answers */
  constructor(repository: EstateRepository, url: string) {
    this.repository = repository;
    this.#url = url;
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const url = urlOf(request);
    const found = findRoute(request.method ?? 'GET', url.pathname);
    const body = await readJson(request);
    try {
      if (tokenOf(request) !== TOKEN) {
        throw new Refusal(401, 'Bad credentials');
      }
      if (!found) {
        throw new Refusal(404, 'Not Found');
      }
      const answer = await found.route.answer(this, {
        params: found.params,
        query: url.searchParams,
        body,
        accept: request.headers.accept ?? '',
      });
      this.#send(request, response, answer);
    } catch (error) {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      const { status, message, errors } = error;
      sendJson(
        response,
        status,
        { message, errors, status: String(status) },
        this.#limits(true),
      );
    }
  }

  /** The page of the repository, or of something in it. */
  page(rest: string): string {
    return `${this.#url}/${REPOSITORY.owner}/${REPOSITORY.name}${rest}`;
  }

  api(rest: string): string {
    return `${this.#url}${PREFIX}${rest}`;
  }

  /** @throws Refusal where there is no such commit */
  commitOf(ref: string, status = 404): { sha: string } & GitCommit {
    const sha = this.repository.resolve(ref);
    const commit = sha && this.repository.objects.commit(sha);
    if (!sha || !commit) {
      throw new Refusal(status, status === 404 ? 'Not Found' : 'Bad ref');
    }
    return { sha, ...commit };
  }

  #send(
    request: IncomingMessage,
    response: ServerResponse,
    answer: Answer,
  ): void {
    const { status = 200 } = answer;
    const content =
      'json' in answer
        ? Buffer.from(status === 204 ? '' : JSON.stringify(answer.json))
        : answer.content;
    const type =
      'json' in answer ? 'application/json; charset=utf-8' : answer.type;
    const etag = `W/"${createHash('sha1').update(content).digest('hex')}"`;
    const cacheable = request.method === 'GET' && status === 200;
    // Weak or strong, a tag is compared by what it says.
    const known = request.headers['if-none-match']?.replace(/^W\//, '');
    if (cacheable && known === etag.replace(/^W\//, '')) {
      response.writeHead(304, { etag, ...this.#limits(false) });
      response.end();
      return;
    }
    response.writeHead(status, {
      'content-type': type,
      'content-length': content.length,
      ...(cacheable && { etag }),
      ...this.#limits(true),
    });
    response.end(content);
  }

  // An answer of 304 is free.
  #limits(costs: boolean): Record<string, string> {
    if (Date.now() > this.#resetAt) {
      this.#remaining = RATE_LIMIT;
      this.#resetAt = Date.now() + RATE_WINDOW_MS;
    }
    this.#remaining = Math.max(this.#remaining - (costs ? 1 : 0), 0);
    return {
      'x-ratelimit-limit': String(RATE_LIMIT),
      'x-ratelimit-remaining': String(this.#remaining),
      'x-ratelimit-reset': String(Math.ceil(this.#resetAt / 1000)),
      'x-ratelimit-resource': 'core',
    };
  }
}

function route(
  methodAndPath: string,
  answer: (github: EstateGithub, call: Call) => Answer | Promise<Answer>,
): Route {
  const [method, path = ''] = methodAndPath.split(' ');
  const pattern = path.replace(/\{(\w+)\}/g, (_, name) =>
    name === 'number' ? `(?<${name}>\\d+)` : `(?<${name}>.+?)`,
  );
  return { method, path, pattern: new RegExp(`^${pattern}$`), answer };
}

const json = (value: unknown, status?: number): Answer => ({
  json: value,
  status,
});

// Of routes that fit, the first answers.
const ROUTES: Route[] = [
  route('GET ', github =>
    json({
      name: REPOSITORY.name,
      full_name: `${REPOSITORY.owner}/${REPOSITORY.name}`,
      html_url: github.page(''),
      default_branch: REPOSITORY.branch,
      private: true,
    }),
  ),
  route('GET /git/ref/{ref}', (github, { params }) => {
    const branch = params.ref.replace(/^heads\//, '');
    const sha = github.repository.branchHead(branch);
    if (!sha) {
      throw new Refusal(404, 'Not Found');
    }
    return json(refJson(github, branch, sha));
  }),
  route('GET /git/matching-refs/{ref}', (github, { params }) =>
    json(
      [...github.repository.branches]
        .filter(([branch]) => `heads/${branch}`.startsWith(params.ref))
        .map(([branch, sha]) => refJson(github, branch, sha)),
    ),
  ),
  route('POST /git/refs', (github, { body }) => {
    const branch = String(body.ref).replace(/^refs\/heads\//, '');
    if (github.repository.branchHead(branch)) {
      throw new Refusal(422, 'Reference already exists');
    }
    const { sha } = github.commitOf(String(body.sha), 422);
    github.repository.setBranch(branch, sha);
    return json(refJson(github, branch, sha), 201);
  }),
  route('PATCH /git/refs/{ref}', (github, { params, body }) => {
    const branch = params.ref.replace(/^heads\//, '');
    const head = github.repository.branchHead(branch);
    const { sha } = github.commitOf(String(body.sha), 422);
    if (!head) {
      throw new Refusal(422, 'Reference does not exist');
    }
    if (!body.force && github.repository.compare(head, sha).behindBy > 0) {
      throw new Refusal(422, 'Update is not a fast forward');
    }
    github.repository.setBranch(branch, sha);
    return json(refJson(github, branch, sha));
  }),
  route('DELETE /git/refs/{ref}', (github, { params }) => {
    github.repository.setBranch(params.ref.replace(/^heads\//, ''), undefined);
    return json(undefined, 204);
  }),
  route('GET /branches/{branch}', (github, { params }) => {
    const { sha, ...commit } = github.commitOf(params.branch);
    return json({
      name: params.branch,
      commit: commitJson(github, sha, commit),
      protected: false,
    });
  }),
  route('GET /git/trees/{sha}', (github, { params, query }) =>
    json(treeJson(github, params.sha, query.has('recursive'))),
  ),
  route('POST /git/trees', (github, { body }) => {
    const { objects } = github.repository;
    const changes = new Map(
      (body.tree as Json[]).map(entry => [
        String(entry.path),
        typeof entry.content === 'string'
          ? objects.writeBlob(Buffer.from(entry.content))
          : (entry.sha as string | null),
      ]),
    );
    const base = body.base_tree
      ? treeOf(github, String(body.base_tree))
      : undefined;
    const sha = objects.writeTree(base, changes);
    return json(treeJson(github, sha, false), 201);
  }),
  route('GET /git/blobs/{sha}', (github, { params }) => {
    const content = github.repository.objects.blob(params.sha);
    if (!content) {
      throw new Refusal(404, 'Not Found');
    }
    return json({
      sha: params.sha,
      size: content.length,
      encoding: 'base64',
      content: content.toString('base64'),
    });
  }),
  route('POST /git/blobs', (github, { body }) => {
    const encoding = body.encoding === 'base64' ? 'base64' : 'utf8';
    const sha = github.repository.objects.writeBlob(
      Buffer.from(String(body.content), encoding),
    );
    return json({ sha, url: github.api(`/git/blobs/${sha}`) }, 201);
  }),
  route('GET /git/commits/{sha}', (github, { params }) => {
    const { sha, ...commit } = github.commitOf(params.sha);
    return json(gitCommitJson(github, sha, commit));
  }),
  route('POST /git/commits', (github, { body }) => {
    const author = (body.author ?? BOT) as { name: string; email: string };
    const sha = github.repository.objects.writeCommit({
      tree: treeOf(github, String(body.tree)),
      parents: (body.parents as string[]) ?? [],
      author: { name: author.name, email: author.email, date: new Date() },
      message: String(body.message),
    });
    const { sha: _sha, ...commit } = github.commitOf(sha);
    return json(gitCommitJson(github, sha, commit), 201);
  }),
  route('GET /commits', (github, { query }) => {
    const path = query.get('path') ?? '';
    const { objects } = github.repository;
    const { sha: from } = github.commitOf(query.get('sha') ?? 'HEAD');
    const touching = objects.ancestry(from).filter(sha => {
      const commit = objects.commit(sha);
      const parent = objects.commit(commit?.parents[0] ?? '');
      const at = (tree?: string) => tree && objects.entryAt(tree, path)?.sha;
      return !path || at(commit?.tree) !== at(parent?.tree);
    });
    const size = Number(query.get('per_page') ?? 30);
    const page = Number(query.get('page') ?? 1);
    return json(
      touching.slice((page - 1) * size, page * size).map(sha => {
        const { sha: _sha, ...commit } = github.commitOf(sha);
        return commitJson(github, sha, commit);
      }),
    );
  }),
  route('GET /commits/{ref}/status', (github, { params }) => {
    const { sha } = github.commitOf(params.ref);
    return json({ sha, state: 'pending', statuses: [], total_count: 0 });
  }),
  route('GET /commits/{ref}/check-runs', () =>
    json({ total_count: 0, check_runs: [] }),
  ),
  route('GET /commits/{ref}/check-suites', () =>
    json({ total_count: 0, check_suites: [] }),
  ),
  route('GET /commits/{ref}/pulls', () => json([])),
  route('GET /commits/{ref}', (github, { params, accept }) => {
    const { sha, ...commit } = github.commitOf(params.ref, 422);
    if (/github(\.v3)?\.sha/.test(accept)) {
      return { content: Buffer.from(sha), type: 'application/vnd.github.sha' };
    }
    const parent = github.repository.objects.commit(commit.parents[0] ?? '');
    return json({
      ...commitJson(github, sha, commit),
      files: filesJson(
        github,
        github.repository.objects.diff(parent?.tree, commit.tree),
      ),
    });
  }),
  route('GET /compare/{basehead}', (github, { params, query }) => {
    const [from, to] = params.basehead.split('...');
    const base = github.commitOf(from);
    const head = github.commitOf(to);
    const { mergeBase, ahead, behindBy, files } = github.repository.compare(
      base.sha,
      head.sha,
    );
    const size = Number(query.get('per_page') ?? 250);
    const page = Number(query.get('page') ?? 1);
    const summary = (sha: string) => {
      const { sha: _sha, ...commit } = github.commitOf(sha);
      return commitJson(github, sha, commit);
    };
    return json({
      status: statusOf(ahead.length, behindBy),
      ahead_by: ahead.length,
      behind_by: behindBy,
      total_commits: ahead.length,
      base_commit: summary(base.sha),
      merge_base_commit: summary(mergeBase),
      commits: ahead.slice((page - 1) * size, page * size).map(summary),
      // The files come with the first page only.
      files: page === 1 ? filesJson(github, files) : [],
    });
  }),
  route('GET /tarball/{ref}', async (github, { params }) => {
    const { sha } = github.commitOf(params.ref);
    return {
      content: await github.repository.archive(sha, archiveFolder(sha)),
      type: 'application/x-gzip',
    };
  }),
  route('GET /contents/{path}', (github, { params, query, accept }) => {
    const { sha: commit } = github.commitOf(query.get('ref') ?? 'HEAD');
    const content = github.repository.readFile(commit, params.path);
    if (!content) {
      throw new Refusal(404, 'Not Found');
    }
    if (/github(\.v3)?\.raw/.test(accept)) {
      return { content, type: 'application/vnd.github.raw; charset=utf-8' };
    }
    const tree = github.commitOf(commit).tree;
    return json({
      type: 'file',
      path: params.path,
      name: params.path.split('/').pop(),
      sha: github.repository.objects.entryAt(tree, params.path)?.sha,
      size: content.length,
      encoding: 'base64',
      content: content.toString('base64'),
      html_url: github.page(`/blob/${commit}/${params.path}`),
    });
  }),
  route('GET /pulls', (github, { query }) => {
    const state = query.get('state') ?? 'open';
    const head = query.get('head')?.replace(/^[^:]*:/, '');
    const base = query.get('base');
    return json(
      github.repository.pulls
        .filter(
          pull =>
            (state === 'all' || pull.state === state) &&
            (!head || pull.branch === head) &&
            (!base || pull.base === base),
        )
        .reverse()
        .slice(0, Number(query.get('per_page') ?? 30))
        .map(pull => pullJson(github, pull)),
    );
  }),
  route('POST /pulls', (github, { body }) => {
    const pull = github.repository.openPull({
      branch: String(body.head).replace(/^[^:]*:/, ''),
      base: String(body.base),
      title: String(body.title),
      body: String(body.body ?? ''),
      draft: body.draft === true,
    });
    return json(pullJson(github, pull), 201);
  }),
  route('PUT /pulls/{number}/merge', (github, { params, body }) => {
    const sha = github.repository.merge(
      Number(params.number),
      typeof body.sha === 'string' ? body.sha : undefined,
    );
    const message = 'Pull Request successfully merged';
    return json({ sha, merged: true, message });
  }),
  route('GET /pulls/{number}/files', (github, { params }) => {
    const pull = github.repository.pull(Number(params.number));
    const base = github.commitOf(pull.base).sha;
    const { files } = github.repository.compare(
      base,
      github.repository.headOfPull(pull),
    );
    return json(filesJson(github, files));
  }),
  route('GET /pulls/{number}/commits', () => json([])),
  route('GET /pulls/{number}/reviews', () => json([])),
  route('POST /pulls/{number}/requested_reviewers', (github, { params }) =>
    json(pullJson(github, github.repository.pull(Number(params.number))), 201),
  ),
  route('GET /pulls/{number}', (github, { params }) =>
    json(pullJson(github, github.repository.pull(Number(params.number)))),
  ),
  route('PATCH /pulls/{number}', (github, { params, body }) => {
    const pull = github.repository.pull(Number(params.number));
    const { title = pull.title, body: text = pull.body } = body;
    Object.assign(pull, { title, body: text });
    if (body.state === 'closed' && pull.state === 'open') {
      pull.closedAt = github.repository.headOfPull(pull);
      pull.state = 'closed';
    }
    return json(pullJson(github, pull));
  }),
  route('POST /issues/{number}/labels', (_github, { body }) =>
    json(((body.labels as string[]) ?? []).map(name => ({ name }))),
  ),
  route('POST /issues/{number}/comments', (_github, { body }) =>
    json({ id: 1, body: body.body, user: USER }, 201),
  ),
];

/** Names the route of a call, for counting. */
export function githubRoute(method: string, path: string): string {
  return `${method} ${findRoute(method, path)?.route.path ?? path}`;
}

function findRoute(method: string, path: string) {
  const below = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : undefined;
  for (const candidate of ROUTES) {
    const match =
      candidate.method === method && candidate.pattern.exec(below ?? '');
    if (match && below !== undefined) {
      const params = Object.fromEntries(
        Object.entries(match.groups ?? {}).map(([name, value]) => [
          name,
          decodeURIComponent(value),
        ]),
      );
      return { route: candidate, params };
    }
  }
  return undefined;
}

/** The one folder of a commit's archive. */
export function archiveFolder(commit: string): string {
  return `${REPOSITORY.owner}-${REPOSITORY.name}-${commit.slice(0, 7)}`;
}

function treeOf(github: EstateGithub, sha: string): string {
  const { objects } = github.repository;
  const tree = objects.tree(sha) ? sha : github.commitOf(sha).tree;
  return tree;
}

function treeJson(github: EstateGithub, ref: string, recursive: boolean): Json {
  const { objects } = github.repository;
  const sha = treeOf(github, ref);
  const entries = recursive
    ? [...objects.walk(sha)]
    : [...(objects.tree(sha) ?? [])].map(([path, entry]) => ({
        path,
        ...entry,
        size: objects.blob(entry.sha)?.length,
      }));
  return {
    sha,
    url: github.api(`/git/trees/${sha}`),
    truncated: entries.length > MAX_TREE_ENTRIES,
    tree: entries.slice(0, MAX_TREE_ENTRIES).map(entry => {
      const type = isFolder(entry) ? 'tree' : 'blob';
      return {
        path: entry.path,
        mode: entry.mode.padStart(6, '0'),
        type,
        sha: entry.sha,
        ...(entry.size !== undefined && { size: entry.size }),
        url: github.api(`/git/${type}s/${entry.sha}`),
      };
    }),
  };
}

function refJson(github: EstateGithub, branch: string, sha: string): Json {
  return {
    ref: `refs/heads/${branch}`,
    url: github.api(`/git/refs/heads/${branch}`),
    object: { sha, type: 'commit', url: github.api(`/git/commits/${sha}`) },
  };
}

function gitCommitJson(
  github: EstateGithub,
  sha: string,
  { tree, parents, author, message }: GitCommit,
): Json {
  const signature = { ...author, date: author.date.toISOString() };
  return {
    sha,
    message,
    author: signature,
    committer: signature,
    tree: { sha: tree, url: github.api(`/git/trees/${tree}`) },
    parents: parents.map(parent => ({ sha: parent })),
    html_url: github.page(`/commit/${sha}`),
  };
}

function commitJson(
  github: EstateGithub,
  sha: string,
  commit: GitCommit,
): Json {
  const { parents, html_url, ...inner } = gitCommitJson(github, sha, commit);
  return {
    sha,
    commit: inner,
    author: USER,
    committer: USER,
    parents,
    html_url,
  };
}

function filesJson(
  { repository }: EstateGithub,
  files: { path: string; before?: string; after?: string }[],
): Json[] {
  const linesOf = (sha: string | undefined) =>
    sha === undefined
      ? []
      : (repository.objects.blob(sha)?.toString('utf8') ?? '')
          .replace(/\n$/, '')
          .split('\n');
  return files.slice(0, MAX_COMPARED_FILES).map(({ path, before, after }) => {
    const changed = after ? 'modified' : 'removed';
    const [removed, added] = [linesOf(before), linesOf(after)];
    return {
      filename: path,
      sha: after ?? before,
      status: before ? changed : 'added',
      additions: added.length,
      deletions: removed.length,
      changes: added.length + removed.length,
      // Without context; what a client makes of it is the same.
      patch: [
        `@@ -${range(removed)} +${range(added)} @@`,
        ...removed.map(line => `-${line}`),
        ...added.map(line => `+${line}`),
      ].join('\n'),
    };
  });
}

function range(lines: string[]): string {
  return lines.length === 0 ? '0,0' : `1,${lines.length}`;
}

function statusOf(ahead: number, behind: number): string {
  if (ahead > 0) {
    return behind > 0 ? 'diverged' : 'ahead';
  }
  return behind > 0 ? 'behind' : 'identical';
}

function pullJson(github: EstateGithub, pull: EstatePull): Json {
  const { number, title, body, draft, state, branch, base } = pull;
  const { owner, name } = REPOSITORY;
  const repo = {
    name,
    full_name: `${owner}/${name}`,
    html_url: github.page(''),
    owner: { login: owner },
  };
  return {
    number,
    html_url: github.page(`/pull/${number}`),
    title,
    body,
    draft,
    state,
    merged: pull.mergedAt !== undefined,
    merged_at: pull.mergedAt ?? null,
    merged_by: pull.mergedAt ? USER : null,
    merge_commit_sha: pull.mergeCommit ?? null,
    mergeable: state === 'open' ? true : null,
    mergeable_state: state === 'open' ? 'clean' : 'unknown',
    user: USER,
    labels: [],
    requested_reviewers: [],
    head: {
      ref: branch,
      label: `${owner}:${branch}`,
      sha: github.repository.headOfPull(pull),
      repo,
    },
    base: {
      ref: base,
      label: `${owner}:${base}`,
      sha: github.commitOf(base).sha,
      repo,
    },
  };
}
