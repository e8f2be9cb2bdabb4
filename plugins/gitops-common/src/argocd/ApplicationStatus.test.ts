import { recordedBody, recordedStatus } from '../__testUtils__/recordings';
import {
  ApplicationStatus,
  applicationKey,
  parseApplication,
  parseResourceTroubles,
} from './ApplicationStatus';

describe('parseApplication, on recordings of Argo CD', () => {
  it('tells what was applied from what was compared, which is at the head already', () => {
    expect(recordedStatus('b-out-of-sync/application.json').sync).toEqual({
      status: 'OutOfSync',
      revision: expect.stringMatching(/^068cdbee/),
      appliedRevision: expect.stringMatching(/^476da1bf/),
    });
  });

  it('reads the steady state', () => {
    expect(recordedStatus('a-synced-healthy/application.json')).toEqual({
      instance: 'main',
      namespace: 'argocd',
      name: 'demo-stage',
      repoURL: 'https://git.example.com/demo/gitops-infra.git',
      path: 'apps/demo/overlays/stage',
      project: 'default',
      sources: [
        {
          repoURL: 'https://git.example.com/demo/gitops-infra.git',
          path: 'apps/demo/overlays/stage',
          targetRevision: 'main',
          revision: 'b47510905e9c5ee25e6f6de96f149e152c7327a4',
        },
      ],
      automated: true,
      imageOverrides: [],
      sync: {
        status: 'Synced',
        revision: 'b47510905e9c5ee25e6f6de96f149e152c7327a4',
        appliedRevision: 'b47510905e9c5ee25e6f6de96f149e152c7327a4',
      },
      health: { status: 'Healthy', message: undefined },
      operation: {
        phase: 'Succeeded',
        message: 'successfully synced (all tasks run)',
        startedAt: '2026-11-23T23:31:03Z',
        finishedAt: '2026-11-23T23:31:03Z',
        revision: 'b47510905e9c5ee25e6f6de96f149e152c7327a4',
      },
      images: ['localhost:5001/demo:1.4.2'],
      externalURLs: ['http://stage.localtest.me/'],
      conditions: [],
      reconciledAt: expect.stringMatching(/^2026-11-23T/),
      troubles: [],
    });
  });

  it('reads the same from the API and from Kubernetes', () => {
    const read = (path: string) =>
      recordedBody<{ items: unknown[] }>(path).items.map(item =>
        parseApplication('main', item),
      );
    const fromApi = read('a-synced-healthy/list.json');
    expect(fromApi.map(status => status?.name)).toEqual([
      'demo-local',
      'demo-stage',
    ]);
    expect(read('a-synced-healthy/kube-list.json')).toEqual(fromApi);
  });

  it('answers a list without rights with items: null, which is no Application', () => {
    const { items } = recordedBody<{ items: unknown }>(
      'errors/list-without-rights.json',
    );
    expect(items).toBeNull();
    expect(parseApplication('main', items)).toBeUndefined();
  });

  it.each<[what: string, path: string, seen: Partial<ApplicationStatus>]>([
    [
      'a new tag in Git that is not synced: old image, Healthy, the new revision',
      'b-out-of-sync/application.json',
      {
        sync: {
          status: 'OutOfSync',
          revision: '068cdbee97f1fd5710044c3c8a01d576378f33d9',
        },
        health: { status: 'Healthy', message: undefined },
        images: ['localhost:5001/demo:1.4.3'],
        automated: false,
      },
    ],
    ...[
      'c1-malformed-yaml',
      'c2-tag-not-string',
      'c3-missing-resource',
      'c4-unknown-field',
      'd-path-missing',
      'g-repo-server-down',
    ].map((folder): [string, string, Partial<ApplicationStatus>] => [
      `${folder}: Healthy on the old image, and the revision "main" left out`,
      `${folder}/application.json`,
      {
        sync: { status: 'Unknown', revision: undefined },
        sources: [
          expect.objectContaining({
            targetRevision: 'main',
            revision: undefined,
          }),
        ],
        health: { status: 'Healthy', message: undefined },
        images: ['localhost:5001/demo:1.5.0'],
        conditions: [
          {
            type: 'ComparisonError',
            message: expect.stringContaining('Failed to load target state'),
          },
        ],
      },
    ]),
    [
      'an image that cannot be pulled, first: Progressing, both images',
      'e1-image-pull-backoff-progressing/application.json',
      {
        health: { status: 'Progressing', message: undefined },
        images: ['localhost:5001/demo:1.5.0', 'localhost:5001/demo:9.9.9'],
        conditions: [],
      },
    ],
    [
      'an image that cannot be pulled, then: Degraded, both images still',
      'e2-image-pull-backoff-degraded/application.json',
      {
        sync: {
          status: 'Synced',
          revision: 'af56e12f989947215547b204773915e099ee92ad',
        },
        health: { status: 'Degraded', message: undefined },
        images: ['localhost:5001/demo:1.5.0', 'localhost:5001/demo:9.9.9'],
        conditions: [],
      },
    ],
    [
      'a rollout: both images',
      'h-sync/t1/application.json',
      {
        health: { status: 'Progressing', message: undefined },
        images: ['localhost:5001/demo:1.4.3', 'localhost:5001/demo:1.5.0'],
      },
    ],
    [
      'an operation asked for and not begun: none yet',
      'h-sync/application.json',
      { operation: undefined },
    ],
    [
      'the state after many promotions: the last',
      'j-history/application-after-many.json',
      {
        sync: {
          status: 'Synced',
          revision: '39e673ea00203dce1f858be9a90901565b9df221',
        },
        images: ['localhost:5001/demo:1.5.0'],
      },
    ],
    [
      'several sources: revisions and no revision; path and commit are those of the first under apps',
      'k-multi-source/application.json',
      {
        name: 'demo-multi',
        repoURL: 'https://git.example.com/demo/gitops-infra.git',
        path: 'apps/demo/overlays/local',
        sources: ['local', 'stage'].map(name => ({
          repoURL: 'https://git.example.com/demo/gitops-infra.git',
          path: `apps/demo/overlays/${name}`,
          targetRevision: 'main',
          revision: '39e673ea00203dce1f858be9a90901565b9df221',
        })),
        sync: {
          status: 'OutOfSync',
          revision: '39e673ea00203dce1f858be9a90901565b9df221',
        },
        automated: false,
        operation: undefined,
      },
    ],
    [
      'an image set in the cluster: Synced, and not what Git says',
      'o-image-override/application.json',
      {
        sync: {
          status: 'Synced',
          revision: '39e673ea00203dce1f858be9a90901565b9df221',
        },
        images: ['localhost:5001/demo:0.0.7', 'localhost:5001/demo:1.5.0'],
        imageOverrides: ['demo=localhost:5001/demo:0.0.7'],
      },
    ],
  ])('reads %s', (_, path, seen) => {
    expect(recordedStatus(path)).toMatchObject(seen);
  });
});

