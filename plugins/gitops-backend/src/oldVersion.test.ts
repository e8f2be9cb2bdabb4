import { Sandbox, startTestSandbox } from '@gitops-infra/sandbox';
import { eventually } from './__testUtils__/eventually';
import {
  ENTITY,
  GitopsBackend,
  REQUEST,
  STAGE,
} from './__testUtils__/gitopsBackend';
import { recorded } from './__testUtils__/recordings';
import { ScriptedArgocd } from './__testUtils__/ScriptedUpstream';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

const OLD = ['localhost:5001/demo:1.4.1'];
const BOTH = [...OLD, 'localhost:5001/demo:1.4.2'];

interface Stage {
  metadata: {
    name: string;
    namespace: string;
    labels?: Record<string, string>;
  };
  spec: { source: object; syncPolicy: object };
  status: object;
}

describe('Healthy, and an old version: what the API says of each cause', () => {
  const argocd = new ScriptedArgocd();
  let sandbox: Sandbox;
  let backend: GitopsBackend;
  let before: string;
  let head: string;

  const { body: synced } = recorded<Stage>('a-synced-healthy/application.json');
  // Stage as Argo CD had it before 1.4.2 came, with what differs.
  const stage = (spec: object, status: object): Stage => ({
    ...synced,
    spec: {
      ...synced.spec,
      ...spec,
      source: {
        ...synced.spec.source,
        repoURL: sandbox.urls.repository,
        ...(spec as Partial<Stage['spec']>).source,
      },
    },
    status: {
      ...synced.status,
      sync: { status: 'OutOfSync', revision: head },
      summary: { images: OLD },
      ...status,
    },
  });
  const findings = async () => (await backend.stage()).findings;
  const conditions = (folder: string) =>
    recorded<{ status: { conditions: object[] } }>(`${folder}/application.json`)
      .body.status;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    const text = (await sandbox.readFile(STAGE))!;
    before = (await sandbox.head())!;
    head = await sandbox.commit(
      { [STAGE]: text.replace('"1.4.1"', '"1.4.2"') },
      'demo 1.4.2 to stage',
    );
    argocd.applications = [stage({}, {})];
    argocd.onTree = (_, answer) => answer();
    backend = await GitopsBackend.start(sandbox, {
      config: { argocd: { url: await argocd.start(), token: argocd.token } },
    });
  });

  afterAll(async () => {
    await backend.stop();
    await argocd.stop();
    await sandbox.close();
  });

  it.each<
    [
      cause: string,
      application: () => Stage,
      code: string,
      what: string,
      command: string | undefined,
    ]
  >([
    [
      'merged and not refreshed',
      () => stage({}, { sync: { status: 'Synced', revision: before } }),
      'not-deployed',
      '1 commit is merged and not yet seen by Argo CD.',
      'refresh',
    ],
    [
      'auto-sync is off',
      () => stage({ syncPolicy: {} }, {}),
      'not-deployed',
      'demo 1.4.2 is not deployed: auto-sync is off.',
      'sync',
    ],
    [
      'a sync window',
      () =>
        stage(
          {},
          {
            operationState: {
              phase: 'Running',
              message: 'Sync operation blocked by sync window',
            },
          },
        ),
      'not-deployed',
      'demo 1.4.2 waits for a sync window.',
      undefined,
    ],
    [
      'rolling out',
      () =>
        stage(
          {},
          {
            sync: { status: 'Synced', revision: head },
            health: { status: 'Progressing' },
            summary: { images: BOTH },
          },
        ),
      'not-deployed',
      'demo 1.4.2 is rolling out.',
      undefined,
    ],
    [
      'overridden outside Git',
      () =>
        stage({ source: { kustomize: { images: [`demo=${OLD[0]}`] } } }, {}),
      'overridden-outside-git',
      'demo does not follow Git: it is set in the cluster.',
      undefined,
    ],
    [
      'the comparison fails',
      () => stage({}, conditions('c4-unknown-field')),
      'comparison-error',
      'The overlay does not build, so Argo CD keeps the old version.',
      'refresh',
    ],
    [
      'the repo server is down',
      () => stage({}, conditions('g-repo-server-down')),
      'upstream-unreachable',
      'Argo CD cannot compare with Git at the moment, so nothing new is deployed.',
      'refresh',
    ],
  ])('%s', async (_, application, code, what, command) => {
    await eventually(() => expect(argocd.streams).toHaveLength(1));
    argocd.send('MODIFIED', application());
    await eventually(async () => {
      const found = (await findings()).filter(
        finding => finding.code !== 'auto-sync-disabled',
      );
      expect(found).toEqual([
        expect.objectContaining({ code, what, ...(command && { command }) }),
      ]);
      expect('command' in found[0]).toBe(command !== undefined);
    });
  });

  it('not merged', async () => {
    const local = STAGE.replace('stage', 'local');
    const text = (await sandbox.readFile(local))!;
    await sandbox.commit(
      { [local]: text.replace('"1.4.2"', '"1.4.3"') },
      'demo 1.4.3 to local',
    );
    const opened = await backend.post(`${ENTITY}/promotions`, REQUEST);
    expect(opened.status).toBe(201);
    await eventually(async () =>
      expect(await findings()).toContainEqual(
        expect.objectContaining({
          code: 'not-deployed',
          severity: 'info',
          what: 'demo 1.4.3 is not merged yet.',
          evidence: opened.body.promotion.pullRequest.url,
        }),
      ),
    );
  });
});
