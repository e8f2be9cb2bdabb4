import { IncomingMessage } from 'node:http';
import { mockServices } from '@backstage/backend-test-utils';
import { recorded } from '../__testUtils__/recordings';
import {
  application,
  ScriptedArgocd,
  ScriptedKubernetes,
  sendJson,
} from '../__testUtils__/ScriptedUpstream';
import { ApplicationCommands } from './ApplicationCommands';
import { createApplicationCommands } from './createApplicationSource';

const NOW = new AbortController().signal;
const STAGE = { namespace: 'argocd', name: 'demo-stage' };
const GUEST = 'user:default/guest';

interface Sent {
  method?: string;
  url?: string;
  type?: string;
  body: unknown;
}

async function read(request: IncomingMessage): Promise<Sent> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
  }
  return {
    method: request.method,
    url: request.url,
    type: request.headers['content-type'],
    body: text === '' ? undefined : JSON.parse(text),
  };
}

/** Answers what commands ask, in this order, and writes down what they sent. */
function answering(
  upstream: ScriptedArgocd | ScriptedKubernetes,
  answers: [status: number, body: unknown][],
): Sent[] {
  const sent: Sent[] = [];
  const left = [...answers];
  upstream.fault = (request, response) => {
    void read(request).then(one => {
      sent.push(one);
      const [status, body] = left.shift() ?? [500, { message: 'too many' }];
      sendJson(response, status, body);
    });
    return true;
  };
  return sent;
}

const withPolicy = (syncPolicy: object, other: object = {}) => {
  const { spec, ...rest } = application('demo-stage');
  return { ...rest, spec: { ...spec, syncPolicy }, ...other };
};

/** An Application that is still to be compared, or not. */
function refreshing(isSo: boolean) {
  const { metadata, ...rest } = application('demo-stage');
  return {
    ...rest,
    metadata: {
      ...metadata,
      annotations: isSo ? { 'argocd.argoproj.io/refresh': 'normal' } : {},
    },
  };
}

describe('ArgocdApiCommands', () => {
  let argocd: ScriptedArgocd;
  let commands: ApplicationCommands;

  beforeEach(async () => {
    argocd = new ScriptedArgocd();
    const url = await argocd.start();
    commands = createApplicationCommands(
      {
        transport: 'api',
        name: 'main',
        url,
        uiUrl: url,
        projects: [],
        token: () => argocd.token,
      },
      { auth: mockServices.auth(), discovery: mockServices.discovery() },
    );
  });

  afterEach(async () => {
    await commands.close();
    await argocd.stop();
  });

  it.each(['normal', 'hard'] as const)('refreshes, %s', async mode => {
    const { body } = recorded('a-synced-healthy/get-refresh-normal.json');
    const sent = answering(argocd, [[200, body]]);
    await commands.refresh(STAGE, mode, NOW);
    expect(sent).toMatchObject([
      {
        method: 'GET',
        url: `/api/v1/applications/demo-stage?refresh=${mode}&appNamespace=argocd`,
      },
    ]);
  });

  it('does not wait for the comparison once Argo CD has noted the request, whatever comes of it', async () => {
    const looks = [application('demo-stage'), undefined, refreshing(true)];
    let compared: (() => void) | undefined;
    argocd.fault = (request, response) => {
      if (request.url?.includes('refresh=')) {
        compared = () => sendJson(response, 500, { message: 'too late' });
      } else {
        const look = looks.shift();
        sendJson(response, look ? 200 : 503, look ?? {});
      }
      return true;
    };
    await commands.refresh(STAGE, 'normal', NOW);
    expect(looks).toEqual([]);
    compared?.();
  });

  it('says what Argo CD refuses, also after a while', async () => {
    let refuse: (() => void) | undefined;
    argocd.fault = (request, response) => {
      if (request.url?.includes('refresh=')) {
        refuse = () => sendJson(response, 404, { message: 'not found' });
      } else {
        sendJson(response, 200, application('demo-stage'));
        refuse?.();
      }
      return true;
    };
    await expect(commands.refresh(STAGE, 'normal', NOW)).rejects.toThrow('404');
  });

  it.each([true, false])('says whether it refreshes: %s', async isSo => {
    const sent = answering(argocd, [[200, refreshing(isSo)]]);
    await expect(commands.isRefreshing(STAGE, NOW)).resolves.toBe(isSo);
    expect(sent).toMatchObject([
      { url: '/api/v1/applications/demo-stage?appNamespace=argocd' },
    ]);
  });

  it.each([
    ['prunes where its policy does', { automated: { prune: true } }, true],
    ['does not prune where its policy does not', { automated: {} }, false],
    ['does not prune without auto-sync', {}, false],
  ])('syncs to the target revision, and %s', async (_, policy, prune) => {
    const { body } = recorded('h-sync/sync-accepted.json');
    const sent = answering(argocd, [
      [200, withPolicy(policy)],
      [200, body],
    ]);
    await commands.sync(STAGE, GUEST, NOW);
    expect(sent[1]).toEqual({
      method: 'POST',
      url: '/api/v1/applications/demo-stage/sync',
      type: 'application/json',
      body: {
        appNamespace: 'argocd',
        prune,
        infos: [{ name: 'Requested in Backstage by', value: GUEST }],
      },
    });
  });

  it.each<
    [what: string, status: number, body: unknown, name: string, says: string]
  >([
    [
      'an account without the right to sync',
      ...Object.values(recorded('errors/sync-without-rights.json')),
      'ServiceUnavailableError',
      '(403: permission denied: applications, sync, default/demo-stage, sub: backstage, iat: 2026-11-23T23:28:48Z); give its role "applications, sync"',
    ] as [string, number, unknown, string, string],
    [
      'a sync window',
      403,
      { code: 7, message: 'cannot sync: blocked by sync window' },
      'ConflictError',
      '(403: cannot sync: blocked by sync window); wait until the sync windows',
    ],
    [
      'another operation',
      400,
      { code: 9, message: 'another operation is already in progress' },
      'ConflictError',
      '(400: another operation is already in progress); try again',
    ],
    [
      'a token that is refused',
      ...Object.values(recorded('errors/bad-token.json')),
      'NotAllowedError',
      'refuses the token (401)',
    ] as [string, number, unknown, string, string],
  ])('tells of %s', async (_, status, body, name, says) => {
    answering(argocd, [
      [200, withPolicy({})],
      [status, body],
    ]);
    const failure = await commands.sync(STAGE, GUEST, NOW).catch(e => e);
    expect(failure.name).toBe(name);
    expect(failure.message).toContain(says);
  });

  it('does not sync what it may not get', async () => {
    const { status, body } = recorded('errors/get-without-rights.json');
    const sent = answering(argocd, [[status, body]]);
    await expect(commands.sync(STAGE, GUEST, NOW)).rejects.toThrow(
      'it needs "applications, get"',
    );
    expect(sent).toHaveLength(1);
  });
});

