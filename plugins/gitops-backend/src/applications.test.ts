import { mockCredentials } from '@backstage/backend-test-utils';
import { Environment } from '@gitops-infra/backstage-plugin-gitops-common';
import { Sandbox, startTestSandbox } from '@gitops-infra/sandbox';
import { eventually } from './__testUtils__/eventually';
import {
  ENTITY,
  GitopsBackend,
  STAGE,
  Surroundings,
} from './__testUtils__/gitopsBackend';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

const STAGE_APPLICATION = 'bootstrap/demo-stage-application.yaml';

describe('what is asked of Applications', () => {
  let sandbox: Sandbox;
  let backend: GitopsBackend;
  let surroundings: Surroundings;

  const post = (path: string, by?: string) =>
    backend.post(`${ENTITY}/environments/${path}`, undefined, by);
  const eventuallyStage = async (expected: object): Promise<Environment> => {
    let seen: Environment | undefined;
    await eventually(async () => {
      seen = await backend.stage();
      expect(seen).toMatchObject(expected);
    });
    return seen!;
  };
  const start = async (argocd: object = {}) => {
    backend = await GitopsBackend.start(sandbox, {
      config: { argocd },
      features: surroundings.features,
    });
    await eventuallyStage({
      health: { status: 'Healthy' },
      sync: { commitsBehind: 0 },
    });
  };
  const notDeployed = ({ findings }: Environment) =>
    findings.find(({ code }) => code === 'not-deployed');
  const push = async (tag: string) =>
    sandbox.commit(
      {
        [STAGE]: (await sandbox.readFile(STAGE))!.replace(
          /newTag: "[^"]*"/,
          `newTag: "${tag}"`,
        ),
      },
      `demo ${tag} to stage`,
    );

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });

  beforeEach(async () => {
    surroundings = new Surroundings();
    await sandbox.reset();
  });

  afterEach(async () => {
    await backend.stop();
  });

  afterAll(async () => {
    await sandbox.close();
  });

  it('refreshes what is merged and not seen, then syncs what is seen and not deployed, until it runs', async () => {
    await sandbox.act('stage-by-hand');
    await start();
    sandbox.setArgocd({ idle: true });
    const head = await push('1.4.2');
    await eventually(async () =>
      expect(notDeployed(await backend.stage())).toMatchObject({
        command: 'refresh',
      }),
    );

    const refreshed = await post('stage/refresh?mode=hard');
    expect([refreshed.status, refreshed.body]).toEqual([
      202,
      {
        environment: 'stage',
        application: {
          instance: 'main',
          namespace: 'argocd',
          name: 'demo-stage',
        },
        acceptedAt: expect.any(String),
      },
    ]);
    const looked = await backend.get(`${ENTITY}/environments/stage/refresh`);
    expect([looked.status, typeof looked.body.refreshing]).toEqual([
      200,
      'boolean',
    ]);
    const seen = await eventuallyStage({
      sync: { status: 'OutOfSync', revision: head },
    });
    await eventually(async () =>
      expect(
        (
          await backend.get(`${ENTITY}/environments/stage/refresh`)
        ).body,
      ).toEqual({ refreshing: false }),
    );
    expect(notDeployed(seen)).toMatchObject({ command: 'sync' });

    expect((await post('stage/sync')).status).toBe(202);
    await eventuallyStage({
      sync: { status: 'Synced', appliedRevision: head },
      health: { status: 'Healthy' },
      operation: { phase: 'Succeeded' },
      images: [{ live: [{ tag: '1.4.2' }] }],
      findings: [],
    });
    const meta = {
      kind: 'component',
      namespace: 'default',
      name: 'demo',
      environment: 'stage',
    };
    expect(surroundings.audited).toEqual([
      {
        eventId: 'application-refresh',
        meta: { ...meta, mode: 'hard' },
        outcome: 'success',
      },
      { eventId: 'application-sync', meta, outcome: 'success' },
    ]);
  });

  it.each([
    ['syncRefused', 503, 'give its role "applications, sync"'],
    ['syncWindow', 409, 'cannot sync: blocked by sync window'],
    ['down', 503, 'Argo CD main does not answer'],
  ])('says why Argo CD does not: %s', async (fault, status, says) => {
    await start();
    sandbox.setArgocd({ [fault]: true });
    const refused = await post('stage/sync');
    sandbox.setArgocd({ [fault]: false });
    expect(refused.status).toBe(status);
    expect(refused.body.error.message).toContain(says);
    expect(surroundings.audited).toMatchObject([
      { eventId: 'application-sync', outcome: 'fail' },
    ]);
  });

  it.each(['refresh', 'sync'])('%s needs the permission', async command => {
    surroundings.denied = ['gitops.application.sync'];
    await start();
    expect((await backend.environments()).rights).toEqual({
      promote: true,
      merge: true,
      sync: false,
    });
    const refused = await post(`stage/${command}`);
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toContain(
      'You lack the permission gitops.application.sync on component:default/demo',
    );
    expect(surroundings.audited).toMatchObject([
      { eventId: `application-${command}`, outcome: 'fail' },
    ]);
  });

  it('asks nothing of an instance that is only looked at, and says so before', async () => {
    await start({ readOnly: true });
    expect((await backend.stage()).application.readOnly).toBe(true);
    for (const command of ['refresh', 'sync']) {
      const refused = await post(`stage/${command}`);
      expect(refused.status).toBe(403);
      expect(refused.body.error.message).toContain('gitops.argocd[].readOnly');
    }
  });

  it('asks nothing of an Application that only has the name', async () => {
    await start();
    sandbox.setArgocd({ idle: true });
    const manifest = (await sandbox.readFile(STAGE_APPLICATION))!;
    await sandbox.commit(
      {
        [STAGE_APPLICATION]: manifest.replace('overlays/stage', 'overlays/qa'),
        [STAGE.replace('stage', 'qa')]: (await sandbox.readFile(STAGE))!,
      },
      'Claim the Application of another environment',
    );
    await eventuallyStage({ name: 'qa' });
    const refused = await post('qa/sync');
    expect(refused.status).toBe(409);
    expect(refused.body.error.message).toContain(
      'demo-stage in Argo CD main does not deploy apps/demo/overlays/qa',
    );
  });

  it.each([
    ['an unknown environment', 'qa/sync', 404, 'demo has no environment qa'],
    ['a mode that is none', 'stage/refresh?mode=soft', 400, 'mode'],
  ])('refuses %s', async (_, path, status, says) => {
    await start();
    const refused = await post(path);
    expect(refused.status).toBe(status);
    expect(refused.body.error.message).toContain(says);
  });

  it.each(['refresh', 'sync'])(
    '%s is for people; that nobody and a service tried is audited',
    async command => {
      await start();
      const nobody = await post(
        `stage/${command}?mode=soft`,
        mockCredentials.none.header(),
      );
      const service = await post(
        `stage/${command}`,
        mockCredentials.service.header(),
      );
      expect([nobody.status, service.status]).toEqual([401, 403]);
      expect(surroundings.audited).toMatchObject([
        { eventId: `application-${command}`, outcome: 'fail' },
        { eventId: `application-${command}`, outcome: 'fail' },
      ]);
    },
  );
});
