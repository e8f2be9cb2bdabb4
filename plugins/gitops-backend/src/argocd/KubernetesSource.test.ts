import { eventually } from '../__testUtils__/eventually';
import {
  application,
  ScriptedKubernetes,
  sendJson,
} from '../__testUtils__/ScriptedUpstream';
import { ApplicationList, ApplicationSource } from './ApplicationSource';

const NOW = new AbortController().signal;

describe('KubernetesSource', () => {
  let kubernetes: ScriptedKubernetes;

  beforeEach(() => {
    kubernetes = new ScriptedKubernetes();
  });

  afterEach(async () => {
    await kubernetes.stop();
  });

  const start = async () => kubernetes.source(await kubernetes.start());
  const queryOf = (url: string) => new URL(url, 'http://x').searchParams;
  const pathOf = (url: string) =>
    new URL(url, 'http://x').pathname.replace(
      '/api/kubernetes/proxy/apis/argoproj.io/v1alpha1',
      '',
    );

  /** Watches until the source ends it. */
  function watch(source: ApplicationSource, list: ApplicationList) {
    const events: string[] = [];
    const stop = new AbortController();
    const ended = (async () => {
      for await (const event of source.watch(list, stop.signal)) {
        events.push(event ? `${event.type} ${event.application.name}` : '-');
      }
    })();
    return { events, ended, stop: () => stop.abort() };
  }

  const list = { applications: [], resourceVersion: '100' };

  it('lists all namespaces page by page', async () => {
    kubernetes.applications = Array.from({ length: 600 }, (_, index) =>
      application(`demo-${index}`, { namespace: index % 2 ? 'a' : 'b' }),
    );
    const source = await start();
    const { applications, resourceVersion } = await source.list(NOW);
    expect(applications).toHaveLength(600);
    expect(resourceVersion).toBe('100');
    expect(kubernetes.lists.map(pathOf)).toEqual(
      Array(3).fill('/applications'),
    );
    expect(kubernetes.lists.map(url => queryOf(url).get('limit'))).toEqual(
      Array(3).fill('250'),
    );
  });

  it('begins anew when the list that it pages through is no longer kept', async () => {
    kubernetes.applications = Array.from({ length: 300 }, (_, index) =>
      application(`demo-${index}`),
    );
    let expired = 0;
    kubernetes.fault = (request, response) => {
      if (request.url?.includes('continue=') && expired === 0) {
        expired++;
        sendJson(response, 410, {
          kind: 'Status',
          code: 410,
          reason: 'Expired',
          message: 'The provided continue parameter is too old',
        });
        return true;
      }
      return false;
    };
    const source = await start();
    expect((await source.list(NOW)).applications).toHaveLength(300);
    expect(expired).toBe(1);
  });

  it('watches from the version of the list, with bookmarks', async () => {
    const source = await start();
    const watching = watch(source, await source.list(NOW));
    await eventually(() => expect(kubernetes.streams).toHaveLength(1));
    expect(Object.fromEntries(queryOf(kubernetes.watches[0]))).toEqual({
      watch: '1',
      resourceVersion: '100',
      allowWatchBookmarks: 'true',
    });
    watching.stop();
    await watching.ended;
  });

  it('watches several namespaces as one, from the first of their lists, until one of them ends', async () => {
    kubernetes.config = { namespaces: ['a', 'b'], selector: 'app' };
    const labels = { app: 'x' };
    kubernetes.applications = [
      application('one', { namespace: 'a', labels }),
      application('two', { namespace: 'b', labels }),
      application('elsewhere', { namespace: 'c', labels }),
    ];
    const source = await start();
    const listed = await source.list(NOW);
    expect(listed.applications.map(({ name }) => name)).toEqual(['one', 'two']);
    const watching = watch(source, listed);
    await eventually(() => expect(kubernetes.streams).toHaveLength(2));
    expect(kubernetes.watches.map(pathOf).sort()).toEqual([
      '/namespaces/a/applications',
      '/namespaces/b/applications',
    ]);
    expect(
      kubernetes.watches.map(url => queryOf(url).get('labelSelector')),
    ).toEqual(['app', 'app']);

    const [first, second] = kubernetes.streams;
    const three = application('three', { namespace: 'a', labels });
    first.write(kubernetes.line('ADDED', three));
    await eventually(() => expect(watching.events).toEqual(['ADDED three']));
    second.write(kubernetes.line('DELETED', kubernetes.applications[1]));
    await eventually(() => expect(watching.events).toHaveLength(2));
    first.end();
    await watching.ended;
    await eventually(() => expect(kubernetes.streams).toEqual([]));
  });

  it.each([
    ['410', { code: 410, message: 'too old resource version: 1 (999)' }],
    ['Expired', { reason: 'Expired', message: 'too old' }],
  ])('ends, for a new list, when a watch says %s', async (_, status) => {
    const source = await start();
    const watching = watch(source, list);
    await eventually(() => expect(kubernetes.streams).toHaveLength(1));
    kubernetes.write(
      `${JSON.stringify({
        type: 'ERROR',
        object: { kind: 'Status', ...status },
      })}\n`,
    );
    await watching.ended;
  });

  it('ends, for a new list, when a watch is answered by 410', async () => {
    kubernetes.fault = (_, response) => {
      sendJson(response, 410, { kind: 'Status', code: 410, message: 'gone' });
      return true;
    };
    await expect(watch(await start(), list).ended).resolves.toBeUndefined();
  });

  it('watches without bookmarks where the server cannot make them', async () => {
    const source = await start();
    const watching = watch(source, list);
    await eventually(() => expect(kubernetes.streams).toHaveLength(1));
    kubernetes.write(
      '{"type":"ERROR","object":{"kind":"Status","code":500,"message":"RequestWatchProgress is disabled"}}\n',
    );
    await watching.ended;
    const again = watch(source, list);
    await eventually(() => expect(kubernetes.watches).toHaveLength(2));
    expect(queryOf(kubernetes.watches[1]).has('allowWatchBookmarks')).toBe(
      false,
    );
    again.stop();
    await again.ended;
  });

  it('fails when a watch says anything else', async () => {
    const watching = watch(await start(), list);
    await eventually(() => expect(kubernetes.streams).toHaveLength(1));
    kubernetes.write(
      '{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcdserver: no leader"}}\n',
    );
    await expect(watching.ended).rejects.toThrow(
      'Argo CD main (cluster production) ended the watch: etcdserver: no leader',
    );
  });

  it('lets only the projects through that the configuration names', async () => {
    kubernetes.config = { projects: ['web'] };
    kubernetes.applications = [
      application('mine', { project: 'web' }),
      application('other'),
    ];
    const source = await start();
    const { applications } = await source.list(NOW);
    expect(applications.map(({ name }) => name)).toEqual(['mine']);
  });

  it.each([
    [{ server: 'https://kubernetes.default.svc', namespace: 'demo' }, 1],
    [{ name: 'in-cluster', namespace: 'demo' }, 1],
    [{ server: 'https://elsewhere:6443', namespace: 'demo' }, 0],
    [{ name: 'elsewhere', namespace: 'demo' }, 0],
    [undefined, 1],
  ])('asks for the pods of what runs in %j', async (destination, troubles) => {
    kubernetes.applications = [
      application('demo', { health: 'Degraded', destination }),
    ];
    const source = await start();
    const { applications } = await source.list(NOW);
    expect(await source.troubles(applications[0], NOW)).toHaveLength(troubles);
    expect(kubernetes.trees).toHaveLength(troubles);
  });

  it('tells what pods run, where it can see all of them', async () => {
    const inCluster = { name: 'in-cluster', namespace: 'demo' };
    kubernetes.applications = [
      application('demo', { destination: inCluster }),
      application('far', { destination: { name: 'far', namespace: 'demo' } }),
    ];
    const source = await start();
    const { applications } = await source.list(NOW);
    await expect(
      source.podImages(applications[0], NOW),
    ).resolves.toHaveProperty('running');
    await expect(source.podImages(applications[1], NOW)).rejects.toThrow(
      'in another cluster than Argo CD main',
    );
    kubernetes.fault = (request, response) => {
      const isPods = request.url?.includes('/pods') ?? false;
      if (isPods) {
        sendJson(response, 200, { items: [], metadata: { continue: 'more' } });
      }
      return isPods;
    };
    await expect(source.podImages(applications[0], NOW)).rejects.toThrow(
      'has more pods, or more namespaces, than are looked at',
    );
  });

  const refusing = (status: number, body: object) => {
    kubernetes.fault = (_, response) => {
      sendJson(response, status, body);
      return true;
    };
  };
  const ofCluster = (message: string) => ({ kind: 'Status', message });
  const ofBackstage = (message: string) => ({ error: { name: 'X', message } });

  it.each<[number, object, string]>([
    [
      401,
      ofCluster('Unauthorized'),
      'refuses the credentials that the Kubernetes plugin has for it (401); correct them in kubernetes.clusterLocatorMethods',
    ],
    [401, ofBackstage('Invalid token'), 'check backend.auth'],
    [
      403,
      ofCluster('applications.argoproj.io is forbidden'),
      'forbids it (403): applications.argoproj.io is forbidden; let the account of the Kubernetes plugin get, list and watch applications.argoproj.io, and list pods',
    ],
    [
      403,
      ofBackstage('Unauthorized'),
      'allow kubernetes.proxy to plugin:gitops',
    ],
    [
      404,
      ofCluster('the server could not find the requested resource'),
      'is Argo CD, with its CRD applications.argoproj.io, in this cluster? Correct gitops.argocd[].kubernetes.cluster',
    ],
    [
      404,
      ofBackstage("Cluster 'production' not found"),
      "the Kubernetes plugin does not know the cluster (404): Cluster 'production' not found; add it to kubernetes.clusterLocatorMethods",
    ],
    [
      404,
      ofBackstage('No Clusters configured'),
      'add it to kubernetes.clusterLocatorMethods',
    ],
    [404, {}, 'add @backstage/plugin-kubernetes-backend to the backend'],
    [
      500,
      ofBackstage(
        "Cluster 'production' request error; caused by Error: ECONNREFUSED",
      ),
      "answered 500: Cluster 'production' request error",
    ],
  ])('says what to do about %s %j', async (status, body, says) => {
    refusing(status, body);
    const source = await start();
    const failure = await source.list(NOW).catch(error => error);
    expect(failure.message).toMatch(/^Argo CD main \(cluster production\)/);
    expect(failure.message).toContain(says);
  });
});
