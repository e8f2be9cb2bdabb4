import { registerMswTestHooks } from '@backstage/backend-test-utils';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import {
  API,
  COMMIT,
  createMockedRepository,
  HEAD,
} from '../__testUtils__/mockedGithub';

describe('history', () => {
  const server = setupServer();
  registerMswTestHooks(server);

  it('knows what a commit was made on, and asks once', async () => {
    let asked = 0;
    server.use(
      http.get(`${API}/git/commits/${COMMIT}`, () => {
        asked += 1;
        return HttpResponse.json({ parents: [{ sha: HEAD }, { sha: COMMIT }] });
      }),
    );
    const repository = createMockedRepository();
    for (let look = 0; look < 2; look++) {
      await expect(repository.parentsOf(COMMIT)).resolves.toEqual([
        HEAD,
        COMMIT,
      ]);
    }
    expect(asked).toBe(1);
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
      const repository = createMockedRepository();
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
  });
});
