import { registerMswTestHooks } from '@backstage/backend-test-utils';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import {
  API,
  BRANCH,
  COMMIT,
  createMockedRepository,
  OTHER,
  ref,
} from '../__testUtils__/mockedGithub';

describe('branches', () => {
  const server = setupServer();
  registerMswTestHooks(server);

  it('leaves a file executable that a commit writes', async () => {
    const trees: { base_tree?: string; tree?: object[] }[] = [];
    server.use(
      http.get(`${API}/git/commits/${OTHER}`, () =>
        HttpResponse.json({ tree: { sha: 'tree of the base' } }),
      ),
      http.post(`${API}/git/trees`, async ({ request }) => {
        trees.push((await request.json()) as object);
        return HttpResponse.json({ sha: 'tree' }, { status: 201 });
      }),
      http.post(`${API}/git/commits`, () =>
        HttpResponse.json({ sha: COMMIT }, { status: 201 }),
      ),
    );
    const files = [
      { path: 'apps/a.yaml', text: 'a: 1\n' },
      { path: 'apps/b.yaml', text: 'b: 1\n', executable: true },
    ];
    await createMockedRepository().createCommit({
      parents: [OTHER],
      message: 'm',
      files,
    });
    expect(trees).toEqual([
      {
        base_tree: 'tree of the base',
        tree: [
          {
            path: 'apps/a.yaml',
            mode: '100644',
            type: 'blob',
            content: 'a: 1\n',
          },
          {
            path: 'apps/b.yaml',
            mode: '100755',
            type: 'blob',
            content: 'b: 1\n',
          },
        ],
      },
    ]);
  });

  describe('a branch that is there already', () => {
    const branchPath = encodeURIComponent(`heads/${BRANCH}`);
    function givenBranchAt(sha: string) {
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
          HttpResponse.json({ ahead_by: 0, behind_by: 3 }),
        ),
        http.patch(`${API}/git/refs/${branchPath}`, async ({ request }) => {
          moved.push(await request.json());
          return HttpResponse.json(ref(COMMIT));
        }),
      );
      return moved;
    }

    it('is taken when it points at the commit', async () => {
      const moved = givenBranchAt(COMMIT);
      await createMockedRepository().createBranch(BRANCH, COMMIT);
      expect(moved).toEqual([]);
    });

    it('is never moved by force, even where the deployed branch has all of it', async () => {
      const moved = givenBranchAt(OTHER);
      await expect(
        createMockedRepository().createBranch(BRANCH, COMMIT),
      ).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringContaining('they are not overwritten'),
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
      const refused = await createMockedRepository()
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
    await createMockedRepository().deleteBranch(BRANCH, COMMIT);
    at = COMMIT;
    await createMockedRepository().deleteBranch(BRANCH, COMMIT);
    expect(deleted).toEqual([COMMIT]);
  });

  it.each([
    ['is content where somebody else deleted the branch meanwhile', undefined],
    ['says so where GitHub will not delete the branch', 'not allowed'],
  ])('%s', async (_, refused) => {
    const branchPath = encodeURIComponent(`heads/${BRANCH}`);
    let isThere = true;
    server.use(
      http.get(`${API}/git/ref/${branchPath}`, () =>
        isThere
          ? HttpResponse.json(ref(COMMIT))
          : HttpResponse.json({ message: 'Not Found' }, { status: 404 }),
      ),
      http.delete(`${API}/git/refs/${branchPath}`, () => {
        isThere = refused !== undefined;
        return HttpResponse.json(
          { message: refused ?? 'Reference does not exist' },
          { status: 422 },
        );
      }),
    );
    const error = await createMockedRepository()
      .deleteBranch(BRANCH, COMMIT)
      .catch(failure => failure);
    expect(error?.message ?? '').toContain(refused ?? '');
    expect(error === undefined).toBe(refused === undefined);
  });
});
