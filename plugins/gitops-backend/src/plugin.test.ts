import { setTimeout as sleep } from 'node:timers/promises';
import { schedulerServiceFactory } from '@backstage/backend-defaults/scheduler';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import { Entity } from '@backstage/catalog-model';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  Environment,
  EnvironmentsResponse,
  GateResult,
  Promotion,
  gitopsPermissions,
  PromotionPhase,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Sandbox, startTestSandbox } from '@gitops-infra/sandbox';
import request from 'supertest';
import gitopsPlugin from './index';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

const ENTITY = '/api/gitops/entities/component/default/demo';
const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';
const LOCAL = 'apps/demo/overlays/local/kustomization.yaml';
const GUEST = mockCredentials.user.header('user:default/guest');
// Somebody whose rights the backend was not asked for in the last seconds.
const NEWCOMER = mockCredentials.user.header('user:default/newcomer');
const REQUEST = { from: 'local', to: 'stage' };

const annotated = (
  name: string,
  annotations: Record<string, string>,
): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name,
    namespace: 'default',
    annotations,
  },
  spec: {},
});

const component = (name: string, service?: string): Entity =>
  annotated(name, service ? { 'gitops-infra.dev/service': service } : {});

async function eventually<T>(
  look: () => Promise<T>,
  isThere: (value: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await look();
    if (isThere(value)) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`still ${JSON.stringify(value, undefined, 1)}`);
    }
    await sleep(50);
  }
}

