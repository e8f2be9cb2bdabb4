import { registerMswTestHooks } from '@backstage/backend-test-utils';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import {
  API,
  BRANCH,
  COMMIT,
  createMockedRepository,
  mockedGithub,
  OTHER,
} from '../__testUtils__/mockedGithub';
import { createPullRequests } from './createPullRequests';
import { GithubConnection } from './GithubConnection';

const pull = {
  number: 7,
  html_url: 'https://github.test/demo/gitops-infra/pull/7',
  state: 'open',
  merged_at: null,
  merge_commit_sha: OTHER,
  head: { sha: COMMIT, ref: BRANCH },
  base: { ref: 'main' },
};

describe('pull requests', () => {
  const server = setupServer();
  registerMswTestHooks(server);

  describe('a pull request', () => {
    it('that is open for the branch is taken instead of a second one, with what it says by now', async () => {
      const written: unknown[] = [];
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
        http.patch(`${API}/pulls/7`, async ({ request }) => {
          written.push(await request.json());
          return HttpResponse.json(pull);
        }),
      );
      await expect(
        createMockedRepository().openPullRequest({
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
        elsewhere: undefined,
        // The trial merge that GitHub names before the merge is no merge commit.
        mergeCommit: undefined,
        mergedAt: undefined,
        mergedBy: undefined,
      });
      expect(written).toEqual([]);
    });

    it.each([
      ['none, in one call, where there is no such branch', [], undefined, 0],
      ['none where a branch was left behind', [BRANCH], undefined, 1],
      ['one that is open', [`${BRANCH}0`, BRANCH], 7, 2],
    ])(
      'is looked for among branches that begin so: %s',
      async (_, branches, number, looks) => {
        const looked: (string | null)[] = [];
        server.use(
          http.get(
            `${API}/git/matching-refs/${encodeURIComponent(
              'heads/gitops/promote/demo/stage/',
            )}`,
            () =>
              HttpResponse.json(
                branches.map(branch => ({ ref: `refs/heads/${branch}` })),
              ),
          ),
          http.get(`${API}/pulls`, ({ request }) => {
            const head = new URL(request.url).searchParams.get('head');
            looked.push(head);
            return HttpResponse.json(
              number && head === `demo:${BRANCH}` ? [pull] : [],
            );
          }),
        );
        const found = await createMockedRepository().findOpenPullRequest(
          'gitops/promote/demo/stage/',
        );
        expect(found?.number).toBe(number);
        expect(looked).toHaveLength(looks);
      },
    );

    it.each([
      ['the open one before one that ended', [8, 7, 5], 7],
      ['the newest where all have ended', [8, 5], 8],
    ])('is found: %s', async (_, numbers, found) => {
      server.use(
        http.get(`${API}/pulls`, ({ request }) => {
          const asked = new URL(request.url).searchParams;
          expect([...asked]).toEqual(
            expect.arrayContaining([
              ['state', 'all'],
              ['head', `demo:${BRANCH}`],
              ['base', 'main'],
              ['sort', 'created'],
              ['direction', 'desc'],
            ]),
          );
          return HttpResponse.json(
            numbers.map(number =>
              number === 7 ? pull : { ...pull, number, state: 'closed' },
            ),
          );
        }),
      );
      await expect(
        createMockedRepository().findPullRequest(BRANCH),
      ).resolves.toMatchObject({ number: found });
    });

    it.each([
      ['main', undefined],
      ['release', 'release'],
    ])('into %s goes elsewhere: %s', async (ref, elsewhere) => {
      server.use(
        http.get(`${API}/pulls/7`, () =>
          HttpResponse.json({ ...pull, base: { ref } }),
        ),
      );
      expect((await createMockedRepository().pullRequest(7)).elsewhere).toBe(
        elsewhere,
      );
    });

    it('is merged at the reviewed commit and no other', async () => {
      const bodies: unknown[] = [];
      server.use(
        http.put(`${API}/pulls/7/merge`, async ({ request }) => {
          bodies.push(await request.json());
          return HttpResponse.json({ sha: OTHER, merged: true });
        }),
      );
      await expect(createMockedRepository().merge(7, COMMIT)).resolves.toBe(
        OTHER,
      );
      await createMockedRepository().merge(7, COMMIT, 'squash');
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
      await createMockedRepository().updatePullRequest(7, text);
      await createMockedRepository().closePullRequest(7);
      expect(bodies).toEqual([text, { state: 'closed' }]);
    });

    describe('that GitHub does not merge', () => {
      const MOVED = 'Base branch was modified. Review and try the merge again.';
      /** Merges where GitHub refuses so many times, and writes down what it is asked for and how long is waited. */
      async function merge(status: number, message: string, refusals: number) {
        const log: unknown[] = [];
        let left = refusals;
        server.use(
          http.put(`${API}/pulls/7/merge`, async ({ request }) => {
            log.push(await request.json());
            left -= 1;
            return left < 0
              ? HttpResponse.json({ sha: OTHER, merged: true })
              : HttpResponse.json({ message }, { status });
          }),
        );
        const pulls = createPullRequests(
          new GithubConnection(mockedGithub()),
          async ms => log.push(ms),
        );
        const outcome = await pulls
          .merge(7, COMMIT, 'squash')
          .catch(error => error);
        return { outcome, log };
      }
      const asked = { sha: COMMIT, merge_method: 'squash' };

      it.each([
        [405, 'Pull Request is not mergeable'],
        [405, 'At least 1 approving review is required'],
        [409, 'Head branch was modified. Review and try the merge again.'],
      ])('as it stands (%s: %s) says why', async (status, message) => {
        const { outcome, log } = await merge(status, message, 1);
        expect(outcome).toMatchObject({
          name: 'ConflictError',
          message: expect.stringContaining(message),
        });
        expect(log).toEqual([asked]);
      });

      it('because another one was merged a moment before is tried again, at the reviewed commit', async () => {
        const { outcome, log } = await merge(405, MOVED, 2);
        expect(outcome).toBe(OTHER);
        expect(log).toEqual([asked, 1_000, asked, 3_000, asked]);
      });

      it('because others are merged all the time says so in the end', async () => {
        const { outcome, log } = await merge(405, MOVED, 3);
        expect(outcome).toMatchObject({
          name: 'ConflictError',
          message: expect.stringContaining(MOVED),
        });
        expect(log).toHaveLength(5);
      });
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
    const repository = createMockedRepository();
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
      const repository = createMockedRepository();
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
      const repository = createMockedRepository();
      await expect(
        repository.statusOf(await repository.pullRequest(7)),
      ).resolves.toEqual({
        mergeability: 'unknown',
        reviews: { approved: 0, changesRequested: 0 },
      });
    });
  });
});
