import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { mockServices } from '@backstage/backend-test-utils';
import { Side } from '../readmodel/Side';
import { ApplicationFollower } from './ApplicationFollower';
import { ArgocdClient } from './ArgocdClient';
import { InstanceState } from './InstanceState';

const HEAD = 'a'.repeat(40);

function application(
  name: string,
  health = 'Healthy',
  reconciledAt = '2026-11-24T00:00:00Z',
) {
  return {
    metadata: { name, namespace: 'argocd' },
    spec: { source: { path: `apps/demo/overlays/${name}` } },
    status: {
      sync: { status: 'Synced', revision: HEAD },
      health: { status: health },
      summary: { images: ['localhost:5001/demo:1.4.2'] },
      reconciledAt,
    },
  };
}

/** An Argo CD that answers what a test tells it to. */
class ScriptedArgocd {
  applications: unknown[] | null = [];
  lists = 0;
  streams: ServerResponse[] = [];
  trees: string[] = [];
  status = 200;
  readonly #server = createServer((req, res) => this.#answer(req, res));

  async start(): Promise<string> {
    await new Promise<void>(resolve =>
      this.#server.listen(0, '127.0.0.1', resolve),
    );
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  send(...lines: unknown[]) {
    for (const stream of this.streams) {
      stream.write(lines.map(line => `${JSON.stringify(line)}\n`).join(''));
    }
  }

  #answer(req: IncomingMessage, res: ServerResponse) {
    if (req.headers.authorization !== 'Bearer token' || this.status === 401) {
      res.writeHead(401).end('{"error":"no session information","code":16}');
    } else if (this.status !== 200) {
      res.writeHead(this.status).end('{}');
    } else if (req.url === '/api/v1/applications') {
      this.lists += 1;
      res.end(JSON.stringify({ items: this.applications }));
    } else if (req.url === '/api/v1/stream/applications') {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.flushHeaders();
      this.streams.push(res);
      res.on('close', () => {
        this.streams = this.streams.filter(stream => stream !== res);
      });
    } else {
      this.trees.push(req.url ?? '');
      res.end(
        JSON.stringify({
          nodes: [
            {
              kind: 'Pod',
              name: 'demo-1',
              info: [{ name: 'Status Reason', value: 'ImagePullBackOff' }],
              health: { status: 'Degraded', message: 'Back-off pulling image' },
              images: ['localhost:5001/demo:9.9.9'],
            },
          ],
        }),
      );
    }
  }
}

async function eventually(check: () => void): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        throw error;
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }
}

