import { recordedBody, recordedStatus } from '../__testUtils__/recordings';
import {
  demoEnvironments,
  demoSnapshot,
  LOCAL_OVERLAY,
  overlayPinning,
  repository,
  STAGE_OVERLAY,
} from '../__testUtils__/tree';
import type { Environment, Promotion } from '../api/types';
import {
  ApplicationStatus,
  parseResourceTroubles,
} from '../argocd/ApplicationStatus';
import type { EnvironmentFacts } from '../findings/EnvironmentFacts';
import type { FindingRule } from '../findings/FindingRule';
import type { HistoryCommit } from '../history/RevisionDistance';
import { readOverlay } from '../tree/overlay';
import { ApplicationFacts, describeViews, environmentOf } from './environments';

const GIT = { readAt: '2026-11-23T23:40:00Z', stale: false };
const ARGOCD = { readAt: '2026-11-23T23:40:02Z', stale: false };
const blob = `${repository.url}/blob/${repository.head}`;

/** A recorded status, as if its Application deployed from this repository. */
function status(
  path: string,
  more: Partial<ApplicationStatus> = {},
): ApplicationStatus {
  return { ...recordedStatus(path), repoURL: repository.url, ...more };
}

/** Describes the demo service, given the statuses of its Applications by environment. */
function describeDemo(options: {
  overlays?: { local?: string; stage?: string };
  applications?: Record<string, ApplicationFacts>;
  /** Another revision than the deployed branch. */
  deployed?: Record<string, { branch: string; head: string }>;
  promotions?: Promotion[];
  registry?: EnvironmentFacts['registry'];
  rules?: FindingRule[];
  /** Why overlays were not read, by environment. */
  unread?: Record<string, string>;
}): { local: Environment; stage: Environment; all: Environment[] } {
  const {
    overlays = {},
    applications = {},
    deployed = {},
    promotions = [],
    registry,
    rules,
    unread = {},
  } = options;
  const snapshot = demoSnapshot({
    ...(overlays.local !== undefined && { [LOCAL_OVERLAY]: overlays.local }),
    ...(overlays.stage !== undefined && { [STAGE_OVERLAY]: overlays.stage }),
  });
  const views = describeViews({
    repository,
    rules,
    environments: Object.values(demoEnvironments(snapshot)).map(declared => ({
      declared,
      repository: { ...repository, ...deployed[declared.environment] },
      snapshot,
      overlay:
        declared.environment in unread
          ? { path: '', pins: [], unread: unread[declared.environment] }
          : readOverlay(snapshot, declared.overlayPath),
      application: applications[declared.environment] ?? {},
      registry,
    })),
  });
  const all = views.map(view =>
    environmentOf(view, promotions, { git: GIT, argocd: ARGOCD }),
  );
  const [local, stage] = all;
  return { local, stage, all };
}

const pinning = (newTag: string) =>
  overlayPinning({ name: 'demo', newName: 'localhost:5001/demo', newTag });

const commit = (sha: string, ...paths: string[]): HistoryCommit => ({
  sha,
  title: `Change ${sha}`,
  author: 'jane',
  authoredAt: '2026-11-23T20:00:00Z',
  url: `${repository.url}/commit/${sha}`,
  paths,
});

const BEHIND = {
  aheadBy: 3,
  behindBy: 0,
  commits: [
    commit('c', STAGE_OVERLAY),
    commit('b', LOCAL_OVERLAY),
    commit('a', 'docs/a.md', STAGE_OVERLAY),
  ],
  truncated: false,
};