describe('the gitops backend', () => {
  let sandbox: Sandbox;
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  // The bus that the events backend puts webhooks on, once it has verified their signatures.
  const events = mockServices.events();
  let denied: string[];
  let audited: { eventId: string; outcome: string }[];

  const start = (config: object = {}) =>
    startTestBackend({
      features: [
        gitopsPlugin,
        createServiceFactory({
          service: eventsServiceRef,
          deps: {},
          factory: () => events,
        }),
        // The scheduler that tests have by default runs a task once.
        schedulerServiceFactory,
        mockServices.rootConfig.factory({
          data: {
            app: { baseUrl: 'http://backstage.test' },
            backend: { baseUrl: 'http://backstage.test' },
            integrations: {
              github: [
                {
                  host: new URL(sandbox.urls.github).host,
                  apiBaseUrl: sandbox.urls.github,
                  token: sandbox.tokens.github,
                },
              ],
            },
            gitops: {
              repositories: [{ url: sandbox.urls.repository }],
              argocd: [
                {
                  name: 'main',
                  url: sandbox.urls.argocd,
                  token: sandbox.tokens.argocd,
                },
              ],
              repositoryInterval: { milliseconds: 200 },
              promotionInterval: { milliseconds: 200 },
              ...config,
            },
          },
        }),
        catalogServiceMock.factory({
          entities: [
            component('demo', 'demo'),
            component('plain'),
            component('lost', 'nowhere'),
            annotated('by-name', { 'argocd/app-name': 'demo-stage' }),
            annotated('by-project', { 'argocd/project-name': 'default' }),
            annotated('lost-name', { 'argocd/app-name': 'nothing' }),
          ],
        }),
        mockServices.permissions.mock({
          authorize: async requests =>
            requests.map(({ permission }) => ({
              result: denied.includes(permission.name)
                ? AuthorizeResult.DENY
                : AuthorizeResult.ALLOW,
            })),
        }).factory,
        mockServices.auditor.mock({
          createEvent: async ({ eventId }) => ({
            success: async () => {
              audited.push({ eventId, outcome: 'success' });
            },
            fail: async () => {
              audited.push({ eventId, outcome: 'fail' });
            },
          }),
        }).factory,
      ],
    });

  const get = (path: string, by = GUEST) =>
    request(backend.server).get(path).set('authorization', by);
  const post = (path: string, body?: object) =>
    request(backend.server).post(path).set('authorization', GUEST).send(body);
  const merge = ({ id, headCommit }: Promotion, more?: object) =>
    post(`/api/gitops/promotions/${id}/merge`, { headCommit, ...more });
  const environments = async (): Promise<EnvironmentsResponse> =>
    (await get(`${ENTITY}/environments`)).body;
  const stage = async (): Promise<Environment> =>
    (await environments()).environments?.[1];
  const restartHealthy = async (config: object) => {
    await backend.stop();
    backend = await start(config);
    await eventually(
      environments,
      answer => answer.environments?.[1]?.health.status === 'Healthy',
    );
  };

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });

  beforeEach(async () => {
    denied = [];
    audited = [];
    await sandbox.reset();
    backend = await start();
    await eventually(
      environments,
      answer => answer.environments?.[1]?.health.status === 'Healthy',
    );
  });

  afterEach(async () => {
    await backend.stop();
  });

  afterAll(async () => {
    await sandbox.close();
  });

  it('answers again what it answered, with its age of now, and what changed at once', async () => {
    const timeless = ({
      environments: all,
      ...rest
    }: EnvironmentsResponse) => ({
      ...rest,
      environments: all.map(({ freshness: _, ...environment }) => environment),
    });
    const [first, second] = [await environments(), await environments()];
    expect(timeless(second)).toEqual(timeless(first));
    expect(Object.keys(second.environments[0].freshness)).toEqual([
      'git',
      'argocd',
    ]);
    const { body } = await post(`${ENTITY}/promotions`, REQUEST);
    await expect(stage()).resolves.toMatchObject({
      promotion: { id: body.promotion.id, state: 'open' },
    });
    sandbox.setGithub({ down: true });
    await eventually(stage, ({ freshness }) => freshness.git.stale);
  });

  it('says how the following of each upstream stands', async () => {
    const status = async () => (await get('/api/gitops/status')).body;
    const head = (await sandbox.head())!;
    await expect(status()).resolves.toMatchObject({
      repositories: [
        {
          url: sandbox.urls.repository,
          branch: 'main',
          head,
          services: 1,
          files: 9,
          stale: false,
          lagSeconds: expect.any(Number),
        },
      ],
      argocd: [{ name: 'main', applications: 2, stale: false }],
    });
    sandbox.setArgocd({ down: true });
    const [argocd] = (
      await eventually(status, answer => answer.argocd[0].error)
    ).argocd;
    expect(argocd).toMatchObject({
      name: 'main',
      applications: 2,
      stale: true,
    });
    expect(argocd.error).toContain('Argo CD main does not answer');
  });

  it('answers what is known of each environment', async () => {
    const head = (await sandbox.head())!;
    const answer = await eventually(
      environments,
      ({ environments: [, it] }) =>
        [it.sync.commitsBehind, it.sync.status].join() === '0,Synced',
    );
    const url = sandbox.urls.repository;
    expect(answer).toMatchObject({
      service: 'demo',
      repository: { url, slug: 'demo/gitops-infra', branch: 'main', head },
      rights: { promote: true, merge: true },
    });
    expect(answer.environments).toMatchObject([
      { name: 'local', order: 0 },
      {
        name: 'stage',
        order: 1,
        promotesFrom: 'local',
        application: {
          instance: 'main',
          namespace: 'argocd',
          name: 'demo-stage',
          url: `${sandbox.urls.argocd}/applications/argocd/demo-stage`,
        },
        overlay: {
          path: 'apps/demo/overlays/stage',
          commit: head,
          url: `${url}/tree/${head}/apps/demo/overlays/stage`,
        },
        namespace: 'demo-stage',
        hosts: [
          { host: 'stage.localtest.me', url: 'http://stage.localtest.me/' },
        ],
        images: [
          {
            name: 'demo',
            image: 'localhost:5001/demo',
            desired: { tag: '1.4.1' },
            location: {
              path: STAGE,
              line: 9,
              url: `${url}/blob/${head}/${STAGE}#L9`,
            },
            live: [{ tag: '1.4.1' }],
          },
        ],
        sync: { status: 'Synced', revision: head, commitsBehind: 0 },
        health: { status: 'Healthy' },
        operation: { phase: 'Succeeded' },
        findings: [],
        step: {
          from: 'local',
          to: 'stage',
          changes: [{ before: { tag: '1.4.1' }, after: { tag: '1.4.2' } }],
          blockedBy: [],
        },
        freshness: { git: { stale: false }, argocd: { stale: false } },
      },
    ]);
    expect(answer.environments[0].step).toBeUndefined();
    expect(answer.environments[1].promotion).toBeUndefined();
  });

  it('promotes, merges and says deployed once it runs', async () => {
    const preview = await post(`${ENTITY}/promotions/preview`, REQUEST);
    expect(preview.status).toBe(200);
    expect(preview.body.plan).toMatchObject({
      title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
      findings: [],
    });
    expect(preview.body.plan.files[0].diff).toMatch(
      /^-\s+newTag: "1\.4\.1".*\n\+\s+newTag: "1\.4\.2"/m,
    );
    await expect(sandbox.pulls()).resolves.toEqual([]);

    const before = (await sandbox.readFile(STAGE))!;
    const [first, second] = await Promise.all([
      post(`${ENTITY}/promotions`, REQUEST),
      post(`${ENTITY}/promotions`, REQUEST),
    ]);
    expect([first.status, second.status].sort()).toEqual([200, 201]);
    const { promotion } = first.body;
    expect(second.body.promotion.id).toBe(promotion.id);
    const third = await post(`${ENTITY}/promotions`, REQUEST);
    expect(third.status).toBe(200);
    await expect(sandbox.pulls()).resolves.toMatchObject([
      { number: 1, state: 'open', branch: promotion.branch },
    ]);
    await expect(sandbox.readFile(STAGE, promotion.branch)).resolves.toBe(
      before.replace('"1.4.1"', '"1.4.2"'),
    );
    await expect(sandbox.readFile(STAGE)).resolves.toBe(before);
    expect((await stage()).promotion).toMatchObject({ state: 'open' });

    for (const [headCommit, status] of [
      [undefined, 400],
      ['0'.repeat(40), 409],
    ]) {
      const refused = await merge(promotion, { headCommit });
      expect(refused.status).toBe(status);
    }
    const merged = await merge(promotion);
    expect(merged.status).toBe(200);
    expect(merged.body).toMatchObject({
      state: 'merged',
      mergedBy: 'user:default/guest',
      mergeCommit: await sandbox.head(),
    });
    expect(audited).toEqual([
      { eventId: 'promotion-create', outcome: 'success' },
      { eventId: 'promotion-create', outcome: 'success' },
      { eventId: 'promotion-create', outcome: 'success' },
      { eventId: 'promotion-merge', outcome: 'fail' },
      { eventId: 'promotion-merge', outcome: 'success' },
    ]);

    // Never deployed before the new image runs alone.
    const seen: string[] = [];
    await eventually(
      async () => {
        // One after the other: what is said first has to hold for what is read then.
        const { body } = await get(`/api/gitops/promotions/${promotion.id}`);
        const environment = await stage();
        const live = environment.images[0].live.map(({ tag }) => tag).join();
        seen.push(`${body.state} ${live}`);
        return body.state;
      },
      state => state === 'deployed',
    );
    expect(seen.at(-1)).toBe('deployed 1.4.2');
    expect(
      seen.filter(
        line => line.startsWith('deployed') && line !== 'deployed 1.4.2',
      ),
    ).toEqual([]);
    const { body } = await get(`${ENTITY}/promotions`);
    expect(body.promotions).toMatchObject([
      { id: promotion.id, state: 'deployed' },
    ]);
    expect((await stage()).promotion).toBeUndefined();
    const path = `/api/gitops/promotions/${promotion.id}`;
    const one = await get(path);
    expect(one.body).toEqual(body.promotions[0]);
    expect(
      one.body.durations.phases.map(
        ({ after, until }: PromotionPhase) => `${after} → ${until}`,
      ),
    ).toEqual([
      'requested → opened',
      'opened → merged',
      'merged → synced',
      'synced → arrived',
    ]);
    expect(one.body.durations.seconds).toBeGreaterThan(0);
    const timeline = await get(`${path}/timeline?limit=3`);
    expect(timeline.body.timeline).toMatchObject([
      { event: 'arrived' },
      { event: 'synced' },
      { event: 'merged', who: promotion.requestedBy },
    ]);
    const rest = await get(
      `${path}/timeline?cursor=${timeline.body.nextCursor}`,
    );
    expect(rest.body).toEqual({
      timeline: [
        {
          event: 'opened',
          at: expect.any(String),
          who: promotion.requestedBy,
        },
        {
          event: 'requested',
          at: promotion.createdAt,
          who: promotion.requestedBy,
        },
      ],
    });
    expect((await get(`${path}/timeline?cursor=x`)).status).toBe(400);
    const toLocal = await get(`${ENTITY}/promotions?to=local`);
    expect(toLocal.body).toEqual({ promotions: [] });
    const toStage = await get(`${ENTITY}/promotions?to=stage`);
    expect(toStage.body).toEqual(body);
    const paged = await get(`${ENTITY}/promotions?limit=1`);
    expect(paged.body).toEqual(body);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=x']) {
      expect((await get(`${ENTITY}/promotions?${query}`)).status).toBe(400);
    }
  });

  it('deploys a version that a person names, and rolls back to what was there', async () => {
    const before = await sandbox.readFile(STAGE);
    const deployed = await post(`${ENTITY}/promotions`, {
      version: '1.4.1-rc.1',
      to: 'stage',
    });
    expect(deployed.body.promotion).toMatchObject({
      version: '1.4.1-rc.1',
      title: 'deploy(demo): stage, 1.4.1 → 1.4.1-rc.1',
    });
    await merge(deployed.body.promotion);
    expect(await sandbox.readFile(STAGE)).toContain('"1.4.1-rc.1"');

    const { body: history } = await get(`${ENTITY}/earlier-states/stage`);
    expect(history.states[0]).toMatchObject({
      pins: [{ name: 'demo', version: { tag: '1.4.1' } }],
    });
    const { body } = await post(`${ENTITY}/promotions`, {
      rollbackTo: history.states[0].commit.sha,
      to: 'stage',
    });
    expect(body.promotion).toMatchObject({
      title: 'rollback(demo): stage, 1.4.1-rc.1 → 1.4.1',
      undoes: [{ id: deployed.body.promotion.id }],
    });
    await merge(body.promotion);
    await expect(sandbox.readFile(STAGE)).resolves.toBe(before);
  });

  it('keeps an environment for those that the policy names', async () => {
    await restartHealthy({
      promotions: { policy: { allowedGroups: { stage: ['release'] } } },
    });
    const refused = await post(`${ENTITY}/promotions`, REQUEST);
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toContain(
      'stage is for group:default/release only; ask one of them.',
    );
    await expect(sandbox.pulls()).resolves.toEqual([]);
    expect(audited).toEqual([{ eventId: 'promotion-create', outcome: 'fail' }]);
  });

  it('lets gates decide, anew at each step, and keeps the reasons of who overrides them', async () => {
    await restartHealthy({
      promotions: {
        policy: {
          freezeWindows: [
            {
              name: 'For ever',
              timeZone: 'Europe/Berlin',
              dates: [{ from: '2000-01-01', to: '2999-12-31' }],
            },
          ],
          overrides: { groups: ['user:default/guest'] },
        },
      },
    });
    const override = { gates: ['freeze-windows'], reason: 'Nobody can pay.' };
    const { body: preview } = await post(
      `${ENTITY}/promotions/preview`,
      REQUEST,
    );
    expect(preview.override).toEqual({ reasonMinLength: 10 });
    expect(
      preview.plan.gates.map(({ id, state }: GateResult) => `${id} ${state}`),
    ).toEqual([
      'source-healthy passed',
      'no-blocking-finding passed',
      'freeze-windows failed',
    ]);
    expect((await post(`${ENTITY}/promotions`, REQUEST)).status).toBe(409);
    for (const malformed of [
      {},
      { gates: [], reason: override.reason },
      { gates: override.gates },
      { gates: override.gates, reason: 'x'.repeat(1001) },
    ]) {
      const { status } = await post(`${ENTITY}/promotions`, {
        ...REQUEST,
        override: malformed,
      });
      expect(status).toBe(400);
    }
    await expect(sandbox.pulls()).resolves.toEqual([]);

    const opened = await post(`${ENTITY}/promotions`, { ...REQUEST, override });
    expect(opened.status).toBe(201);
    const path = `/api/gitops/promotions/${opened.body.promotion.id}`;
    const overridden = { by: 'user:default/guest', reason: override.reason };
    expect((await get(path)).body.gates).toContainEqual(
      expect.objectContaining({ id: 'freeze-windows', overridden }),
    );
    expect((await get(`${path}/gates`)).body).toMatchObject({
      gates: [{ id: 'freeze-windows', blocks: false, overridden }],
      override: { reasonMinLength: 10 },
    });
    const merged = await merge(opened.body.promotion, { override });
    expect(merged.body).toMatchObject({ state: 'merged' });
  });

  it('makes no upstream call for a page view', async () => {
    sandbox.setGithub({ down: true });
    sandbox.setArgocd({ down: true });
    await eventually(stage, ({ freshness }) =>
      [freshness.git, freshness.argocd].every(({ stale }) => stale),
    );
    const { status, body } = await get(`${ENTITY}/environments`);
    expect(status).toBe(200);
    // The last known state, marked stale, with its age.
    expect(body.environments[1]).toMatchObject({
      images: [{ desired: { tag: '1.4.1' }, live: [{ tag: '1.4.1' }] }],
      freshness: {
        git: { readAt: expect.any(String), error: expect.any(String) },
        argocd: { readAt: expect.any(String), error: expect.any(String) },
      },
    });
    sandbox.setGithub({ down: false });
    sandbox.setArgocd({ down: false });
    await eventually(
      stage,
      ({ freshness }) => !freshness.git.stale && !freshness.argocd.stale,
    );
  });

  it('hears of pushes and of pull requests by webhook, long before it would look', async () => {
    await backend.stop();
    backend = await start({
      repositoryInterval: { hours: 1 },
      promotionInterval: { hours: 1 },
    });
    await eventually(
      environments,
      answer => answer.environments?.[1]?.health.status === 'Healthy',
    );
    const repository = { html_url: sandbox.urls.repository };
    const { body } = await post(`${ENTITY}/promotions`, REQUEST);
    const stateOf = async () =>
      (await get(`/api/gitops/promotions/${body.promotion.id}`)).body.state;

    await sandbox.merge(1);
    expect(await stateOf()).toBe('open');
    await events.publish({
      topic: 'github.pull_request',
      eventPayload: {
        action: 'closed',
        pull_request: { number: 1 },
        repository,
      },
    });
    await eventually(stateOf, state => ['merged', 'deployed'].includes(state));

    const head = await sandbox.commit({ 'NOTE.md': 'a' }, 'Note');
    expect((await environments()).repository.head).not.toBe(head);
    await events.publish({
      topic: 'github.push',
      eventPayload: { ref: 'refs/heads/main', repository },
    });
    await eventually(environments, answer => answer.repository.head === head);
  });

  it.each(['by-name', 'by-project'])(
    'knows the service of an entity that refers to Applications %s',
    async name => {
      const url = `/api/gitops/entities/component/default/${name}`;
      const { body } = await get(`${url}/environments`);
      expect(body).toMatchObject({
        service: 'demo',
        environments: [{ name: 'local' }, { name: 'stage' }],
      });
      const promoted = await post(`${url}/promotions`, REQUEST);
      expect(promoted.status).toBe(201);
      expect((await get(`${ENTITY}/promotions`)).body.promotions).toMatchObject(
        [{ id: promoted.body.promotion.id }],
      );
    },
  );

  it('wants one service where an annotation means Applications of several', async () => {
    const other = (await sandbox.readFile(
      'bootstrap/demo-stage-application.yaml',
    ))!
      .replace('name: demo-stage', 'name: other-stage')
      .replace('apps/demo/', 'apps/other/');
    await sandbox.commit(
      {
        'bootstrap/other.yaml': other,
        'bootstrap/kustomization.yaml':
          'resources: [demo-application.yaml, demo-stage-application.yaml, other.yaml]',
      },
      'Add another service',
    );
    const { body } = await eventually(
      () =>
        get('/api/gitops/entities/component/default/by-project/environments'),
      ({ status }) => status === 409,
    );
    expect(body.error.message).toBe(
      'The annotation argocd/project-name: default means Applications of several services (demo, other); name one with gitops-infra.dev/service',
    );
  });

  it('reads a tree of many overlays in a few calls', async () => {
    await backend.stop();
    const folder = `apps/${'long-'.repeat(20)}name/overlays`;
    const manifest = (index: number) => `namespace: "ns-${index}" # é\r\n`;
    await sandbox.commit(
      Object.fromEntries(
        Array.from({ length: 300 }, (_, index) => [
          `${folder}/e${index}/kustomization.yaml`,
          manifest(index),
        ]),
      ),
      'Add many overlays',
    );
    const fetched = jest.spyOn(globalThis, 'fetch');
    backend = await start({ repositoryInterval: { minutes: 5 } });
    await eventually(
      environments,
      answer => answer.environments?.[1]?.images.length === 1,
    );
    const asked = fetched.mock.calls
      .map(([url]) => String(url))
      .filter(url => url.startsWith(sandbox.urls.github))
      .map(url => new URL(url).pathname.split('/')[4]);
    fetched.mockRestore();
    // How far the synced commits are behind is looked up besides.
    const ofHistory = ['compare', 'commits'];
    expect(asked.filter(what => !ofHistory.includes(what))).toEqual([
      'git',
      'git',
      'tarball',
    ]);
  });

  describe('refuses', () => {
    it.each<[string, 'GET' | 'POST', string, number, string, object?]>([
      [
        'an entity without the annotation',
        'GET',
        'plain/environments',
        404,
        'component:default/plain has no environments: it has no annotation gitops-infra.dev/service',
      ],
      [
        'an annotation that names no service',
        'GET',
        'lost/environments',
        404,
        'deploys a folder of apps/nowhere; correct the annotation',
      ],
      [
        'an annotation that means no Application',
        'GET',
        'lost-name/environments',
        404,
        'is meant by the annotation argocd/app-name: nothing; correct it',
      ],
      [
        'an entity that is not there',
        'GET',
        'nobody/environments',
        404,
        'There is no entity component:default/nobody',
      ],
      ['a name that is no name', 'GET', 'a%2Fb/environments', 400, 'name'],
      [
        'an unknown environment',
        'POST',
        'demo/promotions',
        404,
        'demo has no environment qa; it has local, stage',
        { from: 'local', to: 'qa' },
      ],
      [
        'an environment that is no name',
        'POST',
        'demo/promotions',
        400,
        'must match pattern',
        { from: 'local', to: '../../x' },
      ],
      [
        'an unknown image',
        'POST',
        'demo/promotions',
        400,
        'pins an image nope; they pin demo',
        { ...REQUEST, images: ['nope'] },
      ],
      [
        'a body with more than is asked for',
        'POST',
        'demo/promotions',
        400,
        'must NOT have additional properties',
        { ...REQUEST, branch: 'main' },
      ],
      ['a body that is none', 'POST', 'demo/promotions', 400, "'to'"],
      [
        'a promotion from nowhere',
        'POST',
        'demo/promotions',
        400,
        'A promotion has exactly one of from, version, rollbackTo',
        { to: 'stage' },
      ],
      [
        'a rollback to what is no commit',
        'POST',
        'demo/promotions',
        400,
        'must match pattern',
        { to: 'stage', rollbackTo: 'HEAD~1' },
      ],
      [
        'the earlier states of an unknown environment',
        'GET',
        'demo/earlier-states/qa',
        404,
        'demo has no environment qa',
      ],
    ])('%s', async (_, method, path, status, message, body = {}) => {
      const url = `/api/gitops/entities/component/default/${path}`;
      const answer = await (method === 'GET' ? get(url) : post(url, body));
      expect(answer.status).toBe(status);
      expect(answer.body.error.message).toContain(message);
      await expect(sandbox.pulls()).resolves.toEqual([]);
    });

    it('a promotion that is not there', async () => {
      const id = '00000000-0000-4000-8000-000000000000';
      expect((await get(`/api/gitops/promotions/${id}`)).status).toBe(404);
      expect((await get('/api/gitops/promotions/nonsense')).status).toBe(400);
    });

    it('everybody without credentials, and services that want to write', async () => {
      const { status } = await request(backend.server)
        .get(`${ENTITY}/environments`)
        .set('authorization', mockCredentials.none.header());
      expect(status).toBe(401);
      const write = await request(backend.server)
        .post(`${ENTITY}/promotions`)
        .set('authorization', mockCredentials.service.header())
        .send(REQUEST);
      expect(write.status).toBe(403);
    });

    const routes = {
      environments: () => get(`${ENTITY}/environments`, NEWCOMER),
      promotions: () => get(`${ENTITY}/promotions`),
      preview: () => post(`${ENTITY}/promotions/preview`, REQUEST),
      promote: () => post(`${ENTITY}/promotions`, REQUEST),
      states: () => get(`${ENTITY}/earlier-states/stage`),
    };
    it.each([
      ['environments', 'gitops.environment.read'],
      ['promotions', 'gitops.environment.read'],
      ['preview', 'gitops.promotion.create'],
      ['promote', 'gitops.promotion.create'],
      ['states', 'gitops.promotion.create'],
    ] as const)('%s without the permission %s', async (route, permission) => {
      denied = [permission];
      const answer = await routes[route]();
      expect(answer.status).toBe(403);
      expect(answer.body.error.message).toBe(
        `You lack the permission ${permission} on component:default/demo; ask its owner`,
      );
      await expect(sandbox.pulls()).resolves.toEqual([]);
    });

    it('to merge, to close and to look at a promotion without the permission', async () => {
      const { body } = await post(`${ENTITY}/promotions`, REQUEST);
      const path = `/api/gitops/promotions/${body.promotion.id}`;
      denied = gitopsPermissions.map(({ name }) => name);
      expect((await get(path)).status).toBe(403);
      expect((await get(`${path}/gates`)).status).toBe(403);
      expect((await merge(body.promotion)).status).toBe(403);
      await expect(sandbox.pulls()).resolves.toMatchObject([{ state: 'open' }]);
      expect(audited.at(-1)).toEqual({
        eventId: 'promotion-merge',
        outcome: 'fail',
      });
      expect((await post(`${path}/close`)).status).toBe(403);
      await expect(sandbox.pulls()).resolves.toMatchObject([{ state: 'open' }]);
      expect(audited.at(-1)).toEqual({
        eventId: 'promotion-close',
        outcome: 'fail',
      });
      denied = ['gitops.promotion.merge'];
      const closed = await post(`${path}/close`);
      expect(closed.body).toMatchObject({ state: 'closed' });
      await expect(sandbox.pulls()).resolves.toMatchObject([
        { state: 'closed' },
      ]);
      await expect(
        sandbox.readFile(STAGE, body.promotion.branch),
      ).resolves.toBeUndefined();
      expect(audited.at(-1)).toEqual({
        eventId: 'promotion-close',
        outcome: 'success',
      });
    });

    it('nothing to somebody who may only look, but says so', async () => {
      denied = gitopsPermissions
        .map(({ name }) => name)
        .filter(name => name !== 'gitops.environment.read');
      const { body } = await get(`${ENTITY}/environments`, NEWCOMER);
      expect(body.rights).toEqual({
        promote: false,
        merge: false,
        sync: false,
      });
    });
  });

  describe('with an overlay', () => {
    const yaml = (lines: string[], end = '\n') => lines.join(end) + end;
    const stageLines = [
      'namespace: demo-stage',
      'resources:',
      '  - ../../base',
      'images:',
      '  - name: demo',
      '    newName: localhost:5001/demo',
      '    newTag: "1.4.1" # why',
    ];

    it.each<[string, string | null, string, string]>([
      [
        'that is missing',
        null,
        'there is no kustomization.yaml',
        'comparison-error',
      ],
      ['that is empty', '', 'the file is empty', 'comparison-error'],
      [
        'that is malformed',
        yaml([...stageLines, '  bad: [']),
        '',
        'comparison-error',
      ],
      [
        'whose tag is a number',
        yaml(stageLines).replace('"1.4.1"', '1.10'),
        'Unquoted, 1.10 is a number to YAML',
        'tag-not-string',
      ],
    ])('%s: a finding, and no promotion', async (_, text, why, code) => {
      await sandbox.commit({ [STAGE]: text }, 'Break stage');
      // Argo CD may say so before the file was read here, or the other way round.
      const { findings, step } = await eventually(
        stage,
        environment => environment.step?.blockedBy[0]?.code === code,
      );
      expect(findings).toContainEqual(
        expect.objectContaining({
          code,
          severity: 'error',
          why: expect.stringContaining(why),
          where: expect.objectContaining({ path: STAGE }),
        }),
      );
      expect(step?.blockedBy[0].why).toContain(why);
      const answer = await post(`${ENTITY}/promotions`, REQUEST);
      expect(answer.status).toBe(409);
      expect(answer.body.error.message).toContain(
        'stage cannot be promoted to',
      );
      await expect(sandbox.pulls()).resolves.toEqual([]);
    });

    it('that is malformed: what runs is shown all the same', async () => {
      await sandbox.commit({ [STAGE]: 'images: [' }, 'Break stage');
      const environment = await eventually(
        stage,
        ({ images }) => images.length === 0,
      );
      expect(environment).toMatchObject({
        images: [],
        unpinned: [{ image: 'localhost:5001/demo', version: { tag: '1.4.1' } }],
      });
    });

    it.each([
      [
        'of two documents',
        `${yaml(stageLines)}---\nimages: []\n`,
        `${yaml(stageLines)}---\nimages: []\n`.replace('"1.4.1"', '"1.4.2"'),
      ],
      [
        'with CRLF line ends',
        yaml(stageLines, '\r\n'),
        yaml(stageLines, '\r\n').replace('"1.4.1"', '"1.4.2"'),
      ],
      [
        'with a byte order mark',
        `\ufeff${yaml(stageLines)}`,
        `\ufeff${yaml(stageLines)}`.replace('"1.4.1"', '"1.4.2"'),
      ],
      [
        'with an alias for the tag',
        `x-tag: &tag "1.4.1"\n${yaml(stageLines)}`.replace(
          '"1.4.1" #',
          '*tag #',
        ),
        `x-tag: &tag "1.4.1"\n${yaml(stageLines)}`.replace(
          '"1.4.1" #',
          '"1.4.2" #',
        ),
      ],
    ])('%s: only the version changes', async (_, before, after) => {
      await sandbox.commit({ [STAGE]: before }, 'Write stage another way');
      const { body, status } = await post(`${ENTITY}/promotions`, REQUEST);
      expect(body.error).toBeUndefined();
      expect(status).toBe(201);
      await expect(
        sandbox.readFile(STAGE, body.promotion.branch),
      ).resolves.toBe(after);
    });

    it('without images: there is nothing to promote to', async () => {
      await sandbox.commit(
        { [STAGE]: yaml(stageLines.slice(0, 3)) },
        'Pin nothing',
      );
      const { body, status } = await post(`${ENTITY}/promotions`, REQUEST);
      expect(status).toBe(409);
      expect(body.error.message).toContain('Nothing to promote');
      const preview = await post(`${ENTITY}/promotions/preview`, REQUEST);
      expect(preview.body.plan.skipped).toEqual([
        { name: 'demo', reason: 'only-in-source' },
      ]);
    });

    it('pinned by digest: from digest to digest', async () => {
      const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
      const pinned = (digit: string) =>
        yaml(stageLines).replace('newTag: "1.4.1"', `digest: ${digest(digit)}`);
      await sandbox.commit(
        {
          [STAGE]: pinned('1'),
          [LOCAL]: pinned('2').replace('demo-stage', 'demo-local'),
        },
        'Pin by digest',
      );
      const { body } = await post(`${ENTITY}/promotions`, REQUEST);
      expect(body.plan.title).toContain(
        'sha256:111111111111 → sha256:222222222222',
      );
      await expect(
        sandbox.readFile(STAGE, body.promotion.branch),
      ).resolves.toBe(pinned('1').replace(digest('1'), `"${digest('2')}"`));
    });

    it('that has the version already: there is nothing to promote', async () => {
      const local = (await sandbox.readFile(LOCAL))!;
      const before = (await sandbox.readFile(STAGE))!;
      expect(local).toContain('"1.4.2"');
      await sandbox.commit(
        { [STAGE]: before.replace('"1.4.1"', '"1.4.2"') },
        'Set by hand',
      );
      const { body, status } = await post(`${ENTITY}/promotions`, REQUEST);
      expect(status).toBe(409);
      expect(body.error.message).toBe(
        'Nothing to promote: stage pins what local pins already',
      );
    });
  });

  describe('with a registry that is asked', () => {
    const restart = async (url: string, config: object = {}) => {
      await backend.stop();
      backend = await start({
        registries: [{ host: 'localhost:5001', url }],
        ...config,
      });
    };

    it('a version that it lacks is not promoted, and says so before anything is opened', async () => {
      sandbox.removeTag('demo', '1.4.2');
      await restart(sandbox.urls.registry);
      const { step, findings } = await eventually(
        stage,
        environment => environment?.step?.blockedBy.length === 1,
      );
      expect(step?.blockedBy).toMatchObject([
        {
          code: 'tag-missing',
          severity: 'error',
          what: 'The registry does not have localhost:5001/demo:1.4.2.',
          where: { path: STAGE },
        },
      ]);
      // What stage pins today is there.
      expect(findings).toEqual([]);
      const { registries } = (await get('/api/gitops/status')).body;
      expect(registries).toEqual([
        {
          host: 'localhost:5001',
          images: 2,
          unknown: 0,
          readAt: expect.any(String),
          lagSeconds: expect.any(Number),
          stale: false,
        },
      ]);
      const preview = await post(`${ENTITY}/promotions/preview`, REQUEST);
      expect(preview.body.plan).toMatchObject({
        findings: [{ code: 'tag-missing', severity: 'error' }],
        gates: expect.arrayContaining([
          expect.objectContaining({ id: 'tag-exists', blocks: true }),
        ]),
      });
      expect(preview.body.override).toBeUndefined();
      const refused = await post(`${ENTITY}/promotions`, REQUEST);
      expect(refused.status).toBe(409);
      expect(refused.body.error.message).toContain(
        'localhost:5001/demo:1.4.2 is not there',
      );
      await expect(sandbox.pulls()).resolves.toEqual([]);
      await expect(sandbox.head()).resolves.toBe(
        (
          await environments()
        ).repository.head,
      );
      // Local pins it.
      expect((await environments()).environments[0].findings).toMatchObject([
        { code: 'tag-missing', where: { path: LOCAL } },
      ]);
    });

    it('a version that it lacks is promoted by whom the policy names, with a reason', async () => {
      sandbox.removeTag('demo', '1.4.2');
      await restart(sandbox.urls.registry, {
        promotions: {
          policy: { overrides: { groups: ['user:default/guest'] } },
        },
      });
      await eventually(
        stage,
        environment => environment?.step?.blockedBy.length === 1,
      );
      const reason = 'Its build is about to be pushed.';
      const opened = await post(`${ENTITY}/promotions`, {
        ...REQUEST,
        override: { gates: ['tag-exists'], reason },
      });
      expect([opened.status, opened.body.error?.message]).toEqual([
        201,
        undefined,
      ]);
      const [pull] = await sandbox.pulls();
      expect(pull.body).toContain(reason);
    });

    it('is asked at once for a version that a person names', async () => {
      await restart(sandbox.urls.registry);
      await eventually(stage, environment => environment !== undefined);
      const named = { version: '9.9.9', to: 'stage' };
      const { body } = await post(`${ENTITY}/promotions/preview`, named);
      expect(body.plan.findings).toMatchObject([
        {
          code: 'tag-missing',
          severity: 'error',
          what: 'The registry does not have localhost:5001/demo:9.9.9.',
        },
      ]);
      expect((await post(`${ENTITY}/promotions`, named)).status).toBe(409);
      await expect(sandbox.pulls()).resolves.toEqual([]);
    });

    it('what is pinned anew is looked for at once', async () => {
      await restart(sandbox.urls.registry);
      const text = (await sandbox.readFile(STAGE))!;
      await sandbox.commit(
        { [STAGE]: text.replace('"1.4.1"', '"9.9.9"') },
        'Pin what is not built',
      );
      const { findings } = await eventually(stage, environment =>
        environment?.findings.some(({ code }) => code === 'tag-missing'),
      );
      expect(findings).toContainEqual(
        expect.objectContaining({
          code: 'tag-missing',
          what: 'The registry does not have localhost:5001/demo:9.9.9.',
        }),
      );
    });

    it('tells which commits a version was built from, and the pull request lists them', async () => {
      await restart(sandbox.urls.registry);
      const { applicationCommits } = await eventually(
        async () =>
          (
            await post(`${ENTITY}/promotions/preview`, REQUEST)
          ).body.plan,
        plan => plan?.applicationCommits.length > 0,
      );
      const application = `${sandbox.urls.github}/demo/demo`;
      expect(applicationCommits).toMatchObject([
        {
          name: 'demo',
          url: expect.stringContaining(`${application}/compare/`),
          added: {
            count: 3,
            commits: [
              { url: expect.stringContaining(`${application}/commit/`) },
              {},
              {},
            ],
          },
        },
      ]);
      await post(`${ENTITY}/promotions`, REQUEST);
      const [{ body }] = await sandbox.pulls();
      expect(body).toContain('`demo` gains 3 commits');
      for (const { title, url } of applicationCommits[0].added.commits) {
        expect(body).toContain(`](${url}) \`${title}\``);
        expect(
          (await fetch(url, { headers: { accept: 'text/html' } })).status,
        ).toBe(200);
      }
    });

    it('that is down blocks nothing, and says so', async () => {
      // A port that nobody may listen on.
      await restart('http://127.0.0.1:1');
      const { findings, step } = await eventually(
        stage,
        environment => environment?.findings.length === 1,
      );
      expect(findings).toMatchObject([
        {
          code: 'tag-missing',
          severity: 'info',
          what: 'Whether the registry has localhost:5001/demo:1.4.1 could not be checked.',
          why: expect.stringContaining('localhost:5001 does not answer'),
        },
      ]);
      expect(step?.blockedBy).toEqual([]);
      const { status } = await post(`${ENTITY}/promotions`, REQUEST);
      expect(status).toBe(201);
    });
  });

  describe('when an upstream says no', () => {
    it('GitHub refuses the token: the page says so, and a promotion is not half done', async () => {
      sandbox.setGithub({ tokenRefused: true });
      const { freshness } = await eventually(
        stage,
        environment => environment.freshness.git.stale,
      );
      expect(freshness.git.error).toBe(
        'GitHub refuses the token for demo/gitops-infra (401); give a valid one in integrations.github',
      );
      const answer = await post(`${ENTITY}/promotions`, REQUEST);
      // Not 403: the person may, the integration may not.
      expect(answer.status).toBe(503);
      expect(answer.body.error.message).toContain('refuses the token');
      expect(JSON.stringify(answer.body)).not.toContain(sandbox.tokens.github);
      sandbox.setGithub({ tokenRefused: false });
      const { body } = await get(`${ENTITY}/promotions`);
      expect(body.promotions).toEqual([]);
    });

    it('Argo CD refuses the token: the page says so', async () => {
      sandbox.setArgocd({ tokenRefused: true });
      sandbox.endArgocdStreams();
      const { freshness } = await eventually(
        stage,
        environment => environment.freshness.argocd.stale,
      );
      expect(freshness.argocd.error).toBe(
        'Argo CD main refuses the token (401); give a valid one in gitops.argocd',
      );
    });

    it.each([
      [
        'a repository',
        () => ({
          repositories: [{ url: `${sandbox.urls.github}/demo/nothing` }],
        }),
      ],
      [
        'a branch',
        () => ({
          repositories: [{ url: sandbox.urls.repository, branch: 'nothing' }],
        }),
      ],
    ])('%s is missing: the page says what to check', async (_, config) => {
      await backend.stop();
      backend = await start(config());
      const { body } = await eventually(
        () => get(`${ENTITY}/environments`),
        answer => answer.body.error?.message.includes('404'),
      );
      expect(body.error.name).toBe('ServiceUnavailableError');
      expect(body.error.message).toMatch(
        /Service demo is not known: .*check the repository, the branch, and that the token may see them/,
      );
    });
  });
});
