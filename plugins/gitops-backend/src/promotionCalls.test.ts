import {
  repositoryUrlAt,
  startEstateArgocd,
  startEstateGithub,
} from '@gitops-infra/sandbox';
import { eventually } from './__testUtils__/eventually';
import {
  component,
  ENTITY,
  GitopsBackend,
  REQUEST,
} from './__testUtils__/gitopsBackend';

// An estate of that size takes seconds on a busy machine.
jest.setTimeout(60_000);

const TOKEN = 'sandbox-token';
const SERVICE = 'service-0001';

/** Whatever is asked of GitHub while a promotion is opened, in a backend whose followers have looked for now. */
describe('opening a promotion', () => {
  const stops: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) {
      await stop();
    }
  });

  async function start(services: number) {
    const github = await startEstateGithub({ services });
    stops.push(() => github.close());
    const control = async (name: string, method: string) =>
      (await fetch(`${github.url}/_control/${name}`, { method })).json();
    const { commits } = await control('history', 'POST');
    const repositoryUrl = repositoryUrlAt(github.url);
    const argocd = await startEstateArgocd({
      services,
      repositoryUrl,
      revisions: commits,
    });
    stops.push(() => argocd.close());
    const backend = await GitopsBackend.start(
      {
        urls: {
          github: github.url,
          repository: repositoryUrl,
          argocd: argocd.url,
        },
        tokens: { github: TOKEN, argocd: TOKEN },
      },
      {
        config: {
          gitops: {
            repositoryInterval: { hours: 1 },
            promotionInterval: { hours: 1 },
          },
        },
        entities: [component('demo', { 'gitops-infra.dev/service': SERVICE })],
      },
    );
    stops.push(() => backend.stop());
    return { backend, control };
  }

  it.each([4, 334])(
    'takes 6 calls to GitHub with %s services of 3 overlays',
    async services => {
      const { backend, control } = await start(services);
      await eventually(async () => {
        const { freshness, sync } = await backend.stage();
        expect(freshness.git.stale || freshness.argocd.stale).toBe(false);
        expect(sync.commitsBehind).toBe(0);
      });
      await control('reset', 'POST');
      await backend.post(`${ENTITY}/promotions`, REQUEST).expect(201);
      expect(await control('calls', 'GET')).toMatchObject({
        total: 6,
        routes: {
          'GET /git/ref/{ref}': 1,
          'GET /git/commits/{sha}': 1,
          'POST /git/trees': 1,
          'POST /git/commits': 1,
          'POST /git/refs': 1,
          'POST /pulls': 1,
        },
      });
    },
  );
});
