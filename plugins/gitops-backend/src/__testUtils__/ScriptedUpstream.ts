import {
  createServer,
  IncomingMessage,
  RequestListener,
  Server,
  ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { AddressInfo } from 'node:net';
import { mockServices } from '@backstage/backend-test-utils';
import { ApplicationSource } from '../argocd/ApplicationSource';
import { ArgocdApiSource } from '../argocd/ArgocdApiSource';
import { KubernetesSource } from '../argocd/KubernetesSource';
import { ArgocdApiConfig, ArgocdKubernetesConfig } from '../config';

/** An Application as both transports show it. */
export interface ApplicationJson {
  metadata: {
    name: string;
    namespace: string;
    labels?: Record<string, string>;
  };
  spec: object;
  status: object;
}

const IN_CLUSTER = 'https://kubernetes.default.svc';

/** An Application that runs in a namespace of its own name. */
export function application(
  name: string,
  options: {
    health?: string;
    namespace?: string;
    project?: string;
    labels?: Record<string, string>;
    reconciledAt?: string;
    destination?: object;
  } = {},
): ApplicationJson {
  const {
    health = 'Healthy',
    namespace = 'argocd',
    project = 'default',
    labels,
    reconciledAt = '2026-11-24T00:00:00Z',
    destination = { server: IN_CLUSTER, namespace: name },
  } = options;
  return {
    metadata: { name, namespace, labels },
    spec: {
      project,
      source: { repoURL: 'https://x', path: `apps/demo/overlays/${name}` },
      destination,
    },
    status: {
      sync: { status: 'Synced', revision: 'a'.repeat(40) },
      health: { status: health },
      summary: { images: ['localhost:5001/demo:1.4.2'] },
      resources: [{ group: 'apps', kind: 'Deployment', namespace: name, name }],
      reconciledAt,
    },
  };
}

/** A real HTTP server that answers what a test tells it to; what it is asked is written down. */
export abstract class ScriptedUpstream {
  applications: ApplicationJson[] | null = [];
  /** The secret that requests must carry. */
  token = 'token';
  /** The secret that the source carries. */
  sourceToken = 'token';
  readonly lists: string[] = [];
  readonly watches: string[] = [];
  /** What was asked about pods. */
  readonly trees: string[] = [];
  streams: ServerResponse[] = [];
  /** Answers instead of what would be answered; falls through where it returns false. */
  fault?: (request: IncomingMessage, response: ServerResponse) => boolean;
  onTree: (name: string, answer: (reason?: string) => void) => void = (
    _,
    answer,
  ) => answer('ImagePullBackOff');
  #server?: Server;

  async start(tls?: { cert: string; key: string }): Promise<string> {
    const listener: RequestListener = (request, response) => {
      if (!this.fault?.(request, response)) {
        this.answer(request, response);
      }
    };
    const server = tls
      ? createTlsServer(tls, listener)
      : createServer(listener);
    this.#server = server;
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise(resolve => this.#server?.close(resolve) ?? resolve(0));
  }

  /** Sends bytes into every open stream. */
  write(text: string): void {
    this.streams.forEach(stream => stream.write(text));
  }

  send(type: string, changed: ApplicationJson): void {
    this.write(this.line(type, changed));
  }

  /** An event as a line of the stream. */
  abstract line(type: string, changed: ApplicationJson): string;

  abstract source(url: string): ApplicationSource;

  protected abstract answer(
    request: IncomingMessage,
    response: ServerResponse,
  ): void;

  protected open(request: IncomingMessage, response: ServerResponse): void {
    this.watches.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.streams.push(response);
    response.on('close', () => {
      this.streams = this.streams.filter(stream => stream !== response);
    });
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify(body));
}

/** An Argo CD by its API. */
export class ScriptedArgocd extends ScriptedUpstream {
  config: Partial<ArgocdApiConfig> = {};

  line(type: string, changed: ApplicationJson): string {
    return `${JSON.stringify({ result: { type, application: changed } })}\n`;
  }

  source(url: string): ApplicationSource {
    return new ArgocdApiSource({
      transport: 'api',
      name: 'main',
      url,
      uiUrl: url,
      token: () => this.sourceToken,
      projects: [],
      ...this.config,
    });
  }

  protected answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      sendJson(response, 401, { error: 'no session information', code: 16 });
    } else if (pathname === '/api/v1/applications') {
      this.lists.push(request.url ?? '');
      sendJson(response, 200, {
        metadata: { resourceVersion: '1' },
        items: this.applications,
      });
    } else if (pathname === '/api/v1/stream/applications') {
      this.open(request, response);
    } else {
      this.trees.push(request.url ?? '');
      const [, name] = /applications\/([^/]+)\/resource-tree/.exec(pathname)!;
      this.onTree(name, reason =>
        sendJson(response, 200, {
          nodes: reason ? [podNode(name, reason)] : [],
        }),
      );
    }
  }
}