describe('KubernetesCommands', () => {
  let kubernetes: ScriptedKubernetes;
  let commands: ApplicationCommands;
  const path =
    '/api/kubernetes/proxy/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/demo-stage';
  const found = (syncPolicy: object, resourceVersion = '7', other = {}) => ({
    ...withPolicy(syncPolicy, other),
    metadata: { ...STAGE, resourceVersion },
  });
  const conflict = {
    kind: 'Status',
    code: 409,
    message: 'the object has been modified',
  };

  beforeEach(async () => {
    kubernetes = new ScriptedKubernetes();
    const url = await kubernetes.start();
    commands = createApplicationCommands(
      {
        transport: 'kubernetes',
        name: 'main',
        cluster: 'production',
        namespaces: [],
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
    await commands.close();
    await kubernetes.stop();
  });

  it.each(['normal', 'hard'] as const)(
    'refreshes by an annotation, %s',
    async mode => {
      const sent = answering(kubernetes, [[200, found({})]]);
      await commands.refresh(STAGE, mode, NOW);
      expect(sent).toEqual([
        {
          method: 'PATCH',
          url: path,
          type: 'application/merge-patch+json',
          body: {
            metadata: { annotations: { 'argocd.argoproj.io/refresh': mode } },
          },
        },
      ]);
    },
  );

  it.each([true, false])('says whether it refreshes: %s', async isSo => {
    const sent = answering(kubernetes, [[200, refreshing(isSo)]]);
    await expect(commands.isRefreshing(STAGE, NOW)).resolves.toBe(isSo);
    expect(sent).toMatchObject([{ method: 'GET', url: path }]);
  });

  it('syncs by an operation of the version that it read, with the options of its policy', async () => {
    const sent = answering(kubernetes, [
      [
        200,
        found({ automated: { prune: true }, syncOptions: ['Replace=true'] }),
      ],
      [200, found({})],
    ]);
    await commands.sync(STAGE, GUEST, NOW);
    expect(sent[1]).toEqual({
      method: 'PATCH',
      url: path,
      type: 'application/merge-patch+json',
      body: {
        metadata: { resourceVersion: '7' },
        operation: {
          initiatedBy: { username: GUEST },
          sync: { prune: true, syncOptions: ['Replace=true'] },
        },
      },
    });
  });

  it('reads again what changed meanwhile, and does not override an operation that came first', async () => {
    const sent = answering(kubernetes, [
      [200, found({}, '7')],
      [409, conflict],
      [200, found({}, '8', { operation: { sync: {} } })],
    ]);
    const failure = await commands.sync(STAGE, GUEST, NOW).catch(e => e);
    expect(failure.name).toBe('ConflictError');
    expect(failure.message).toContain(
      'demo-stage has another operation in progress',
    );
    expect(sent).toHaveLength(3);
  });

  it('gives up on what changes all the time', async () => {
    const sent = answering(
      kubernetes,
      Array.from({ length: 10 }, (_, index) =>
        index % 2 ? [409, conflict] : [200, found({})],
      ),
    );
    const failure = await commands.sync(STAGE, GUEST, NOW).catch(e => e);
    expect(failure.name).toBe('ConflictError');
    expect(failure.message).toContain('changed meanwhile (409');
    expect(sent).toHaveLength(10);
  });

  it.each([
    [
      { kind: 'Status', message: 'applications is forbidden' },
      'ServiceUnavailableError',
      'let it get and patch applications.argoproj.io',
    ],
    [
      { error: { message: 'Unauthorized' } },
      'NotAllowedError',
      'allow kubernetes.proxy to plugin:gitops',
    ],
  ])('tells who forbids it: %j', async (body, name, says) => {
    answering(kubernetes, [[403, body]]);
    const failure = await commands.refresh(STAGE, 'normal', NOW).catch(e => e);
    expect(failure.name).toBe(name);
    expect(failure.message).toContain(says);
  });
});