describe('ApplicationFollower', () => {
  let argocd: ScriptedArgocd;
  let state: InstanceState;
  let follower: ApplicationFollower;
  let running: Promise<void>;
  let changes: string[][];

  async function follow(resyncMs = 60_000, token = 'token') {
    const url = await argocd.start();
    const config = { name: 'main', url, uiUrl: url, token };
    state = new InstanceState(config, new Side(60_000));
    changes = [];
    follower = new ApplicationFollower({
      client: new ArgocdClient(config),
      state,
      resyncMs,
      logger: mockServices.logger.mock(),
      onChange: applications =>
        changes.push(applications.map(({ name }) => name)),
    });
    running = follower.run();
  }

  const names = () => [...state.applications].map(({ name }) => name);
  const healthOf = (name: string) =>
    state.find({ name, overlayPath: '' })?.health.status;

  beforeEach(() => {
    argocd = new ScriptedArgocd();
  });

  afterEach(async () => {
    follower.stop();
    await argocd.stop();
    await running;
  });

  it('lists, then takes over what the stream reports', async () => {
    argocd.applications = [application('local'), application('stage')];
    await follow();
    await eventually(() => expect(argocd.streams).toHaveLength(1));
    expect(names()).toEqual(['local', 'stage']);
    expect(state.side.freshness(new Date())).toMatchObject({ stale: false });

    argocd.send(
      {
        result: {
          type: 'MODIFIED',
          application: application('stage', 'Missing'),
        },
      },
      { result: { type: 'ADDED', application: application('prod') } },
      { result: { type: 'DELETED', application: application('local') } },
    );
    await eventually(() => expect(names()).toEqual(['stage', 'prod']));
    expect(healthOf('stage')).toBe('Missing');
  });

  it('reports a change once, and nothing when Argo CD repeats itself', async () => {
    argocd.applications = [application('local')];
    await follow();
    await eventually(() => expect(argocd.streams).toHaveLength(1));
    changes.length = 0;
    argocd.send(
      {
        result: {
          type: 'MODIFIED',
          application: application('local', 'Healthy', '2026-11-24T00:03:00Z'),
        },
      },
      {
        result: {
          type: 'MODIFIED',
          application: application('local', 'Suspended'),
        },
      },
    );
    await eventually(() => expect(changes).toEqual([['local']]));
    expect(healthOf('local')).toBe('Suspended');
  });

  it('takes a line in pieces for one line', async () => {
    argocd.applications = [application('local')];
    await follow();
    await eventually(() => expect(argocd.streams).toHaveLength(1));
    const line = `${JSON.stringify({
      result: {
        type: 'MODIFIED',
        application: application('local', 'Missing'),
      },
    })}\n`;
    argocd.streams[0].write(line.slice(0, 40));
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(healthOf('local')).toBe('Healthy');
    argocd.streams[0].write(line.slice(40));
    await eventually(() => expect(healthOf('local')).toBe('Missing'));
  });

  it('takes a list without rights for an empty one', async () => {
    argocd.applications = null;
    await follow();
    await eventually(() => expect(argocd.streams).toHaveLength(1));
    expect(names()).toEqual([]);
  });

  it('lists again when the stream stays silent, and drops what is gone', async () => {
    argocd.applications = [application('local'), application('stage')];
    await follow(200);
    await eventually(() => expect(names()).toEqual(['local', 'stage']));
    argocd.applications = [application('stage', 'Degraded')];
    await eventually(() => expect(names()).toEqual(['stage']));
    expect(healthOf('stage')).toBe('Degraded');
    expect(state.side.freshness(new Date()).error).toBeUndefined();
  });

  it('lists again even when garbage is collected while the stream is silent', async () => {
    // What fetch hangs its own abort handling on does not survive a collection.
    setFlagsFromString('--expose_gc');
    const collectGarbage: () => void = runInNewContext('gc');
    argocd.applications = [application('local')];
    await follow(500);
    await eventually(() => expect(argocd.streams).toHaveLength(1));
    collectGarbage();
    await new Promise(resolve => setTimeout(resolve, 50));
    collectGarbage();
    await eventually(() => expect(argocd.lists).toBeGreaterThan(2));
  }, 15_000);

  it('asks the resource tree only about what is not Healthy', async () => {
    argocd.applications = [
      application('local'),
      application('stage', 'Degraded'),
    ];
    await follow();
    await eventually(() => expect(argocd.streams).toHaveLength(1));
    expect(argocd.trees).toEqual([
      '/api/v1/applications/stage/resource-tree?appNamespace=argocd',
    ]);
    expect(state.find({ name: 'stage', overlayPath: '' })?.troubles).toEqual([
      {
        kind: 'Pod',
        name: 'demo-1',
        reason: 'ImagePullBackOff',
        message: 'Back-off pulling image',
        images: ['localhost:5001/demo:9.9.9'],
      },
    ]);
  });

  it.each([
    ['cuts the connection', (stream: ServerResponse) => stream.destroy()],
    ['sends garbage', (stream: ServerResponse) => stream.write('<html>\n')],
    [
      'reports an error',
      (stream: ServerResponse) =>
        stream.write('{"error":{"message":"context canceled"}}\n'),
    ],
    ['ends the stream', (stream: ServerResponse) => stream.end()],
  ])('goes on from a new list when Argo CD %s', async (_, fault) => {
    argocd.applications = [application('local')];
    await follow();
    await eventually(() => expect(argocd.streams).toHaveLength(1));
    argocd.applications = [application('local', 'Missing')];
    fault(argocd.streams[0]);
    await eventually(() => expect(healthOf('local')).toBe('Missing'));
    await eventually(() =>
      expect(state.side.freshness(new Date()).stale).toBe(false),
    );
  });

  it('keeps the last known state, marked stale, while Argo CD is away', async () => {
    argocd.applications = [application('local')];
    await follow();
    await eventually(() => expect(argocd.streams).toHaveLength(1));
    argocd.status = 503;
    changes.length = 0;
    argocd.streams[0].destroy();
    await eventually(() =>
      expect(state.side.freshness(new Date())).toMatchObject({
        stale: true,
        readAt: expect.any(String),
        error: expect.stringContaining('Argo CD main'),
      }),
    );
    expect(names()).toEqual(['local']);
    // The page is told once that what it shows has become stale.
    expect(changes).toEqual([['local']]);
  });

  it('says what to do when the token is refused, without the token', async () => {
    await follow(60_000, 'a-wrong-token');
    await eventually(() =>
      expect(state.side.freshness(new Date())).toEqual({
        stale: true,
        error:
          'Argo CD main refuses the token (401); give a valid one in gitops.argocd',
      }),
    );
  });
});