describe('describeViews', () => {
  it('puts together what Git, Argo CD and the database say of an environment', () => {
    const promotion = { id: '1', to: 'stage' } as Promotion;
    const { stage, all } = describeDemo({
      overlays: { local: pinning('"1.5.0"'), stage: pinning('"1.4.2"') },
      applications: {
        stage: {
          status: status('a-synced-healthy/application.json'),
          url: 'https://argocd.example.com/applications/argocd/demo-stage',
          distance: BEHIND,
          comparedDistance: BEHIND,
        },
      },
      promotions: [{ id: '0', to: 'prod' } as Promotion, promotion],
    });

    expect(all.map(({ name, order }) => [name, order])).toEqual([
      ['local', 0],
      ['stage', 1],
    ]);
    expect(stage).toEqual({
      name: 'stage',
      order: 1,
      promotesFrom: 'local',
      application: {
        instance: 'main',
        namespace: 'argocd',
        name: 'demo-stage',
        url: 'https://argocd.example.com/applications/argocd/demo-stage',
      },
      overlay: {
        path: 'apps/demo/overlays/stage',
        commit: repository.head,
        url: `${repository.url}/tree/${repository.head}/apps/demo/overlays/stage`,
        revision: undefined,
      },
      namespace: 'demo-stage',
      // Its Application has it by its address.
      cluster: undefined,
      hosts: [
        { host: 'stage.localtest.me', url: 'http://stage.localtest.me/' },
      ],
      images: [
        {
          name: 'demo',
          image: 'localhost:5001/demo',
          desired: { tag: '1.4.2' },
          location: {
            path: STAGE_OVERLAY,
            line: 5,
            column: 13,
            url: `${blob}/${STAGE_OVERLAY}#L5`,
          },
          live: [{ tag: '1.4.2' }],
        },
      ],
      unpinned: [],
      sync: {
        status: 'Synced',
        revision: 'b47510905e9c5ee25e6f6de96f149e152c7327a4',
        commitsBehindIsAtLeast: undefined,
        appliedRevision: 'b47510905e9c5ee25e6f6de96f149e152c7327a4',
        commitsBehind: 2,
        commits: ['c', 'a'].map(sha => {
          const { paths: _, ...shown } = commit(sha);
          return shown;
        }),
      },
      health: { status: 'Healthy', message: undefined },
      operation: {
        phase: 'Succeeded',
        message: 'successfully synced (all tasks run)',
        startedAt: '2026-11-23T23:31:03Z',
        finishedAt: '2026-11-23T23:31:03Z',
      },
      findings: [
        {
          code: 'not-deployed',
          command: 'refresh',
          severity: 'info',
          what: '2 commits are merged and not yet seen by Argo CD.',
          why: expect.stringContaining('at 2026-11-23T23:33:35Z'),
          fix: expect.stringContaining('refresh demo-stage'),
          evidence: 'c Change c\na Change a',
        },
      ],
      step: {
        from: 'local',
        to: 'stage',
        changes: [
          {
            name: 'demo',
            image: 'localhost:5001/demo',
            before: { tag: '1.4.2' },
            after: { tag: '1.5.0' },
            location: {
              path: STAGE_OVERLAY,
              line: 5,
              column: 13,
              url: `${blob}/${STAGE_OVERLAY}#L5`,
            },
          },
        ],
        blockedBy: [],
      },
      promotion,
      freshness: { git: GIT, argocd: ARGOCD },
    });
  });

  it('is Unknown, with nothing live and no hosts, where Argo CD does not know the Application', () => {
    const { local, stage } = describeDemo({});

    expect(local).toMatchObject({
      promotesFrom: undefined,
      application: { instance: undefined, namespace: 'argocd' },
      hosts: [],
      images: [{ desired: { tag: expect.any(String) }, live: [] }],
      sync: { status: 'Unknown', revision: undefined },
      health: { status: 'Unknown' },
      operation: undefined,
      findings: [],
      step: undefined,
      promotion: undefined,
    });
    expect(stage.step).toBeDefined();
  });

  it('finds the live image by the new name of the pin, not by its name or a part of it', () => {
    const { stage } = describeDemo({
      overlays: { stage: pinning('"1.4.2"') },
      applications: {
        stage: {
          status: status('a-synced-healthy/application.json', {
            images: [
              'demo:0.1',
              'localhost:5001/demo-worker:0.2',
              'localhost:5001/demo:1.4.1',
              'localhost:5001/demo:1.4.2',
              'other/demo:0.3',
            ],
          }),
        },
      },
    });
    expect(stage.images[0].live).toEqual([{ tag: '1.4.1' }, { tag: '1.4.2' }]);
    expect(stage.unpinned.map(({ image }) => image)).toEqual([
      'demo',
      'localhost:5001/demo-worker',
      'other/demo',
    ]);
  });

  it.each<[what: string, runs: string[], demo: string[], worker: string[]]>([
    ['both as they should', ['2', '1'], ['2'], ['1']],
    ['one of neither', ['2', '1', '0'], ['2', '0'], ['1', '0']],
    ['one of them, of whichever', ['1'], ['1'], ['1']],
  ])(
    'takes what runs of two pins with one image for what each wants: %s',
    (_, runs, demo, worker) => {
      const pin = { name: 'demo', newName: 'localhost:5001/demo' };
      const { stage } = describeDemo({
        overlays: {
          stage: overlayPinning(
            { ...pin, newTag: '"2"' },
            { ...pin, name: 'worker', newTag: '"1"' },
          ),
        },
        applications: {
          stage: {
            status: status('a-synced-healthy/application.json', {
              images: runs.map(tag => `localhost:5001/demo:${tag}`),
            }),
          },
        },
      });
      expect(
        stage.images.map(({ live }) => live.map(({ tag }) => tag)),
      ).toEqual([demo, worker]);
    },
  );

  it('drops addresses that are not of the web', () => {
    const { stage } = describeDemo({
      applications: {
        stage: {
          status: status('a-synced-healthy/application.json', {
            externalURLs: [
              // In two parts, as the linter takes it for a script.
              ['javascript', 'alert(1)'].join(':'),
              'data:text/html,x',
              'not a url',
              '//stage.localtest.me',
              '',
              'https://stage.localtest.me:8443/path',
            ],
          }),
        },
      },
    });
    expect(stage.hosts).toEqual([
      {
        host: 'stage.localtest.me:8443',
        url: 'https://stage.localtest.me:8443/path',
      },
    ]);
  });

  it('says what blocks the step where it could be taken: at the target', () => {
    const { local, stage } = describeDemo({
      overlays: { local: pinning('1.10'), stage: pinning('"1.4.2"') },
    });
    expect(local.step).toBeUndefined();
    expect(stage.findings).toEqual([]);
    expect(stage.step?.blockedBy).toMatchObject([
      { code: 'tag-not-string', where: { path: LOCAL_OVERLAY, line: 5 } },
    ]);
  });

  it('does not block the step for what only the cluster has, nor for a warning', () => {
    const recording = 'e2-image-pull-backoff-degraded';
    const { stage } = describeDemo({
      overlays: {
        local: pinning('"1.5.0"'),
        stage: overlayPinning(
          { name: 'demo', newName: 'localhost:5001/demo', newTag: '"9.9.9"' },
          { name: 'other', newTag: '~' },
        ),
      },
      applications: {
        stage: {
          status: status(`${recording}/application.json`, {
            troubles: parseResourceTroubles(
              recordedBody(`${recording}/resource-tree.json`),
            ),
          }),
        },
      },
    });
    expect(stage.findings.map(({ code }) => code)).toEqual([
      'tag-not-string',
      'image-pull-failed',
    ]);
    expect(stage.step).toMatchObject({
      changes: [{ before: { tag: '9.9.9' }, after: { tag: '1.5.0' } }],
      blockedBy: [],
    });
  });

  it('shows an environment whose overlay is broken', () => {
    const { stage } = describeDemo({
      overlays: { stage: 'images: [\n' },
      applications: {
        stage: { status: status('c1-malformed-yaml/application.json') },
      },
    });
    expect(stage).toMatchObject({
      images: [],
      // What should run is not known; what runs is.
      unpinned: [{ image: 'localhost:5001/demo', version: { tag: '1.5.0' } }],
      sync: { status: 'Unknown', revision: undefined },
      health: { status: 'Healthy' },
      findings: [{ code: 'comparison-error' }],
      step: { changes: [], blockedBy: [{ code: 'comparison-error' }] },
    });
  });

  it('counts from what was applied where what was compared is at the head already', () => {
    const { stage } = describeDemo({
      overlays: { local: pinning('"1.5.0"'), stage: pinning('"1.5.0"') },
      applications: {
        stage: {
          status: status('b-out-of-sync/application.json'),
          distance: { ...BEHIND, commits: BEHIND.commits.slice(0, 1) },
          comparedDistance: { ...BEHIND, aheadBy: 0, commits: [] },
        },
      },
    });
    expect(stage.sync).toMatchObject({
      status: 'OutOfSync',
      commitsBehind: 1,
      commits: [{ sha: 'c' }],
    });
  });

  it('takes no target for up to date with a source that was not read', () => {
    const { local, stage } = describeDemo({ unread: { local: 'not yet' } });
    expect(local.findings).toMatchObject([
      { code: 'comparison-error', severity: 'info' },
    ]);
    expect(stage.step).toBeUndefined();
    expect(stage.promotesFrom).toBe('local');
  });

  it('does not wait for what Argo CD is ahead of', () => {
    const { stage } = describeDemo({
      overlays: { stage: pinning('"1.4.1"') },
      applications: {
        stage: {
          status: status('a-synced-healthy/application.json', {
            images: ['localhost:5001/demo:1.5.0'],
          }),
          comparedDistance: { ...BEHIND, aheadBy: 0, behindBy: 1, commits: [] },
        },
      },
    });
    expect(stage.findings).toEqual([]);
  });

  it('counts the commits of its bases too, and says that there may be more where not all were looked at', () => {
    const { stage } = describeDemo({
      applications: {
        stage: {
          status: status('a-synced-healthy/application.json'),
          distance: {
            aheadBy: 300,
            behindBy: 0,
            commits: [
              commit('c', 'docs/a.md'),
              commit('b', 'apps/demo/base/deployment.yaml'),
            ],
            truncated: true,
          },
        },
      },
    });
    expect(stage.sync).toMatchObject({
      commitsBehind: 1,
      commitsBehindIsAtLeast: true,
      commits: [{ sha: 'b' }],
    });
  });

  it('blocks the step where a registry does not have what would be promoted', () => {
    const registry = (missing: string) =>
      new Map([
        [`localhost:5001/demo:${missing}`, { state: 'missing' as const }],
      ]);
    const blockedBy = (missing: string) =>
      describeDemo({
        overlays: { local: pinning('"1.5.0"'), stage: pinning('"1.4.2"') },
        registry: registry(missing),
      }).stage.step?.blockedBy;
    expect(blockedBy('1.5.0')).toMatchObject([
      { code: 'tag-missing', where: { path: STAGE_OVERLAY, line: 5 } },
    ]);
    // What stage pins today is what the promotion mends.
    expect(blockedBy('1.4.2')).toEqual([]);
  });

  it('shows what rules of others find, and is blocked by it', () => {
    const { local, stage } = describeDemo({
      overlays: { local: pinning('"1.5.0"'), stage: pinning('"1.4.2"') },
      rules: [
        {
          code: 'odd-minor',
          docs: 'https://wiki.test/odd-minor',
          check: ({ overlay: { pins } }) =>
            pins
              .filter(({ version }) => version.tag === '1.5.0')
              .map(({ name }) => ({
                severity: 'error' as const,
                what: `${name} has an odd minor version.`,
                why: 'Those are for development.',
                fix: 'Take an even one.',
              })),
        },
      ],
    });
    const found = [{ code: 'odd-minor', docs: 'https://wiki.test/odd-minor' }];
    expect(local.findings).toMatchObject(found);
    expect(stage.findings).toEqual([]);
    expect(stage.step?.blockedBy).toMatchObject(found);
  });

  it('compares the environments with each other', () => {
    const { local, stage } = describeDemo({
      overlays: { stage: `namespace: demo-local\n${pinning('"1.4.2"')}` },
    });
    expect(local.findings).toEqual([]);
    expect(stage.findings.map(({ code }) => code)).toEqual([
      'namespace-shared',
      'namespace-mismatch',
    ]);
    expect(stage.step?.blockedBy).toMatchObject([{ code: 'namespace-shared' }]);
  });

  it('shows an environment that deploys a tag, and why it cannot be promoted to', () => {
    const { stage } = describeDemo({
      overlays: { local: pinning('"1.5.0"'), stage: pinning('"1.4.2"') },
      deployed: { stage: { branch: 'v1', head: 'f'.repeat(40) } },
    });
    expect(stage).toMatchObject({
      overlay: { revision: 'v1', commit: 'f'.repeat(40) },
      findings: [],
      step: {
        blockedBy: [
          {
            code: 'other-revision',
            where: {
              path: 'bootstrap/demo-stage-application.yaml',
              line: expect.any(Number),
              url: expect.stringMatching(
                /\/blob\/[0-9a-f]{40}\/bootstrap\/demo-stage-application\.yaml#L\d+$/,
              ),
            },
          },
        ],
      },
    });
  });

  it('names the cluster of an environment that its Application has by a name', () => {
    const snapshot = demoSnapshot();
    const { stage } = demoEnvironments(snapshot);
    const [view] = describeViews({
      repository,
      environments: [
        {
          declared: { ...stage, destinationCluster: 'production' },
          repository,
          snapshot,
          overlay: readOverlay(snapshot, stage.overlayPath),
          application: {},
        },
      ],
    });
    expect(view.cluster).toBe('production');
  });

  it('has no environments for a service without any', () => {
    expect(describeViews({ repository, environments: [] })).toEqual([]);
  });
});
