import {
  createMockDirectory,
  mockServices,
  registerMswTestHooks,
} from '@backstage/backend-test-utils';
import {
  DefaultGithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { create } from 'tar';
import { GithubRepository } from './GithubRepository';

const API = 'https://api.github.test/repos/demo/gitops-infra';
const HEAD = 'a'.repeat(40);
const COMMIT = 'b'.repeat(40);
const OTHER = 'c'.repeat(40);
const BRANCH = 'gitops/promote/demo/stage/0123456789ab';

const ref = (sha: string) => ({ ref: 'refs/heads/x', object: { sha } });
const pull = {
  number: 7,
  html_url: 'https://github.test/demo/gitops-infra/pull/7',
  state: 'open',
  merged_at: null,
  merge_commit_sha: OTHER,
  head: { sha: COMMIT, ref: BRANCH },
};

describe('GithubRepository', () => {
  const server = setupServer();
  registerMswTestHooks(server);

  function createRepository() {
    const integrations = ScmIntegrations.fromConfig(
      mockServices.rootConfig({
        data: {
          integrations: {
            github: [
              {
                host: 'github.test',
                apiBaseUrl: 'https://api.github.test',
                token: 'a-secret-token',
              },
            ],
          },
        },
      }),
    );
    return new GithubRepository({
      repository: {
        url: 'https://github.test/demo/gitops-infra',
        owner: 'demo',
        name: 'gitops-infra',
        branch: 'main',
      },
      integrations,
      credentials:
        DefaultGithubCredentialsProvider.fromIntegrations(integrations),
    });
  }

  it('wants an integration for the host', () => {
    const integrations = ScmIntegrations.fromConfig(
      mockServices.rootConfig({ data: {} }),
    );
    expect(
      () =>
        new GithubRepository({
          repository: {
            url: 'https://ghe.example.net/demo/gitops-infra',
            owner: 'demo',
            name: 'gitops-infra',
            branch: 'main',
          },
          integrations,
          credentials:
            DefaultGithubCredentialsProvider.fromIntegrations(integrations),
        }),
    ).toThrow(
      'There is no GitHub integration for https://ghe.example.net/demo/gitops-infra; add its host to integrations.github',
    );
  });

  describe('the head of the branch', () => {
    it('is asked for conditionally once it is known', async () => {
      const asked: (string | null)[] = [];
      server.use(
        http.get(`${API}/git/ref/heads%2Fmain`, ({ request }) => {
          asked.push(request.headers.get('if-none-match'));
          return request.headers.get('if-none-match') === '"one"'
            ? new HttpResponse(null, { status: 304 })
            : HttpResponse.json(ref(HEAD), { headers: { etag: '"one"' } });
        }),
      );
      const repository = createRepository();
      await expect(repository.head()).resolves.toBe(HEAD);
      await expect(repository.head()).resolves.toBe(HEAD);
      expect(asked).toEqual([null, '"one"']);
    });
  });

  it('asks for labels and reviewers, and for a draft where it is to be one', async () => {
    const sent: unknown[] = [];
    const keep = async ({ request }: { request: Request }) => {
      sent.push(await request.json());
      return HttpResponse.json(pull, { status: 201 });
    };
    server.use(
      http.post(`${API}/issues/7/labels`, keep),
      http.post(`${API}/pulls/7/requested_reviewers`, keep),
      http.post(`${API}/pulls`, keep),
    );
    const repository = createRepository();
    await repository.addLabels(7, ['gitops']);
    await repository.requestReviewers(7, {
      reviewers: ['ann'],
      teamReviewers: ['ops'],
    });
    await repository.openPullRequest({
      branch: BRANCH,
      title: 't',
      body: 'b',
      draft: true,
    });
    expect(sent).toEqual([
      { labels: ['gitops'] },
      { reviewers: ['ann'], team_reviewers: ['ops'] },
      { head: BRANCH, base: 'main', title: 't', body: 'b', draft: true },
    ]);
  });

  describe('the status of a pull request', () => {
    const SHA = `${API}/commits/${COMMIT}`;
    const etagged =
      (asked: string[], data: object) =>
      ({ request }: { request: Request }) => {
        const known = request.headers.get('if-none-match');
        asked.push(
          `${new URL(request.url).pathname.split('/').at(-1)} ${known}`,
        );
        return known === '"1"'
          ? new HttpResponse(null, { status: 304 })
          : HttpResponse.json(data, { headers: { etag: '"1"' } });
      };

    it('counts checks and reviews, and asks next time whether they changed', async () => {
      const asked: string[] = [];
      server.use(
        http.get(
          `${API}/pulls/7`,
          etagged(asked, { ...pull, mergeable_state: 'blocked' }),
        ),
        http.get(
          `${SHA}/check-runs`,
          etagged(asked, {
            total_count: 1,
            check_runs: [{ status: 'completed', conclusion: 'failure' }],
          }),
        ),
        http.get(
          `${SHA}/status`,
          etagged(asked, { statuses: [{ state: 'success' }] }),
        ),
        http.get(
          `${API}/pulls/7/reviews`,
          etagged(asked, [{ state: 'APPROVED', user: { login: 'ann' } }]),
        ),
      );
      const repository = createRepository();
      const look = async () =>
        repository.statusOf(await repository.pullRequest(7));
      const status = {
        mergeability: 'blocked',
        checks: { passed: 1, failing: 1, pending: 0 },
        reviews: { approved: 1, changesRequested: 0 },
      };
      await expect(look()).resolves.toEqual(status);
      expect(asked.splice(0).every(text => text.endsWith(' null'))).toBe(true);
      await expect(look()).resolves.toEqual(status);
      expect(asked.sort()).toEqual([
        '7 "1"',
        'check-runs "1"',
        'reviews "1"',
        'status "1"',
      ]);
    });

    it('leaves out what the integration may not read', async () => {
      const no = () =>
        HttpResponse.json(
          { message: 'Resource not accessible' },
          { status: 403 },
        );
      server.use(
        http.get(`${API}/pulls/7`, () => HttpResponse.json(pull)),
        http.get(`${SHA}/check-runs`, no),
        http.get(`${SHA}/status`, no),
        http.get(`${API}/pulls/7/reviews`, () => HttpResponse.json([])),
      );
      const repository = createRepository();
      await expect(
        repository.statusOf(await repository.pullRequest(7)),
      ).resolves.toEqual({
        mergeability: 'unknown',
        reviews: { approved: 0, changesRequested: 0 },
      });
    });
  });

  describe('the history of a file', () => {
    const PATH = 'apps/demo/overlays/stage/kustomization.yaml';

    it('is a list of commits that is asked for once for each head', async () => {
      const asked: string[] = [];
      server.use(
        http.get(`${API}/commits`, ({ request }) => {
          const { searchParams } = new URL(request.url);
          asked.push(
            ['sha', 'path', 'per_page']
              .map(name => searchParams.get(name))
              .join(' '),
          );
          return HttpResponse.json(
            [
              {
                sha: COMMIT,
                html_url: 'https://github.test/commit',
                commit: {
                  message: 'Title\n\nBody',
                  author: { name: 'Octo', date: '2026-11-24T00:00:00Z' },
                },
                author: { login: 'octocat' },
                parents: [],
              },
            ],
            { headers: { link: '<https://next>; rel="next"' } },
          );
        }),
      );
      const repository = createRepository();
      for (let look = 0; look < 2; look++) {
        await expect(repository.commitsOf(PATH, HEAD, 20)).resolves.toEqual({
          commits: [
            {
              sha: COMMIT,
              title: 'Title',
              message: 'Title\n\nBody',
              author: 'octocat',
              authoredAt: '2026-11-24T00:00:00Z',
              url: 'https://github.test/commit',
            },
          ],
          complete: false,
        });
      }
      expect(asked).toEqual([`${HEAD} ${PATH} 20`]);
    });

    it.each([
      ['its text', () => HttpResponse.text('a: "é"\r\n'), 'a: "é"\r\n'],
      [
        'nothing where it is not there',
        () => HttpResponse.json({ message: 'Not Found' }, { status: 404 }),
        undefined,
      ],
      [
        'nothing where it is too large',
        () => HttpResponse.text('x'.repeat(600_000)),
        undefined,
      ],
    ])(
      'has at a commit %s, which is asked for once',
      async (_, reply, text) => {
        let asked = 0;
        server.use(
          http.get(`${API}/contents/${encodeURIComponent(PATH)}`, () => {
            asked += 1;
            return reply();
          }),
        );
        const repository = createRepository();
        await expect(repository.fileAt(COMMIT, PATH)).resolves.toBe(text);
        await expect(repository.fileAt(COMMIT, PATH)).resolves.toBe(text);
        expect(asked).toBe(1);
      },
    );
  });

  describe('the archive', () => {
    const archive = async (files: Record<string, string>) => {
      const directory = createMockDirectory();
      directory.setContent({ 'demo-gitops-infra-bbbbbbb': files });
      const chunks: Buffer[] = [];
      const packed = create({ gzip: true, cwd: directory.path }, [
        'demo-gitops-infra-bbbbbbb',
      ]);
      for await (const chunk of packed) {
        chunks.push(Buffer.from(chunk));
      }
      return Buffer.concat(chunks);
    };

    it('comes from where GitHub says, which never sees the token', async () => {
      const content = await archive({
        'apps/a.yaml': 'a: é\r\n',
        'README.md': 'no',
      });
      const authorizations: (string | null)[] = [];
      server.use(
        http.get(`${API}/tarball/${COMMIT}`, ({ request }) => {
          authorizations.push(request.headers.get('authorization'));
          return HttpResponse.redirect('https://codeload.test/archive', 302);
        }),
        http.get('https://codeload.test/archive', ({ request }) => {
          authorizations.push(request.headers.get('authorization'));
          return new HttpResponse(content, {
            headers: { 'content-type': 'application/x-gzip' },
          });
        }),
      );
      await expect(
        createRepository().archive(COMMIT, path => path.startsWith('apps/')),
      ).resolves.toEqual(new Map([['apps/a.yaml', Buffer.from('a: é\r\n')]]));
      expect(authorizations).toEqual(['token a-secret-token', null]);
    });

    it.each([
      ['no archive', async () => Buffer.from('<html>')],
      [
        'cut short',
        async () =>
          (await archive({ 'apps/a.yaml': 'x'.repeat(5_000) })).subarray(0, 60),
      ],
    ])('is not taken when it is %s', async (_, content) => {
      const body = await content();
      server.use(
        http.get(
          `${API}/tarball/${COMMIT}`,
          () =>
            new HttpResponse(body, {
              headers: { 'content-type': 'application/x-gzip' },
            }),
        ),
      );
      await expect(
        createRepository().archive(COMMIT, () => true),
      ).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    });
  });

  describe('a failure', () => {
    const reset = Math.floor(Date.parse('2026-11-24T01:00:00Z') / 1000);
    it.each<{
      answer: string;
      status: number;
      headers?: Record<string, string>;
      message: string;
      name: string;
      says: string;
    }>([
      {
        answer: 'a refused token',
        status: 401,
        message: 'Bad credentials',
        name: 'ServiceUnavailableError',
        says: 'GitHub refuses the token for demo/gitops-infra (401); give a valid one in integrations.github',
      },
      {
        answer: 'a missing right',
        status: 403,
        message: 'Resource not accessible by integration',
        name: 'ServiceUnavailableError',
        says: '403: Resource not accessible by integration',
      },
      {
        answer: 'the rate limit',
        status: 403,
        headers: {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': `${reset}`,
        },
        message: 'API rate limit exceeded',
        name: 'ServiceUnavailableError',
        says: 'rate limit is reached; try again after 2026-11-24T01:00:00.000Z',
      },
      {
        answer: 'the secondary rate limit',
        status: 403,
        headers: { 'retry-after': '30' },
        message: 'You have exceeded a secondary rate limit',
        name: 'ServiceUnavailableError',
        says: 'rate limit is reached; try again in 30 s',
      },
      {
        answer: 'a missing repository or branch',
        status: 404,
        message: 'Not Found',
        name: 'NotFoundError',
        says: 'check the repository, the branch, and that the token may see them',
      },
      {
        answer: 'a conflict',
        status: 409,
        message: 'Git Repository is empty.',
        name: 'ConflictError',
        says: '409: Git Repository is empty.',
      },
      {
        answer: 'a failed validation',
        status: 422,
        message: 'Validation Failed',
        name: 'InputError',
        says: '422: Validation Failed',
      },
      {
        answer: 'a broken GitHub',
        status: 502,
        message: 'Server Error',
        name: 'ServiceUnavailableError',
        says: 'GitHub failed (502) when asked to read the branch main in demo/gitops-infra',
      },
    ])(
      'by $answer ($status) says what to do, without the token',
      async ({ status, headers, message, name, says }) => {
        server.use(
          http.get(`${API}/git/ref/heads%2Fmain`, () =>
            HttpResponse.json({ message }, { status, headers }),
          ),
        );
        const error = await createRepository()
          .head()
          .catch(thrown => thrown);
        expect(error.name).toBe(name);
        expect(error.message).toContain(says);
        expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(
          'a-secret-token',
        );
      },
    );

    it('without any answer is an upstream that is away', async () => {
      server.use(
        http.get(`${API}/git/ref/heads%2Fmain`, () => HttpResponse.error()),
      );
      await expect(createRepository().head()).rejects.toMatchObject({
        name: 'ServiceUnavailableError',
        message: expect.stringContaining(
          'GitHub did not answer when asked to read the branch main',
        ),
      });
    });
  });

  it('tells files, folders, links and submodules of a tree apart', async () => {
    const entry = { sha: COMMIT, size: 10 };
    const asked: string[] = [];
    server.use(
      http.get(`${API}/git/trees/${HEAD}`, ({ request }) => {
        asked.push(new URL(request.url).search);
        return HttpResponse.json({
          sha: HEAD,
          truncated: asked.length > 1,
          tree: [
            { path: 'apps', sha: COMMIT, type: 'tree', mode: '040000' },
            { ...entry, path: 'apps/a.yaml', type: 'blob', mode: '100644' },
            { ...entry, path: 'apps/run.yaml', type: 'blob', mode: '100755' },
            { ...entry, path: 'apps/link.yaml', type: 'blob', mode: '120000' },
            {
              path: 'apps/module',
              sha: COMMIT,
              type: 'commit',
              mode: '160000',
            },
          ],
        });
      }),
    );
    const repository = createRepository();
    await expect(repository.tree(HEAD, { recursive: true })).resolves.toEqual({
      truncated: false,
      entries: [
        { path: 'apps', kind: 'folder', sha: COMMIT, size: 0 },
        { path: 'apps/a.yaml', kind: 'file', ...entry },
        { path: 'apps/run.yaml', kind: 'file', ...entry },
        { path: 'apps/link.yaml', kind: 'symlink', ...entry },
        { path: 'apps/module', kind: 'submodule', sha: COMMIT, size: 0 },
      ],
    });
    await expect(
      repository.tree(HEAD, { recursive: false }),
    ).resolves.toMatchObject({ truncated: true });
    expect(asked).toEqual(['?recursive=true', '']);
  });

  describe('a branch that is there already', () => {
    const branchPath = encodeURIComponent(`heads/${BRANCH}`);
    function givenBranchAt(sha: string, aheadBy: number) {
      const moved: unknown[] = [];
      server.use(
        http.post(`${API}/git/refs`, () =>
          HttpResponse.json(
            { message: 'Reference already exists' },
            { status: 422 },
          ),
        ),
        http.get(`${API}/git/ref/${branchPath}`, () =>
          HttpResponse.json(ref(sha)),
        ),
        http.get(`${API}/compare/main...${sha}`, () =>
          HttpResponse.json({ ahead_by: aheadBy, behind_by: 3 }),
        ),
        http.patch(`${API}/git/refs/${branchPath}`, async ({ request }) => {
          moved.push(await request.json());
          return HttpResponse.json(ref(COMMIT));
        }),
      );
      return moved;
    }

    it('is taken when it points at the commit', async () => {
      const moved = givenBranchAt(COMMIT, 1);
      await createRepository().createBranch(BRANCH, COMMIT);
      expect(moved).toEqual([]);
    });

    it('is moved when the deployed branch has all of it', async () => {
      const moved = givenBranchAt(OTHER, 0);
      await createRepository().createBranch(BRANCH, COMMIT);
      expect(moved).toEqual([{ sha: COMMIT, force: true }]);
    });

    it('is moved when its head is what an earlier promotion left behind', async () => {
      const moved = givenBranchAt(OTHER, 1);
      await createRepository().createBranch(
        BRANCH,
        COMMIT,
        async commit => commit === OTHER,
      );
      expect(moved).toEqual([{ sha: COMMIT, force: true }]);
    });

    it('is left alone when somebody pushed to it', async () => {
      const moved = givenBranchAt(OTHER, 1);
      await expect(
        createRepository().createBranch(BRANCH, COMMIT),
      ).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining('has commits that are not in main'),
      });
      expect(moved).toEqual([]);
    });
  });

  describe('a branch that is moved forward', () => {
    const branchPath = encodeURIComponent(`heads/${BRANCH}`);
    it.each([
      ['goes there, never by force', 200, undefined, undefined],
      ['is there already', 422, COMMIT, undefined],
      [
        'is left alone when somebody pushed to it',
        422,
        OTHER,
        'Somebody pushed to',
      ],
      ['is said to be gone', 404, undefined, 'is gone'],
    ])('%s', async (_, status, at, message) => {
      const bodies: unknown[] = [];
      server.use(
        http.patch(`${API}/git/refs/${branchPath}`, async ({ request }) => {
          bodies.push(await request.json());
          return HttpResponse.json(
            status === 200 ? ref(COMMIT) : { message: 'no fast forward' },
            { status },
          );
        }),
        http.get(`${API}/git/ref/${branchPath}`, () =>
          at
            ? HttpResponse.json(ref(at))
            : HttpResponse.json({ message: 'Not Found' }, { status: 404 }),
        ),
      );
      const refused = await createRepository()
        .moveBranch(BRANCH, COMMIT)
        .catch(error => error);
      expect(refused?.name).toBe(message && 'ConflictError');
      expect(refused?.message ?? '').toContain(message ?? '');
      expect(bodies).toEqual([{ sha: COMMIT, force: false }]);
    });
  });

  it('deletes a branch only while it points at the commit', async () => {
    const branchPath = encodeURIComponent(`heads/${BRANCH}`);
    let at = OTHER;
    const deleted: string[] = [];
    server.use(
      http.get(`${API}/git/ref/${branchPath}`, () =>
        HttpResponse.json(ref(at)),
      ),
      http.delete(`${API}/git/refs/${branchPath}`, () => {
        deleted.push(at);
        return new HttpResponse(null, { status: 204 });
      }),
    );
    await createRepository().deleteBranch(BRANCH, COMMIT);
    at = COMMIT;
    await createRepository().deleteBranch(BRANCH, COMMIT);
    expect(deleted).toEqual([COMMIT]);
  });

  describe('a pull request', () => {
    it('that is open for the branch is found instead of a second one', async () => {
      server.use(
        http.post(`${API}/pulls`, () =>
          HttpResponse.json(
            {
              message: 'Validation Failed',
              errors: [
                {
                  message: `A pull request already exists for demo:${BRANCH}.`,
                },
              ],
            },
            { status: 422 },
          ),
        ),
        http.get(`${API}/pulls`, () => HttpResponse.json([pull])),
      );
      await expect(
        createRepository().openPullRequest({
          branch: BRANCH,
          title: 'title',
          body: 'body',
        }),
      ).resolves.toEqual({
        number: 7,
        url: pull.html_url,
        state: 'open',
        merged: false,
        draft: false,
        mergeability: 'unknown',
        headCommit: COMMIT,
        // The trial merge that GitHub names before the merge is no merge commit.
        mergeCommit: undefined,
        mergedAt: undefined,
        mergedBy: undefined,
      });
    });

    it.each([
      ['the open one', undefined, 'open', 7],
      ['the open one before one that ended with the commit', OTHER, 'all', 7],
      ['the one that ended with the commit', OTHER, 'all', 5],
    ])('is found: %s', async (_, commit, asked, number) => {
      const ended = {
        ...pull,
        number: 5,
        state: 'closed',
        head: { sha: OTHER, ref: BRANCH },
      };
      server.use(
        http.get(`${API}/pulls`, ({ request }) => {
          expect(new URL(request.url).searchParams.get('state')).toBe(asked);
          return HttpResponse.json(number === 5 ? [ended] : [ended, pull]);
        }),
      );
      await expect(
        createRepository().findPullRequest(BRANCH, commit),
      ).resolves.toMatchObject({ number });
    });

    it('is merged at the reviewed commit and no other', async () => {
      const bodies: unknown[] = [];
      server.use(
        http.put(`${API}/pulls/7/merge`, async ({ request }) => {
          bodies.push(await request.json());
          return HttpResponse.json({ sha: OTHER, merged: true });
        }),
      );
      await expect(createRepository().merge(7, COMMIT)).resolves.toBe(OTHER);
      await createRepository().merge(7, COMMIT, 'squash');
      expect(bodies).toEqual([
        { sha: COMMIT, merge_method: 'merge' },
        { sha: COMMIT, merge_method: 'squash' },
      ]);
    });

    it('is given another text, and closed', async () => {
      const bodies: unknown[] = [];
      server.use(
        http.patch(`${API}/pulls/7`, async ({ request }) => {
          bodies.push(await request.json());
          return HttpResponse.json(pull);
        }),
      );
      const text = { title: 'title', body: 'body' };
      await createRepository().updatePullRequest(7, text);
      await createRepository().closePullRequest(7);
      expect(bodies).toEqual([text, { state: 'closed' }]);
    });

    it.each([
      [405, 'Pull Request is not mergeable'],
      [409, 'Head branch was modified. Review and try the merge again.'],
    ])('that cannot be merged (%s) says why', async (status, message) => {
      server.use(
        http.put(`${API}/pulls/7/merge`, () =>
          HttpResponse.json({ message }, { status }),
        ),
      );
      await expect(createRepository().merge(7, COMMIT)).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining(message),
      });
    });
  });
});
