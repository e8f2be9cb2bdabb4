import {
  mockServices,
  registerMswTestHooks,
} from '@backstage/backend-test-utils';
import {
  DefaultGithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { RateLimits } from './RateLimit';
import { SourceRepositories } from './SourceRepositories';

const API = 'https://ghe.test/api/v3';
const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);
const COMPARISON = `${API}/repos/shop/web/compare/${OLD}...${NEW}`;

const COMMIT = {
  sha: NEW,
  html_url: `https://ghe.test/shop/web/commit/${NEW}`,
  commit: {
    message: 'Take coupons\n\nFixes #1',
    author: { name: 'Jane', date: '2026-11-20T10:00:00Z' },
  },
  author: { login: 'jane' },
  parents: [{}],
};

describe('SourceRepositories', () => {
  // What is not handled fails the test: nobody else is asked.
  const server = setupServer();
  registerMswTestHooks(server);

  function create() {
    const integrations = ScmIntegrations.fromConfig(
      mockServices.rootConfig({
        data: {
          integrations: {
            github: [
              { host: 'ghe.test', apiBaseUrl: API, token: 'ghe-token' },
              { host: 'localhost:4401', apiBaseUrl: 'http://localhost:4401' },
            ],
            gitlab: [
              { host: 'gitlab.test', apiBaseUrl: 'https://gitlab.test/api/v4' },
            ],
          },
        },
      }),
    );
    return new SourceRepositories({
      integrations,
      credentials:
        DefaultGithubCredentialsProvider.fromIntegrations(integrations),
      rateLimits: new RateLimits(),
      allowed: [
        'ghe.test/shop/*',
        'localhost:4401/demo/demo',
        'github.com/shop/*',
      ],
    });
  }

  it.each<[source: string, url: string]>([
    ['https://ghe.test/shop/web', 'https://ghe.test/shop/web'],
    ['https://ghe.test/shop/web.git', 'https://ghe.test/shop/web'],
    ['https://GHE.test/shop/web/', 'https://ghe.test/shop/web'],
    ['http://localhost:4401/demo/demo', 'http://localhost:4401/demo/demo'],
    ['https://github.com/shop/web.js', 'https://github.com/shop/web.js'],
  ])('finds the repository of %s', (source, url) => {
    expect(create().find(source)).toMatchObject({ url });
  });

  it.each([
    'https://evil.test/shop/web',
    'https://ghe.test.evil.test/shop/web',
    'https://evil.test/ghe.test/shop/web',
    'https://ghe.test@evil.test/shop/web',
    'https://ghe.test:8443/shop/web',
    'http://localhost/demo/demo',
    'http://169.254.169.254/latest/meta-data',
    'https://gitlab.test/shop/web',
    'https://ghe.test/shop',
    'https://ghe.test/shop/web/tree/main',
    'https://ghe.test/shop/..',
    'https://ghe.test/shop/%2e%2e',
    'https://ghe.test/shop/web%2f..%2f..%2fuser',
    'https://ghe.test//shop/web',
    'ssh://git@ghe.test/shop/web',
    'git@ghe.test:shop/web',
    'data:text/html,x',
    'shop/web',
    '',
  ])('finds none of %s', source => {
    expect(create().find(source)).toBeUndefined();
  });

  it.each([
    'https://ghe.test/secret/web',
    'https://ghe.test/shop-secret/web',
    'http://localhost:4401/demo/secret',
  ])(
    'refuses %s, which the integration may read and nobody allowed',
    source => {
      expect(() => create().find(source)).toThrow(
        `${source} is not among the repositories of gitops.applicationCommits.repositories`,
      );
    },
  );

  it('asks the API that is configured, with its credentials, once for two commits', async () => {
    const asked: (string | null)[] = [];
    server.use(
      http.get(COMPARISON, ({ request }) => {
        asked.push(request.headers.get('authorization'));
        return HttpResponse.json({
          ahead_by: 1,
          behind_by: 0,
          total_commits: 1,
          commits: [COMMIT],
          files: [],
        });
      }),
    );
    const sources = create();
    const repository = sources.find('https://ghe.test/shop/web')!;
    for (let times = 0; times < 3; times += 1) {
      await expect(
        sources.compare(repository, OLD, NEW),
      ).resolves.toMatchObject({
        aheadBy: 1,
        behindBy: 0,
        commits: [{ title: 'Take coupons', author: 'jane' }],
      });
    }
    expect(asked).toEqual(['token ghe-token']);
  });

  it('asks again about commits that are cut short, which may mean others one day, and after a failure', async () => {
    let asked = 0;
    server.use(
      http.get(`${API}/repos/shop/web/compare/:range`, () => {
        asked += 1;
        return asked === 1
          ? HttpResponse.json({ message: 'away' }, { status: 502 })
          : HttpResponse.json({
              ahead_by: 0,
              behind_by: 0,
              total_commits: 0,
              commits: [],
            });
      }),
    );
    const sources = create();
    const repository = sources.find('https://ghe.test/shop/web')!;
    await expect(sources.compare(repository, OLD, NEW)).rejects.toThrow('502');
    await sources.compare(repository, OLD, NEW);
    await sources.compare(repository, 'aaaaaaa', NEW);
    await sources.compare(repository, 'aaaaaaa', NEW);
    expect(asked).toBe(4);
  });

  it('says what it may be where GitHub does not know the commits', async () => {
    server.use(
      http.get(COMPARISON, () =>
        HttpResponse.json({ message: 'No common ancestor' }, { status: 404 }),
      ),
    );
    const sources = create();
    await expect(
      sources.compare(sources.find('https://ghe.test/shop/web')!, OLD, NEW),
    ).rejects.toThrow(
      'shop/web does not have both commits, or they have no history in common, or the integration may not read it',
    );
  });
});
