import { withTag } from '../seed/tag';
import type { Sandbox } from '../Sandbox';
import { Answer, ask } from '../testing/client';
import { eventually } from '../testing/eventually';
import { recording, structureDifferences } from '../testing/recordings';
import { registerSandboxSuite } from '../testing/sandboxSuite';

const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';
const OF_DEMO = `?labelSelector=${encodeURIComponent(
  'backstage.io/kubernetes-id=demo',
)}`;

describe('the stand-in for Kubernetes', () => {
  let sandbox: Sandbox;

  registerSandboxSuite(started => {
    sandbox = started;
  });

  async function api(
    path: string,
    options: { method?: string; token?: string } = {},
  ): Promise<Answer> {
    return ask(`${sandbox.urls.kubernetes}${path}`, {
      token: sandbox.tokens.kubernetes,
      ...options,
    });
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- an object's shape is what the tests look at
  async function items(path: string): Promise<any[]> {
    return (await api(path)).json.items;
  }

  /** Has stage pin an image that the registry lacks, and returns the pods once the new one has tried to start. */
  async function stagePodsWithMissingImage() {
    const text = (await sandbox.readFile(STAGE)) ?? '';
    await sandbox.commit({ [STAGE]: withTag(text, '9.9.9') }, 'Release');
    return eventually(
      () => items('/api/v1/namespaces/demo-stage/pods'),
      pods => JSON.stringify(pods).includes('ImagePullBackOff'),
    );
  }

  // What @backstage/plugin-kubernetes-backend asks of a cluster for an entity.
  it.each([
    ['/api/v1/pods', 'v1', 'PodList', 2],
    ['/api/v1/services', 'v1', 'ServiceList', 2],
    ['/api/v1/configmaps', 'v1', 'ConfigMapList', 0],
    ['/api/v1/limitranges', 'v1', 'LimitRangeList', 0],
    ['/api/v1/resourcequotas', 'v1', 'ResourceQuotaList', 0],
    ['/apis/apps/v1/deployments', 'apps/v1', 'DeploymentList', 2],
    ['/apis/apps/v1/replicasets', 'apps/v1', 'ReplicaSetList', 2],
    ['/apis/apps/v1/statefulsets', 'apps/v1', 'StatefulSetList', 0],
    ['/apis/apps/v1/daemonsets', 'apps/v1', 'DaemonSetList', 0],
    [
      '/apis/autoscaling/v2/horizontalpodautoscalers',
      'autoscaling/v2',
      'HorizontalPodAutoscalerList',
      0,
    ],
    ['/apis/batch/v1/jobs', 'batch/v1', 'JobList', 0],
    ['/apis/batch/v1/cronjobs', 'batch/v1', 'CronJobList', 0],
    [
      '/apis/networking.k8s.io/v1/ingresses',
      'networking.k8s.io/v1',
      'IngressList',
      2,
    ],
    [
      '/apis/metrics.k8s.io/v1beta1/namespaces/demo-stage/pods',
      'metrics.k8s.io/v1beta1',
      'PodMetricsList',
      1,
    ],
  ])('lists %s', async (path, apiVersion, kind, length) => {
    const { status, json } = await api(`${path}${OF_DEMO}`);

    expect(status).toBe(200);
    expect(json).toEqual({
      kind,
      apiVersion,
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
      items: expect.any(Array),
    });
    expect(json.items).toHaveLength(length);
  });

  it.each([
    ['/api/v1/pods', '', ['demo-local', 'demo-stage']],
    ['/api/v1/namespaces/demo-stage/pods', '', ['demo-stage']],
    ['/api/v1/namespaces/elsewhere/pods', '', []],
    ['/api/v1/pods', 'app.kubernetes.io/name=other', []],
    [
      '/api/v1/pods',
      'app.kubernetes.io/name in (demo, other),!legacy',
      ['demo-local', 'demo-stage'],
    ],
  ])(
    'lists of %s those with the labels "%s"',
    async (path, selector, found) => {
      const pods = await items(
        `${path}?labelSelector=${encodeURIComponent(selector)}`,
      );

      expect(pods.map(({ metadata }) => metadata.namespace)).toEqual(found);
    },
  );

  it('has what the resource tree of Argo CD has, by the same names and UIDs', async () => {
    await stagePodsWithMissingImage();
    const tree = await ask(
      `${sandbox.urls.argocd}/api/v1/applications/demo-stage/resource-tree`,
      { token: sandbox.tokens.argocd },
    );
    const ofKind = async (kind: string, path: string) =>
      (await items(path)).map(({ metadata }) => ({
        kind,
        name: metadata.name,
        uid: metadata.uid,
        createdAt: metadata.creationTimestamp,
        owners: (metadata.ownerReferences ?? []).map(
          ({ uid }: { uid: string }) => uid,
        ),
      }));
    const objects = await Promise.all([
      ofKind('Pod', '/api/v1/namespaces/demo-stage/pods'),
      ofKind('Service', '/api/v1/namespaces/demo-stage/services'),
      ofKind('Deployment', '/apis/apps/v1/namespaces/demo-stage/deployments'),
      ofKind('ReplicaSet', '/apis/apps/v1/namespaces/demo-stage/replicasets'),
      ofKind(
        'Ingress',
        '/apis/networking.k8s.io/v1/namespaces/demo-stage/ingresses',
      ),
    ]);
    const byUid = (one: { uid: string }, other: { uid: string }) =>
      one.uid.localeCompare(other.uid);

    expect(objects.flat().sort(byUid)).toEqual(
      tree.json.nodes
        .filter(({ kind }: { kind: string }) => !/^Endpoint/.test(kind))
        // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
        .map(({ kind, name, uid, createdAt, parentRefs = [] }: any) => ({
          kind,
          name,
          uid,
          createdAt,
          owners: parentRefs.map((parent: { uid: string }) => parent.uid),
        }))
        .sort(byUid),
    );
  });

  it('gives pods the recorded shape, and says which image cannot be pulled', async () => {
    const [running, waiting] = await stagePodsWithMissingImage();
    const recorded = recording('e1-image-pull-backoff-progressing/kube-pods')
      .response.body as { items: object[] };

    expect(structureDifferences(recorded.items[0], running)).toEqual([]);
    // The recorded pod's status was written by hand, without times.
    expect(structureDifferences(recorded.items[1], waiting)).toEqual(
      ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(
        type =>
          `.status.conditions[${type}].lastTransitionTime is string, recorded as null`,
      ),
    );
    expect(waiting.status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'demo',
          image: 'localhost:5001/demo:9.9.9',
          ready: false,
          restartCount: 0,
          state: {
            waiting: {
              reason: 'ImagePullBackOff',
              message: 'Back-off pulling image "localhost:5001/demo:9.9.9"',
            },
          },
        },
      ],
    });
  });

  it('has the pods of what was promoted once they run', async () => {
    const [before] = await items('/api/v1/namespaces/demo-stage/pods');
    const text = (await sandbox.readFile(STAGE)) ?? '';
    await sandbox.commit({ [STAGE]: withTag(text, '1.4.2') }, 'Promote');
    const [after] = await eventually(
      () => items('/api/v1/namespaces/demo-stage/pods'),
      pods => pods.length === 1 && pods[0].metadata.uid !== before.metadata.uid,
    );

    expect(after.status.containerStatuses).toEqual([
      expect.objectContaining({
        image: 'localhost:5001/demo:1.4.2',
        ready: true,
        state: { running: { startedAt: expect.any(String) } },
      }),
    ]);
  });

  it('gets one object', async () => {
    const [{ metadata }] = await items('/api/v1/namespaces/demo-stage/pods');
    const { status, json } = await api(
      `/api/v1/namespaces/demo-stage/pods/${metadata.name}`,
    );

    expect(status).toBe(200);
    expect(json).toMatchObject({ apiVersion: 'v1', kind: 'Pod', metadata });
  });

  it('has the log of a container that runs, and says why one that waits has none', async () => {
    const [running, waiting] = await stagePodsWithMissingImage();
    const log = async (pod: { metadata: { name: string } }, query: string) =>
      api(
        `/api/v1/namespaces/demo-stage/pods/${pod.metadata.name}/log?${query}`,
      );
    const written = await log(running, 'container=demo');
    const refused = await Promise.all([
      log(running, 'container=demo&previous='),
      log(running, 'container=other'),
      log(waiting, ''),
    ]);

    expect(written.status).toBe(200);
    expect(written.headers.get('content-type')).toBe('text/plain');
    expect(written.text).toContain('localhost:5001/demo:1.4.1');
    expect(refused.map(({ status, json }) => [status, json.message])).toEqual([
      [
        400,
        `previous terminated container "demo" in pod "${running.metadata.name}" not found`,
      ],
      [400, `container other is not valid for pod ${running.metadata.name}`],
      [
        400,
        `container "demo" in pod "${waiting.metadata.name}" is waiting to start: trying and failing to pull image`,
      ],
    ]);
  });

  describe('refuses, with a Status,', () => {
    const failure = (code: number, reason: string, message: string) => ({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code,
      reason,
      message,
    });

    it.each([
      ['no token', ''],
      ['a wrong token', 'wrong'],
    ])('%s', async (_, token) => {
      const { status, json } = await api('/api/v1/pods', { token });

      expect(status).toBe(401);
      expect(json).toEqual(failure(401, 'Unauthorized', 'Unauthorized'));
    });

    it.each([
      ['/'],
      ['/api/v1'],
      ['/api/v1/nothing'],
      ['/api/v1/namespaces/demo-stage'],
      ['/apis/apps/v1/pods'],
      ['/apis/apps/v1beta1/deployments'],
      ['/other/v1/pods'],
      ['/api/v1/namespaces/demo-stage/pods/name/log/more'],
    ])('the path %s', async path => {
      const { status, json } = await api(path);

      expect(status).toBe(404);
      expect(json).toEqual({
        ...failure(
          404,
          'NotFound',
          'the server could not find the requested resource',
        ),
        details: {},
      });
    });

    it('an object that is not there', async () => {
      const { status, json } = await api(
        '/apis/apps/v1/namespaces/demo-stage/deployments/other',
      );

      expect(status).toBe(404);
      expect(json).toEqual({
        ...failure(404, 'NotFound', 'deployments.apps "other" not found'),
        details: { name: 'other', group: 'apps', kind: 'deployments' },
      });
    });

    it.each([
      [
        'GET',
        '/api/v1/secrets',
        'secrets is forbidden: User "sandbox" cannot list resource "secrets" in API group "" at the cluster scope',
      ],
      [
        'DELETE',
        '/api/v1/namespaces/demo-stage/pods/web',
        'pods "web" is forbidden: User "sandbox" cannot delete resource "pods" in API group "" in the namespace "demo-stage"',
      ],
      [
        'POST',
        '/api/v1/namespaces/demo-stage/pods/web/exec',
        'pods "web" is forbidden: User "sandbox" cannot create resource "pods/exec" in API group "" in the namespace "demo-stage"',
      ],
      [
        'PATCH',
        '/apis/apps/v1/namespaces/demo-stage/deployments/demo',
        'deployments.apps "demo" is forbidden: User "sandbox" cannot patch resource "deployments" in API group "apps" in the namespace "demo-stage"',
      ],
      [
        'GET',
        '/api/v1/pods?watch=1',
        'pods is forbidden: User "sandbox" cannot watch resource "pods" in API group "" at the cluster scope',
      ],
    ])('%s %s', async (method, path, message) => {
      const { status, json } = await api(path, { method });

      expect(status).toBe(403);
      expect(json).toMatchObject(failure(403, 'Forbidden', message));
    });
  });
});