describe('parseApplication, on whatever else comes', () => {
  const metadata = { name: 'demo', namespace: 'argocd' };

  it.each([
    [undefined],
    [null],
    ['Application'],
    [[]],
    [{}],
    [{ metadata: {} }],
    [{ metadata: { name: 'demo' } }],
    [{ metadata: { namespace: 'argocd' } }],
    [{ metadata: { name: '', namespace: 'argocd' } }],
    [{ metadata: { name: 5, namespace: 'argocd' } }],
    [{ metadata: null }],
  ])('takes %j for no Application', value => {
    expect(parseApplication('main', value)).toBeUndefined();
  });

  it('reads an Application that no controller has seen', () => {
    expect(parseApplication('main', { metadata })).toMatchObject({
      ...metadata,
      sync: { status: 'Unknown', revision: undefined },
      health: { status: 'Unknown' },
      operation: undefined,
      images: [],
      externalURLs: [],
      conditions: [],
      troubles: [],
    });
  });

  it('makes Unknown and empty of what has another shape', () => {
    expect(
      parseApplication('main', {
        metadata,
        spec: { source: 'x' },
        status: {
          sync: { status: 'Synchronised', revision: 5 },
          health: { status: 'Fine', message: { text: 'x' } },
          summary: { images: [1, 'demo:1', null], externalURLs: 'http://x' },
          operationState: { phase: 'Dreaming' },
          conditions: [null, { type: 'X' }],
        },
      }),
    ).toMatchObject({
      sync: { status: 'Unknown', revision: undefined },
      health: { status: 'Unknown', message: undefined },
      operation: { phase: 'Error' },
      images: ['demo:1'],
      externalURLs: [],
      conditions: [
        { type: '', message: '' },
        { type: 'X', message: '' },
      ],
    });
  });

  const sha = (character: string) => character.repeat(40);

  it.each<[what: string, paths: (string | undefined)[], index: number]>([
    ['under apps', ['values', 'apps/demo/overlays/stage'], 1],
    ['under apps by a detour', ['values', './x/../apps/demo/stage'], 1],
    ['with a path, where none is under apps', [undefined, 'values'], 1],
    ['at all, where none has a path', [undefined, undefined], 0],
  ])('takes of several sources the first %s', (_, paths, index) => {
    const sources = paths.map(path => ({ repoURL: `https://${path}`, path }));
    const revisions = ['a', 'b'].map(sha);
    expect(
      parseApplication('main', {
        metadata,
        spec: { sources, source: { path: 'apps/passed/over' } },
        status: {
          sync: { revisions },
          operationState: { phase: 'Succeeded', syncResult: { revisions } },
        },
      }),
    ).toMatchObject({
      ...sources[index],
      sync: { revision: revisions[index] },
      operation: { revision: revisions[index] },
    });
  });

  it.each<[automated: unknown, is: boolean]>([
    [undefined, false],
    [null, false],
    [{}, true],
    [{ prune: true }, true],
    [{ enabled: true }, true],
    [{ enabled: false }, false],
  ])('takes automated: %j for synced by itself: %s', (automated, is) => {
    expect(
      parseApplication('main', {
        metadata,
        spec: { syncPolicy: { automated } },
      })?.automated,
    ).toBe(is);
  });

  it('keeps the beginning of a message that nobody would read to its end', () => {
    const message = 'x'.repeat(1_000_000);
    const status = parseApplication('main', {
      metadata,
      status: {
        conditions: [{ type: 'ComparisonError', message }],
        health: { status: 'Degraded', message },
        operationState: { phase: 'Failed', message },
      },
    });
    expect(JSON.stringify(status).length).toBeLessThan(20_000);
    expect(status?.conditions[0].message).toMatch(/^x{4000}…$/);
  });

  it.each<[revision: string, kept: boolean]>([
    ['b47510905e9c5ee25e6f6de96f149e152c7327a4', true],
    ['a'.repeat(64), true],
    ['main', false],
    ['HEAD', false],
    ['1.2.3', false],
    ['b475109', false],
    ['', false],
  ])('takes the revision %j for a commit: %s', (revision, kept) => {
    expect(
      parseApplication('main', { metadata, status: { sync: { revision } } })
        ?.sync.revision,
    ).toBe(kept ? revision : undefined);
  });
});

