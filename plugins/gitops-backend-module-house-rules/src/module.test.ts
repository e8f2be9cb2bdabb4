import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
// Tested inside the plugin that it extends.
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import gitopsPlugin from '@gitops-infra/backstage-plugin-gitops-backend';
import {
  backstageConfig,
  eventually,
  Sandbox,
  startTestSandbox,
} from '@gitops-infra/sandbox';
import request from 'supertest';
import houseRules from './index';
import { RUNBOOK_ANNOTATION } from './runbookGate';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

// The database of a test backend stays open when the backend stops; this one is closed after the last test.
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const LOCAL = 'apps/demo/overlays/local/kustomization.yaml';
const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';
const GUEST = 'user:default/guest';
const REASON = 'The runbook comes tomorrow.';

const component = (
  name: string,
  annotations: Record<string, string>,
): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name,
    namespace: 'default',
    annotations: { 'gitops-infra.dev/service': 'demo', ...annotations },
  },
  spec: {},
});

describe('house rules in the gitops backend', () => {
  let sandbox: Sandbox;
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  const audited: { eventId: string; meta?: object }[] = [];

  const post = (entity: string, path: string, body?: object) =>
    request(backend.server)
      .post(`/api/gitops/entities/component/default/${entity}/${path}`)
      .set('authorization', mockCredentials.user.header(GUEST))
      .send(body);
  const get = (path: string) =>
    request(backend.server)
      .get(`/api/gitops/${path}`)
      .set('authorization', mockCredentials.user.header(GUEST));
  const stage = async () =>
    (await get('entities/component/default/demo/environments')).body
      .environments?.[1];

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    const knex = await databases.init('SQLITE_3');
    backend = await startTestBackend({
      features: [
        gitopsPlugin,
        houseRules,
        createServiceFactory({
          service: coreServices.database,
          deps: {},
          factory: () => mockServices.database({ knex }),
        }),
        mockServices.rootConfig.factory({
          data: backstageConfig(sandbox, {
            gitops: {
              promotions: {
                policy: { overrides: { groups: [GUEST] } },
              },
              houseRules: { environments: ['stage'] },
            },
          }),
        }),
        catalogServiceMock.factory({
          entities: [
            component('demo', {}),
            component('documented', {
              [RUNBOOK_ANNOTATION]: 'https://wiki.test/demo',
            }),
          ],
        }),
        mockServices.auditor.mock({
          createEvent: async ({ eventId }) => ({
            success: async options => {
              audited.push({ eventId, meta: options?.meta });
            },
            fail: async () => {},
          }),
        }).factory,
      ],
    });
    await eventually(stage, it => it?.health.status === 'Healthy');
  });

  afterAll(async () => {
    await backend.stop();
    await sandbox.close();
  });

  it('asks for the runbook, unless somebody who may overrides that', async () => {
    const promotion = { from: 'local', to: 'stage' };
    const runbook = async (entity: string) => {
      const { body } = await post(entity, 'promotions/preview', promotion);
      return body.plan.gates.find(
        ({ id }: { id: string }) => id === 'runbook-linked',
      );
    };
    await expect(runbook('documented')).resolves.toMatchObject({
      state: 'passed',
      message: 'https://wiki.test/demo',
    });
    await expect(runbook('demo')).resolves.toMatchObject({
      state: 'failed',
      blocks: true,
    });

    const refused = await post('demo', 'promotions', promotion);
    expect(refused.status).toBe(409);
    expect(refused.body.error.message).toBe(
      'Runbook is linked: component:default/demo does not say where its runbook is; give it the annotation example.com/runbook. You may override it with a reason.',
    );
    const opened = await post('demo', 'promotions', {
      ...promotion,
      override: { gates: ['runbook-linked'], reason: REASON },
    });
    expect(opened.status).toBe(201);
    const { id } = opened.body.promotion;
    const { body: details } = await get(`promotions/${id}/timeline`);
    expect(details.timeline).toContainEqual(
      expect.objectContaining({
        event: 'overridden',
        who: GUEST,
        detail: `Runbook is linked: ${REASON}`,
      }),
    );
    expect(audited).toContainEqual({
      eventId: 'promotion-create',
      meta: expect.objectContaining({
        overridden: [{ gate: 'runbook-linked', by: GUEST, reason: REASON }],
      }),
    });
  });

  it('finds what is pinned before its release, on the card and in the plan', async () => {
    const tree = (await sandbox.readFile(LOCAL))!;
    await sandbox.commit(
      {
        [LOCAL]: tree.replace('"1.4.2"', '"1.5.0"'),
        [STAGE]: (await sandbox.readFile(STAGE))!.replace(
          '"1.4.1"',
          '"1.5.0-rc.1"',
        ),
      },
      'Pin a candidate',
    );
    const found = {
      code: 'prerelease-pinned',
      docs: 'https://example.com/house-rules#prerelease-pinned',
      where: expect.objectContaining({ path: STAGE, line: 9 }),
    };
    const { findings } = await eventually(stage, it =>
      it.findings.some(
        ({ code }: { code: string }) => code === 'prerelease-pinned',
      ),
    );
    expect(findings).toContainEqual(expect.objectContaining(found));
    const { body } = await post('demo', 'promotions/preview', {
      from: 'local',
      to: 'stage',
    });
    expect(body.plan.findings).toContainEqual(expect.objectContaining(found));
  });
});
