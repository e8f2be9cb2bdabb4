import { Environment } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  kustomizeBinary,
  Sandbox,
  startTestSandbox,
} from '@gitops-infra/sandbox';
import { eventually } from './__testUtils__/eventually';
import { GitopsBackend, STAGE } from './__testUtils__/gitopsBackend';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

describe('hosts', () => {
  let sandbox: Sandbox;
  let backend: GitopsBackend;

  const environments = async () =>
    (await backend.environments()).environments ?? [];
  const start = async (gitops: object) => {
    backend = await GitopsBackend.start(sandbox, { config: { gitops } });
    await eventually(async () =>
      expect(await environments()).toMatchObject([
        { health: { status: 'Healthy' }, sync: { commitsBehind: 0 } },
        { health: { status: 'Healthy' }, sync: { commitsBehind: 0 } },
      ]),
    );
  };
  const hostFindings = ({ findings }: Environment) =>
    findings
      .filter(({ code }) => code.startsWith('host-'))
      .map(({ code, severity }) => [code, severity]);

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });

  beforeEach(async () => {
    await sandbox.reset();
  });

  afterEach(async () => {
    await backend.stop();
  });

  afterAll(async () => {
    await sandbox.close();
  });

  it('that Git wants are those of the rendered overlays, and are held against each other and what is live', async () => {
    await start({ rendering: { kustomize: kustomizeBinary() } });
    // Argo CD does not see what is pushed.
    sandbox.setArgocd({ idle: true });
    const own = (await sandbox.readFile(STAGE))!;
    await sandbox.commit(
      { [STAGE]: own.slice(0, own.indexOf('patches:')) },
      'Take the host of stage away',
    );
    await eventually(async () => {
      const [local, stage] = await environments();
      expect(hostFindings(stage)).toEqual([
        ['host-shared', 'error'],
        ['host-mismatch', 'warning'],
      ]);
      expect(hostFindings(local)).toEqual([]);
      expect(stage.step?.blockedBy).toMatchObject([{ code: 'host-shared' }]);
      // One opens what is live.
      expect(stage.hosts).toEqual([
        { host: 'stage.localtest.me', url: 'http://stage.localtest.me/' },
      ]);
    });

    await sandbox.commit({ [STAGE]: own }, 'Give it back');
    await eventually(async () => {
      const [, stage] = await environments();
      expect(hostFindings(stage)).toEqual([]);
      expect(stage.step?.blockedBy).toEqual([]);
    });
  });

  it('that cannot be rendered are not judged, and that is said', async () => {
    await start({ rendering: { kustomize: '/nowhere/kustomize' } });
    await eventually(async () => {
      const all = await environments();
      expect(all.map(hostFindings)).toEqual([
        [['host-mismatch', 'info']],
        [['host-mismatch', 'info']],
      ]);
      expect(all[1].findings[0].why).toContain(
        'correct gitops.rendering.kustomize',
      );
      expect(all[1].step?.blockedBy).toEqual([]);
    });
  });
});