/** The Kubernetes plugin before a cluster with an Argo CD. */
export class ScriptedKubernetes extends ScriptedUpstream {
  config: Partial<ArgocdKubernetesConfig> = {};
  resourceVersion = 100;

  line(type: string, changed: ApplicationJson): string {
    this.resourceVersion++;
    return `${JSON.stringify({ type, object: changed })}\n`;
  }

  source(url: string): ApplicationSource {
    const auth = mockServices.auth.mock({
      getOwnServiceCredentials: async () => ({
        $$type: '@backstage/BackstageCredentials',
        principal: { type: 'service', subject: 'plugin:gitops' },
      }),
      getPluginRequestToken: async ({ targetPluginId }) => ({
        token: targetPluginId === 'kubernetes' ? this.sourceToken : 'other',
      }),
    });
    const discovery = mockServices.discovery.mock({
      getBaseUrl: async plugin => `${url}/api/${plugin}`,
    });
    return new KubernetesSource(
      {
        transport: 'kubernetes',
        name: 'main',
        cluster: 'production',
        namespaces: [],
        projects: [],
        ...this.config,
      },
      { auth, discovery },
    );
  }

  protected answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const path = pathname.replace('/api/kubernetes/proxy', '');
    const [, namespace] = /\/namespaces\/([^/]+)/.exec(path) ?? [];
    const one = /\/applications\/([^/]+)$/.exec(path)?.[1];
    const here = (this.applications ?? []).filter(
      ({ metadata }) => !namespace || metadata.namespace === namespace,
    );
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      sendJson(response, 401, {
        error: { name: 'AuthenticationError', message: 'Invalid token' },
      });
    } else if (
      request.headers['backstage-kubernetes-cluster'] !== 'production'
    ) {
      sendJson(response, 404, {
        error: { name: 'NotFoundError', message: "Cluster 'x' not found" },
      });
    } else if (path.endsWith('/pods')) {
      this.trees.push(request.url ?? '');
      this.onTree(namespace, reason =>
        sendJson(response, 200, {
          kind: 'PodList',
          items: reason ? [podResource(namespace, reason)] : [],
          metadata: {},
        }),
      );
    } else if (one) {
      sendJson(
        response,
        200,
        here.find(({ metadata }) => metadata.name === one),
      );
    } else if (searchParams.has('watch')) {
      this.open(request, response);
    } else {
      this.lists.push(request.url ?? '');
      const from = Number(searchParams.get('continue') ?? 0);
      const to = from + Number(searchParams.get('limit') ?? here.length);
      sendJson(response, 200, {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'ApplicationList',
        items: here.slice(from, to),
        metadata: {
          continue: to < here.length ? String(to) : '',
          resourceVersion: String(this.resourceVersion),
        },
      });
    }
  }
}

function podNode(name: string, reason: string): object {
  return {
    kind: 'Pod',
    name: `${name}-abc-1`,
    parentRefs: [{ kind: 'ReplicaSet', name: `${name}-abc` }],
    info: [{ name: 'Status Reason', value: reason }],
    health: { status: 'Degraded', message: 'Back-off pulling image' },
    images: ['localhost:5001/demo:9.9.9'],
  };
}

function podResource(name: string, reason: string): object {
  return {
    metadata: {
      name: `${name}-abc-1`,
      namespace: name,
      labels: { 'pod-template-hash': 'abc' },
      ownerReferences: [
        { kind: 'ReplicaSet', name: `${name}-abc`, controller: true },
      ],
    },
    spec: {
      restartPolicy: 'Always',
      containers: [{ image: 'localhost:5001/demo:9.9.9' }],
    },
    status: {
      phase: 'Pending',
      containerStatuses: [
        { state: { waiting: { reason, message: 'Back-off pulling image' } } },
      ],
    },
  };
}
