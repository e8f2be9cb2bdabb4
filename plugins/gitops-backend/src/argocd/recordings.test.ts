import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';
import { mockServices } from '@backstage/backend-test-utils';
import {
  ApplicationStatus,
  hasArrived,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { eventually } from '../__testUtils__/eventually';
import { KeptApplications } from '../__testUtils__/KeptApplications';
import { recorded, recordedLines } from '../__testUtils__/recordings';
import { ApplicationFollower } from './ApplicationFollower';
import { ApplicationEvent, ApplicationSource } from './ApplicationSource';
import { ArgocdApiSource } from './ArgocdApiSource';
import { KubernetesSource } from './KubernetesSource';

// What the README of the recordings says that a client must know; each is a test here, by its own words.

const API = '/api/v1';
const KUBE = '/api/kubernetes/proxy/apis/argoproj.io/v1alpha1';
const NOW = new AbortController().signal;

/** Serves recorded answers at the paths that they were recorded at. */
class Recorded {
  readonly requests: URL[] = [];
  readonly #answers = new Map<string, (response: ServerResponse) => void>();
  #server?: Server;

  async start(): Promise<string> {
    const server = createServer((request, response) =>
      this.#answer(request, response),
    );
    this.#server = server;
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise(resolve => this.#server?.close(resolve));
  }

  /** Answers a path by a recording, and by JSON that is made of one. */
  serve(path: string, recording: string, change = (body: unknown) => body) {
    const { status, body } = recorded(recording);
    this.#answers.set(path, response =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify(change(body))),
    );
  }

  /** Answers a path by a recorded stream; afterwards it stays open, silent. */
  stream(path: string, lines: string[]) {
    this.#answers.set(path, response => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(lines.map(line => `${line}\n`).join(''));
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://x');
    this.requests.push(url);
    const watch = url.searchParams.has('watch') ? '?watch' : '';
    const answer = this.#answers.get(`${url.pathname}${watch}`);
    if (answer) {
      answer(response);
    } else {
      response.writeHead(500).end();
    }
  }
}

describe('What a client of Argo CD must know', () => {
  let server: Recorded;
  let url: string;
  let api: ApplicationSource;
  let kube: ApplicationSource;

  beforeEach(async () => {
    server = new Recorded();
    url = await server.start();
    api = new ArgocdApiSource({
      transport: 'api',
      name: 'main',
      url,
      uiUrl: url,
      token: () => 'token',
      projects: [],
    });
    kube = new KubernetesSource(
      {
        transport: 'kubernetes',
        name: 'main',
        cluster: 'production',
        namespaces: ['argocd'],
        projects: [],
      },
      {
        auth: mockServices.auth(),
        discovery: mockServices.discovery.mock({
          getBaseUrl: async plugin => `${url}/api/${plugin}`,
        }),
      },
    );
  });

  afterEach(async () => {
    await server.stop();
  });

  /** An Application that was recorded alone, as each transport lists it. */
  async function listed(
    folder: string,
    recording = 'application.json',
  ): Promise<ApplicationStatus> {
    server.serve(`${API}/applications`, `${folder}/${recording}`, body => ({
      metadata: {},
      items: [body],
    }));
    return (await api.list(NOW)).applications[0];
  }

  async function listedInKubernetes(
    folder: string,
  ): Promise<ApplicationStatus> {
    server.serve(
      `${KUBE}/namespaces/argocd/applications`,
      `${folder}/kube-application.json`,
      body => ({ metadata: { resourceVersion: '1' }, items: [body] }),
    );
    return (await kube.list(NOW)).applications[0];
  }

  async function watched(
    source: ApplicationSource,
    count: number,
  ): Promise<ApplicationEvent[]> {
    const events: ApplicationEvent[] = [];
    const stop = new AbortController();
    const list = { applications: [], resourceVersion: '1' };
    for await (const event of source.watch(list, stop.signal)) {
      if (event) {
        events.push(event);
      }
      if (events.length === count) {
        break;
      }
    }
    stop.abort();
    return events;
  }

  async function followed(
    source: ApplicationSource,
    until: (kept: KeptApplications) => void,
    idleLimitMs = 60_000,
  ): Promise<KeptApplications> {
    const kept = new KeptApplications();
    const stop = new AbortController();
    const running = new ApplicationFollower({
      source,
      sink: kept,
      resyncMs: 600_000,
      idleLimitMs,
      logger: mockServices.logger.mock(),
      backoffMinMs: 20,
    }).run(stop.signal);
    await eventually(() => until(kept));
    stop.abort();
    await running;
    return kept;
  }

  /** The recorded lines as kube-apiserver sends them. */
  const asKubernetes = (lines: string[]) =>
    lines.map(line => {
      const { type, application } = JSON.parse(line).result;
      return JSON.stringify({ type, object: application });
    });

  describe('An Application that does not exist and one that you may not see look alike: 403 with code 7, for admin too', () => {
    it.each([
      'errors/missing-app.json',
      'errors/missing-app-admin.json',
      'errors/missing-app-other-namespace.json',
      'errors/get-without-rights.json',
      'i-deleting/resource-tree.json',
    ])('%s', async path => {
      const application = await listed('a-synced-healthy');
      server.serve(
        `${API}/applications/${application.name}/resource-tree`,
        path,
      );
      await expect(api.troubles(application, NOW)).rejects.toThrow(
        'Argo CD main does not have this, or does not let the account read it (403); it needs "applications, get"',
      );
    });
  });

  it('A list without rights is 200 with items: null', async () => {
    server.serve(`${API}/applications`, 'errors/list-without-rights.json');
    expect((await api.list(NOW)).applications).toEqual([]);
  });

  it.each(['errors/unauthenticated.json', 'errors/bad-token.json'])(
    'A token that is refused is 401: %s',
    async path => {
      server.serve(`${API}/applications`, path);
      await expect(api.list(NOW)).rejects.toThrow(
        'Argo CD main refuses the token (401); give a valid one in gitops.argocd',
      );
    },
  );

  describe("After a comparison error the revision is the target revision's name, not a commit, and a broken overlay shows Healthy with the old image", () => {
    const broken = [
      'c1-malformed-yaml',
      'c2-tag-not-string',
      'c3-missing-resource',
      'c4-unknown-field',
    ];

    it.each([...broken, 'd-path-missing'])('%s', async folder => {
      expect(await listed(folder)).toMatchObject({
        sync: { status: 'Unknown', revision: undefined },
        sources: [{ targetRevision: 'main', revision: undefined }],
        health: { status: 'Healthy' },
        images: ['localhost:5001/demo:1.5.0'],
        conditions: [{ type: 'ComparisonError' }],
      });
    });

    it.each(broken)('%s, the same in Kubernetes', async folder => {
      expect(await listedInKubernetes(folder)).toEqual(await listed(folder));
    });
  });

  it("The repo server being down is a ComparisonError too (code = Unavailable): not the overlay's fault", async () => {
    const [{ message }] = (await listed('g-repo-server-down')).conditions;
    expect(message).toContain('code = Unavailable');
    for (const folder of ['c1-malformed-yaml', 'd-path-missing']) {
      const [other] = (await listed(folder)).conditions;
      expect(other.message).not.toContain('code = Unavailable');
    }
  });

  it('The list honours fields= only for a fixed set of paths: it is not asked for any', async () => {
    server.serve(`${API}/applications`, 'a-synced-healthy/list.json');
    await api.list(NOW);
    expect([...server.requests[0].searchParams.keys()]).toEqual([]);
    // What would come of it.
    const { items } = recorded<{ items: { status?: object }[] }>(
      'fields/items-status-sync.json',
    ).body;
    expect(items.map(({ status }) => status)).toEqual([undefined, undefined]);
  });

  it('The stream honours any path under result.: it is asked for what is read, and gives the same model', async () => {
    const [line] = recordedLines('stream/one-application.ndjson');
    server.stream(`${API}/stream/applications`, [line]);
    const [whole] = await watched(api, 1);
    const fields = server.requests[0].searchParams.get('fields')!.split(',');
    server.stream(`${API}/stream/applications`, [
      JSON.stringify(only(JSON.parse(line), fields)),
    ]);
    expect(await watched(api, 1)).toEqual([whole]);
    expect(whole.application.operation).toBeDefined();
  });

  it('A stream begins with one ADDED per Application', async () => {
    const lines = recordedLines(
      'stream/applications-all-during-promotion.ndjson',
    );
    server.stream(`${API}/stream/applications`, lines);
    const events = await watched(api, 4);
    expect(
      events.map(({ type, application }) => `${type} ${application.name}`),
    ).toEqual([
      'ADDED demo-local',
      'ADDED demo-stage',
      'MODIFIED demo-local',
      'MODIFIED demo-stage',
    ]);
  });

  it('unless resourceVersion= is given; an outdated one is no error, just silence: it is never given', async () => {
    expect(
      recordedLines('stream/from-ancient-resource-version.ndjson'),
    ).toEqual([]);
    server.serve(`${API}/applications`, 'a-synced-healthy/list.json');
    server.stream(`${API}/stream/applications`, []);
    await followed(api, () =>
      expect(server.requests.length).toBeGreaterThan(1),
    );
    expect(server.requests[1].searchParams.has('resourceVersion')).toBe(false);
  });

  it('When the server stops, an open stream may stay silent instead of closing: a client needs its own idle limit', async () => {
    server.serve(`${API}/applications`, 'a-synced-healthy/list.json');
    server.stream(
      `${API}/stream/applications`,
      recordedLines('g-server-restart/applications.ndjson'),
    );
    const kept = await followed(
      api,
      ({ told }) =>
        expect(told.filter(what => what === 'list of 2').length).toBe(3),
      100,
    );
    expect(kept.failures).toEqual([]);
  });

  it('Streams repeat MODIFIED for things that did not change in any way a person cares about', async () => {
    server.serve(`${API}/applications`, 'a-synced-healthy/list.json');
    const lines = recordedLines('g-server-restart/applications.ndjson');
    server.stream(`${API}/stream/applications`, lines);
    const kept = await followed(api, ({ told }) =>
      expect(told).toContain('MODIFIED demo-stage'),
    );
    // The list, then the state that the stream begins with; the two MODIFIED change nothing.
    expect(kept.changes).toHaveLength(4);
  });

  it.each([
    ['the API', (): ApplicationSource => api],
    ['Kubernetes', (): ApplicationSource => kube],
  ])(
    'status.summary.images lists the old and the new image during a rollout, over %s: arrived only when the old one is gone',
    async (_, source) => {
      const lines = recordedLines(
        'stream/applications-all-during-promotion.ndjson',
      );
      server.stream(`${API}/stream/applications`, lines);
      server.stream(
        `${KUBE}/namespaces/argocd/applications?watch`,
        asKubernetes(lines),
      );
      const events = await watched(source(), lines.length);
      const stage = events
        .map(({ application }) => application)
        .filter(({ name }) => name === 'demo-stage');
      expect(stage[stage.length - 1].images).toEqual([
        'localhost:5001/demo:1.4.2',
        'localhost:5001/demo:1.4.3',
      ]);
      const change = {
        name: 'demo',
        image: 'localhost:5001/demo',
        before: { tag: '1.4.2' },
        after: { tag: '1.4.3' },
      };
      expect(
        stage.filter(status => hasArrived([change], status, () => true)),
      ).toEqual([]);
    },
  );

  describe('Pod trouble is in the resource tree only', () => {
    const trouble = {
      kind: 'Pod',
      name: 'demo-6d4f96b474-mljgm',
      reason: 'ImagePullBackOff',
      message: 'Back-off pulling image "localhost:5001/demo:9.9.9"',
      images: ['localhost:5001/demo:9.9.9'],
      owner: 'ReplicaSet',
    };

    it.each([
      'e1-image-pull-backoff-progressing',
      'e2-image-pull-backoff-degraded',
    ])('%s, over the API', async folder => {
      server.serve(
        `${API}/applications/demo-stage/resource-tree`,
        `${folder}/resource-tree.json`,
      );
      const application = await listed(folder);
      expect(JSON.stringify(application)).not.toContain('Back-off');
      expect(await api.troubles(application, NOW)).toEqual([trouble]);
    });

    it('and what the pods run is the same by the tree and by the pods', async () => {
      const folder = 'e1-image-pull-backoff-progressing';
      server.serve(
        `${API}/applications/demo-stage/resource-tree`,
        `${folder}/resource-tree.json`,
      );
      server.serve(
        `${KUBE}/namespaces/argocd/applications/demo-stage`,
        'e2-image-pull-backoff-degraded/kube-application.json',
      );
      server.serve(
        '/api/kubernetes/proxy/api/v1/namespaces/demo-stage/pods',
        `${folder}/kube-pods.json`,
      );
      const application = await listed(folder);
      const found = await api.podImages(application, NOW);
      expect(found).toMatchObject({ ended: [], onlyCronJobs: false });
      expect(found.running.sort()).toEqual(application.images.sort());
      const byPods = await kube.podImages(application, NOW);
      expect({ ...byPods, running: byPods.running.sort() }).toEqual(found);
    });

    it('or in the pods over Kubernetes, where it is the same', async () => {
      const folder = 'e2-image-pull-backoff-degraded';
      const application = await listedInKubernetes(folder);
      server.serve(
        `${KUBE}/namespaces/argocd/applications/demo-stage`,
        `${folder}/kube-application.json`,
      );
      server.serve(
        '/api/kubernetes/proxy/api/v1/namespaces/demo-stage/pods',
        'e1-image-pull-backoff-progressing/kube-pods.json',
      );
      expect(await kube.troubles(application, NOW)).toEqual([trouble]);
    });

    it('asked for only when an Application is not Healthy', async () => {
      server.serve(`${API}/applications`, 'a-synced-healthy/list.json');
      server.stream(`${API}/stream/applications`, []);
      await followed(api, () =>
        expect(server.requests.length).toBeGreaterThan(1),
      );
      expect(server.requests.map(({ pathname }) => pathname)).toEqual([
        `${API}/applications`,
        `${API}/stream/applications`,
      ]);
    });
  });

  it('status.summary.externalURLs comes from the live Ingress', async () => {
    // The overlay says another host than the one that the cluster answers at.
    const status = await listed('f-wrong-host');
    expect(status.externalURLs).toEqual(['http://demo.localtest.me/']);
    expect(await listedInKubernetes('f-wrong-host')).toEqual(status);
  });

  it('status.resources[] carries no health in this version; the tree does', async () => {
    const { body } = recorded<{
      status: { resources: { health?: unknown }[] };
    }>('e2-image-pull-backoff-degraded/kube-application.json');
    expect(body.status.resources.map(({ health }) => health)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    // So the model has none of it, and takes no notice where another version has it.
    const status = await listed('e2-image-pull-backoff-degraded');
    expect(status).not.toHaveProperty('resources');
    expect(await listedInKubernetes('e2-image-pull-backoff-degraded')).toEqual(
      status,
    );
  });

  it('Multi-source Applications have status.sync.revisions and no status.sync.revision', async () => {
    const revision = '39e673ea00203dce1f858be9a90901565b9df221';
    expect(await listed('k-multi-source')).toMatchObject({
      path: 'apps/demo/overlays/local',
      sync: { status: 'OutOfSync', revision },
      sources: [
        { path: 'apps/demo/overlays/local', revision },
        { path: 'apps/demo/overlays/stage', revision },
      ],
    });
  });

  it('?refresh=normal answers after the refresh, with an Application of the same shape', async () => {
    const refreshed = await listed(
      'a-synced-healthy',
      'get-refresh-normal.json',
    );
    const before = await listed('a-synced-healthy');
    expect({ ...refreshed, reconciledAt: undefined }).toEqual({
      ...before,
      reconciledAt: undefined,
    });
    expect(refreshed.reconciledAt! >= before.reconciledAt!).toBe(true);
  });

  it('reads the same list from the API and from Kubernetes', async () => {
    server.serve(`${API}/applications`, 'a-synced-healthy/list.json');
    server.serve(
      `${KUBE}/namespaces/argocd/applications`,
      'a-synced-healthy/kube-list.json',
    );
    const fromKube = await kube.list(NOW);
    expect(fromKube.applications).toEqual((await api.list(NOW)).applications);
    expect(fromKube.applications).toHaveLength(2);
    expect(fromKube.resourceVersion).toBe('577');
  });

  it('reads what waits for a sync alike from both', async () => {
    expect(await listedInKubernetes('b-out-of-sync')).toEqual(
      await listed('b-out-of-sync'),
    );
  });

  it.each([
    ['the API', (): ApplicationSource => api],
    ['Kubernetes', (): ApplicationSource => kube],
  ])(
    'lets go of an Application that is deleted while streaming, over %s',
    async (_, source) => {
      const lines = recordedLines('i-deleting/applications.ndjson');
      server.serve(`${API}/applications`, 'a-synced-healthy/list.json');
      server.serve(
        `${KUBE}/namespaces/argocd/applications`,
        'a-synced-healthy/kube-list.json',
      );
      server.stream(`${API}/stream/applications`, lines);
      server.stream(
        `${KUBE}/namespaces/argocd/applications?watch`,
        asKubernetes(lines),
      );
      const kept = await followed(source(), ({ told }) =>
        expect(told).toContain('DELETED demo-multi'),
      );
      expect(kept.told).toContain('ADDED demo-multi');
      expect(kept.names).toEqual(['demo-local', 'demo-stage']);
    },
  );

  it('sees an image that was set in the cluster', async () => {
    expect((await listed('o-image-override')).imageOverrides).toEqual([
      'demo=localhost:5001/demo:0.0.7',
    ]);
  });
});

/** The parts of a value that paths lead to. */
function only(value: unknown, paths: string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const below = paths
        .filter(path => path.startsWith(`${key}.`))
        .map(path => path.slice(key.length + 1));
      if (paths.includes(key)) {
        return [[key, item]];
      }
      return below.length > 0 ? [[key, only(item, below)]] : [];
    }),
  );
}
