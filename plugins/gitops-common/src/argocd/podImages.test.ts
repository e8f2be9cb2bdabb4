import { recordedBody } from '../__testUtils__/recordings';
import { podImagesOfPods, podImagesOfTree } from './podImages';

interface Options {
  image: string;
  /** What made it. */
  by?: [kind: string, name: string];
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  restarts?: boolean;
}

/** A pod as Argo CD's resource tree has it, which knows no phase: health as Argo CD judges it. */
function node({ image, by, phase, restarts = by?.[0] !== 'Job' }: Options) {
  const status = {
    Pending: 'Progressing',
    Running: restarts ? 'Healthy' : 'Progressing',
    Succeeded: 'Healthy',
    Failed: 'Degraded',
  }[phase];
  const reason = { Succeeded: 'Completed', Failed: 'Error' }[phase as string];
  return {
    kind: 'Pod',
    name: 'a-1',
    images: [image],
    health: { status },
    info: [{ name: 'Status Reason', value: reason ?? phase }],
    parentRefs: by && [{ kind: by[0], name: by[1] }],
  };
}

/** The same pod as Kubernetes has it. */
function pod({ image, by, phase }: Options) {
  return {
    metadata: {
      name: 'a-1',
      namespace: 'demo',
      ownerReferences: by && [{ kind: by[0], name: by[1], controller: true }],
      labels: { 'pod-template-hash': 'x' },
    },
    spec: { containers: [{ image }] },
    status: { phase },
  };
}

const JOB: [string, string] = ['Job', 'a-29400120'];
const REPLICA_SET: [string, string] = ['ReplicaSet', 'a-x'];

const application = (kinds: string[], images: string[] = []) => ({
  status: {
    resources: kinds.map(kind => ({ kind, namespace: 'demo', name: 'a' })),
    summary: { images },
  },
});

describe('the images of pods', () => {
  it.each<
    [
      what: string,
      kinds: string[],
      pods: Options[],
      expected: { running?: string[]; ended?: string[]; onlyCronJobs?: true },
    ]
  >([
    [
      'that serve',
      ['Deployment', 'Service'],
      [{ image: 'a:1', by: REPLICA_SET, phase: 'Running' }],
      { running: ['a:1'] },
    ],
    [
      'that are about to',
      ['Deployment'],
      [{ image: 'a:1', by: REPLICA_SET, phase: 'Pending' }],
      { running: ['a:1'] },
    ],
    [
      'of Jobs that run, have succeeded and have failed',
      ['CronJob', 'ConfigMap'],
      [
        { image: 'a:3', by: JOB, phase: 'Running' },
        { image: 'a:2', by: JOB, phase: 'Succeeded' },
        { image: 'a:1', by: JOB, phase: 'Failed' },
      ],
      { running: ['a:3'], ended: ['a:2', 'a:1'], onlyCronJobs: true },
    ],
    [
      'of one version that has ended and runs elsewhere',
      ['Deployment', 'CronJob'],
      [
        { image: 'a:1', by: REPLICA_SET, phase: 'Running' },
        { image: 'a:1', by: JOB, phase: 'Succeeded' },
      ],
      { running: ['a:1'], ended: ['a:1'] },
    ],
    ['of a CronJob between its runs', ['CronJob'], [], { onlyCronJobs: true }],
    ['of nothing', ['ConfigMap'], [], {}],
    ['of a Deployment without replicas', ['CronJob', 'Deployment'], [], {}],
    ['of a resource that may make pods', ['CronJob', 'Workflow'], [], {}],
    [
      'that nothing made',
      ['Pod'],
      [{ image: 'a:1', phase: 'Succeeded', restarts: false }],
      { ended: ['a:1'] },
    ],
  ])('%s, by the tree and by the pods', (_, kinds, pods, expected) => {
    const found = {
      running: [],
      ended: [],
      onlyCronJobs: false,
      ...expected,
    };
    const owned = pods.flatMap(({ by }) =>
      by?.[0] === 'Job' && kinds.includes('CronJob')
        ? [{ kind: 'Job', parentRefs: [{ kind: 'CronJob' }] }]
        : [],
    );
    const nodes = [
      ...kinds.filter(kind => kind !== 'Pod').map(kind => ({ kind })),
      ...owned,
      ...pods.map(node),
    ];
    expect(podImagesOfTree({ nodes })).toEqual(found);
    const named = kinds.includes('Pod')
      ? {
          status: {
            resources: [{ kind: 'Pod', namespace: 'demo', name: 'a-1' }],
          },
        }
      : application(kinds);
    expect(podImagesOfPods(named, pods.map(pod))).toEqual(found);
  });

  it('of a recorded rollout are those of both versions', () => {
    const tree = recordedBody('h-sync/t1/resource-tree.json');
    expect(podImagesOfTree(tree)).toEqual({
      running: ['localhost:5001/demo:1.4.3', 'localhost:5001/demo:1.5.0'],
      ended: [],
      onlyCronJobs: false,
    });
  });

  it('of others do not count, unless they may be of a resource of another kind', () => {
    const ofOther = { by: ['Kafka', 'a'] as [string, string] };
    const pods = [
      pod({ image: 'a:1', phase: 'Running', ...ofOther }),
      pod({ image: 'a:1', phase: 'Succeeded', ...ofOther }),
    ];
    expect(podImagesOfPods(application(['Kafka']), pods).running).toEqual([]);
    expect(podImagesOfPods(application(['Kafka'], ['a:1']), pods)).toEqual({
      running: ['a:1'],
      ended: [],
      onlyCronJobs: false,
    });
  });

  it('are none where there is no answer to read', () => {
    const nothing = { running: [], ended: [], onlyCronJobs: false };
    expect(podImagesOfTree(undefined)).toEqual(nothing);
    expect(podImagesOfPods('?', [null])).toEqual(nothing);
  });
});