describe('parseResourceTroubles', () => {
  it.each([
    'e1-image-pull-backoff-progressing',
    'e2-image-pull-backoff-degraded',
  ])(
    'finds the pod that cannot pull its image, which only the tree shows: %s',
    folder => {
      expect(
        parseResourceTroubles(recordedBody(`${folder}/resource-tree.json`)),
      ).toEqual([
        {
          kind: 'Pod',
          name: 'demo-6d4f96b474-mljgm',
          reason: 'ImagePullBackOff',
          message: 'Back-off pulling image "localhost:5001/demo:9.9.9"',
          images: ['localhost:5001/demo:9.9.9'],
          owner: 'ReplicaSet',
        },
      ]);
    },
  );

  it('finds none in the steady state', () => {
    expect(
      parseResourceTroubles(
        recordedBody('a-synced-healthy/resource-tree.json'),
      ),
    ).toEqual([]);
  });

  it('finds the pod that a rollout still waits for', () => {
    expect(
      parseResourceTroubles(
        recordedBody('o-image-override/resource-tree.json'),
      ),
    ).toEqual([
      expect.objectContaining({
        reason: 'Pending',
        images: ['localhost:5001/demo:0.0.7'],
      }),
    ]);
  });

  const podIn = (reason: string, image = 'demo:1') => ({
    kind: 'Pod',
    name: 'demo',
    images: [image],
    info: [{ name: 'Status Reason', value: reason }],
  });

  it('keeps a few of hundreds', () => {
    const nodes = Array.from({ length: 500 }, (_, index) =>
      podIn('ImagePullBackOff', `demo:${index}`),
    );
    expect(parseResourceTroubles({ nodes })).toHaveLength(20);
  });

  it('keeps one of those that are alike', () => {
    const nodes = Array(500).fill(podIn('ImagePullBackOff'));
    expect(parseResourceTroubles({ nodes })).toHaveLength(1);
  });

  it('keeps what fails before what waits, be it the last of many', () => {
    const nodes = [
      ...Array.from({ length: 25 }, (_, index) =>
        podIn('ContainerCreating', `demo:${index}`),
      ),
      podIn('CrashLoopBackOff'),
      podIn('ImagePullBackOff'),
    ];
    const troubles = parseResourceTroubles({ nodes });
    expect(troubles.slice(0, 3).map(({ reason }) => reason)).toEqual([
      'CrashLoopBackOff',
      'ImagePullBackOff',
      'ContainerCreating',
    ]);
  });

  it.each([
    [undefined],
    [null],
    ['x'],
    [{}],
    [{ nodes: null }],
    [{ nodes: [null, 'x', { kind: 'Pod' }] }],
  ])('finds none in %j', tree => {
    expect(parseResourceTroubles(tree)).toEqual([]);
  });
});

describe('applicationKey', () => {
  it('tells Applications of one name in two namespaces apart', () => {
    expect(applicationKey({ namespace: 'argocd', name: 'demo' })).toBe(
      'argocd/demo',
    );
  });
});
