import { metricsServiceMock } from '@backstage/backend-test-utils/alpha';
import { UpstreamsStatus } from '@gitops-infra/backstage-plugin-gitops-common';
import { ApplicationSource } from '../argocd/ApplicationSource';
import { countRequests, exposeReadModel } from './metrics';
import { ReadModel } from './ReadModel';

const URL = 'https://github.test/demo/gitops-infra';

describe('countRequests', () => {
  function setup(source: Partial<ApplicationSource> = {}) {
    const add = jest.fn();
    const metrics = metricsServiceMock.mock({
      createCounter: () => ({ add }),
    });
    const requests = countRequests(metrics);
    return {
      requests,
      counted: requests.counted(source as ApplicationSource),
      seen: () => add.mock.calls.map(([, attributes]) => attributes),
      created: metrics.createCounter,
    };
  }

  it('counts what is asked of GitHub, by route and answer', () => {
    const { requests, seen } = setup();
    const operation = 'GET /repos/{owner}/{repo}/git/ref/{ref}';
    requests.ofGithub({ operation, status: 304 });
    requests.ofGithub({ operation, status: undefined });
    expect(seen()).toEqual([
      { upstream: 'github', operation, status: '304' },
      { upstream: 'github', operation, status: 'failed' },
    ]);
  });

  it('counts what is asked of Argo CD, and passes it on', async () => {
    const list = { applications: [] };
    const { counted, seen } = setup({
      name: 'main',
      list: async () => list,
      troubles: async () => {
        throw new Error('away');
      },
      async *watch() {
        yield undefined;
      },
    });
    const signal = new AbortController().signal;
    await expect(counted.list(signal)).resolves.toBe(list);
    await expect(counted.troubles({} as never, signal)).rejects.toThrow('away');
    for await (const event of counted.watch(list, signal)) {
      expect(event).toBeUndefined();
    }
    expect(counted.name).toBe('main');
    expect(
      seen().map(({ operation, status }) => `${operation} ${status}`),
    ).toEqual(['list ok', 'troubles failed', 'watch begun']);
  });

  it('counts what is built, by what came of it', async () => {
    const { requests, seen } = setup();
    const answers = [{ output: '' }, { refused: 'a' }, { failed: 'b' }];
    const renderer = requests.countedRenderer({
      render: async () => answers.shift()!,
    });
    const source = { overlayPath: 'a', files: new Map() };
    const { signal } = new AbortController();
    expect(await renderer.render(source, signal)).toEqual({ output: '' });
    await renderer.render(source, signal);
    await renderer.render(source, signal);
    expect(seen()).toEqual(
      ['output', 'refused', 'failed'].map(status => ({
        upstream: 'kustomize',
        operation: 'build',
        status,
      })),
    );
  });

  it('counts what Argo CD is told to do', async () => {
    const { requests, seen } = setup();
    const done: unknown[][] = [];
    const commands = requests.countedCommands({
      refresh: async (...args) => {
        done.push(args);
      },
      isRefreshing: async () => true,
      sync: async () => {
        throw new Error('refused');
      },
      close: async () => {
        done.push([]);
      },
    });
    const signal = new AbortController().signal;
    const application = { namespace: 'argocd', name: 'demo' };
    await commands.refresh(application, 'hard', signal);
    await expect(commands.isRefreshing(application, signal)).resolves.toBe(
      true,
    );
    await expect(commands.sync(application, 'who', signal)).rejects.toThrow(
      'refused',
    );
    await commands.close();
    expect(done).toEqual([[application, 'hard', signal], []]);
    expect(
      seen().map(({ operation, status }) => `${operation} ${status}`),
    ).toEqual(['refresh ok', 'refreshing ok', 'sync failed']);
  });
});

describe('exposeReadModel', () => {
  it('shows nothing of rendering where there is none', () => {
    const observe = jest.fn();
    const metrics = metricsServiceMock.mock({
      createObservableGauge: () => ({
        addCallback: (callback: Function) => callback({ observe }),
        removeCallback() {},
      }),
    });
    const nothing: UpstreamsStatus = {
      repositories: [],
      argocd: [],
      registries: [],
    };
    exposeReadModel(metrics, { status: () => nothing } as unknown as ReadModel);
    expect(observe).not.toHaveBeenCalled();
  });

  it('shows the age, the failures and the size of what is known', () => {
    const observed: Record<string, unknown[]> = {};
    const metrics = metricsServiceMock.mock({
      createObservableGauge: name => ({
        addCallback(callback: Function) {
          observed[name] = [];
          callback({
            observe: (value: number, attributes: object) =>
              observed[name].push([value, attributes]),
          });
        },
        removeCallback() {},
      }),
    });
    const status: UpstreamsStatus = {
      repositories: [
        {
          url: URL,
          branch: 'main',
          services: 1,
          files: 9,
          stale: false,
          lagSeconds: 3,
          rateLimit: {
            limit: 5000,
            remaining: 4999,
            resetAt: '2026-11-24T00:00:00.000Z',
          },
        },
      ],
      argocd: [{ name: 'main', applications: 2, stale: true, error: 'away' }],
      registries: [
        { host: 'r.test', images: 2, unknown: 1, stale: false, lagSeconds: 7 },
      ],
      rendering: {
        overlays: 9,
        waiting: 2,
        unknown: 1,
        stale: true,
        lagSeconds: 4,
        error: 'There is no kustomize.',
      },
    };
    exposeReadModel(metrics, { status: () => status } as unknown as ReadModel);

    const github = { upstream: 'github', name: URL };
    const argocd = { upstream: 'argocd', name: 'main' };
    const registry = { upstream: 'registry', name: 'r.test' };
    const rendering = { upstream: 'rendering', name: 'kustomize' };
    expect(observed).toEqual({
      // What was never read has no age.
      gitops_follower_lag_seconds: [
        [3, github],
        [7, registry],
        [4, rendering],
      ],
      gitops_follower_failing: [
        [0, github],
        [1, argocd],
        [0, registry],
        [1, rendering],
      ],
      gitops_github_rate_limit_remaining: [[4999, { name: URL }]],
      gitops_github_rate_limit_reset_seconds: [
        [Date.parse('2026-11-24T00:00:00Z') / 1000, { name: URL }],
      ],
      gitops_snapshot_files_total: [[9, { name: URL }]],
      gitops_applications_total: [[2, { name: 'main' }]],
      gitops_overlays_total: [
        [6, { state: 'rendered' }],
        [2, { state: 'waiting' }],
        [1, { state: 'unknown' }],
      ],
    });
  });
});
