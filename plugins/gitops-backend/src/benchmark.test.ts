import { mockCredentials } from '@backstage/backend-test-utils';
import {
  measureCommit,
  measureEnvironments,
  measureEvent,
  measureFirstSync,
  measureFloor,
  measureIdle,
  measurePromotion,
  repositoryUrlAt,
  StandIn,
  startEstateArgocd,
  startEstateGithub,
  Target,
} from '@gitops-infra/sandbox';
import { component, GitopsBackend } from './__testUtils__/gitopsBackend';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

const SERVICES = ['service-0001', 'service-0002', 'service-0003'];
const TOKEN = 'sandbox-token';
const SHORT = { warmUpMs: 10, durationMs: 100 };

/** What `yarn bench` measures, with a tiny estate: that it can be measured, not how much it is. */
describe('the benchmark', () => {
  let github: StandIn;
  let argocd: StandIn;
  let backend: GitopsBackend;
  let target: Target;

  beforeAll(async () => {
    const services = SERVICES.length;
    github = await startEstateGithub({ services });
    const history = await fetch(`${github.url}/_control/history`, {
      method: 'POST',
    });
    const { commits } = (await history.json()) as { commits: string[] };
    const repositoryUrl = repositoryUrlAt(github.url);
    argocd = await startEstateArgocd({
      services,
      repositoryUrl,
      revisions: commits,
    });
    backend = await GitopsBackend.start(
      {
        urls: {
          github: github.url,
          repository: repositoryUrl,
          argocd: argocd.url,
        },
        tokens: { github: TOKEN, argocd: TOKEN },
      },
      {
        config: { gitops: { promotionInterval: { hours: 1 } } },
        entities: SERVICES.map(name =>
          component(name, { 'gitops-infra.dev/service': name }),
        ),
      },
    );
    target = new Target({
      backendUrl: backend.url,
      githubUrl: github.url,
      argocdUrl: argocd.url,
      services,
      token: mockCredentials.user.token(),
      patienceMs: 20_000,
    });
  });

  afterAll(async () => {
    await backend?.stop();
    await github?.close();
    await argocd?.close();
  });

  it('measures the first sync', async () => {
    const { firstSyncMs } = await measureFirstSync(target);
    expect(firstSyncMs).toBeGreaterThan(0);
  });

  it('measures page views and what the stack below them takes', async () => {
    const floor = await measureFloor(target, { ...SHORT, clients: 1 });
    expect(floor.requests).toBeGreaterThan(0);
    const load = await measureEnvironments(target, { ...SHORT, clients: 2 });
    expect(load.requests).toBeGreaterThan(0);
  });

  it('measures a commit by the calls that it causes', async () => {
    const { githubCalls } = await measureCommit(target, { times: 2 });
    expect(githubCalls).toBeGreaterThan(0);
    expect(githubCalls).toBeLessThanOrEqual(4);
  });

  it('measures an event', async () => {
    const { ms, signalMs } = await measureEvent(target, {
      times: 2,
      signals: false,
    });
    expect(ms).toBeGreaterThan(0);
    expect(signalMs).toBeUndefined();
  });

  it('measures a promotion by the calls that opening it takes', async () => {
    const { githubCalls, routes } = await measurePromotion(target, {
      times: 1,
    });
    // The followers' looks, which are many here, are not its own.
    expect(routes).toEqual({
      'GET /git/ref/{ref}': expect.any(Number),
      'GET /git/commits/{sha}': 1,
      'POST /git/trees': 1,
      'POST /git/commits': 1,
      'POST /git/refs': 1,
      'POST /pulls': 1,
    });
    expect(githubCalls).toBeGreaterThan(5);
  });

  it('counts the looks of a quiet while', async () => {
    const { githubCalls, argocdCalls } = await measureIdle(target, {
      settleMs: 0,
      durationMs: 1_000,
    });
    expect(githubCalls).toBeGreaterThan(0);
    expect(argocdCalls).toBe(0);
  });
});
