import { recordedBody } from '../__testUtils__/recordings';
import { parseResourceTroubles } from './ApplicationStatus';
import { parsePodTroubles, workloadsOf } from './podTroubles';

describe('parsePodTroubles', () => {
  const { items: pods } = recordedBody<{ items: unknown[] }>(
    'e1-image-pull-backoff-progressing/kube-pods.json',
  );
  const workloads = workloadsOf(
    recordedBody('e2-image-pull-backoff-degraded/kube-application.json'),
  );

  it('finds the workloads among the resources', () => {
    expect(workloads).toEqual([
      { kind: 'Deployment', namespace: 'demo-stage', name: 'demo' },
    ]);
  });

  it('tells of the pods what the resource tree tells', () => {
    expect(parsePodTroubles(pods, workloads)).toEqual(
      parseResourceTroubles(
        recordedBody('e1-image-pull-backoff-progressing/resource-tree.json'),
      ),
    );
    expect(parsePodTroubles(pods, workloads)).toHaveLength(1);
  });

  it.each([
    ['another Deployment', { name: 'other' }],
    ['one whose name begins alike', { name: 'demo-6d4f96b474' }],
    ['another namespace', { namespace: 'demo-local' }],
    ['another kind', { kind: 'StatefulSet' }],
  ])('passes over the pods of %s', (_, changes) => {
    expect(parsePodTroubles(pods, [{ ...workloads[0], ...changes }])).toEqual(
      [],
    );
  });

  const pod = (options: {
    owner?: { kind: string; name: string };
    labels?: object;
    status: object;
    restartPolicy?: string;
    deleted?: boolean;
  }) => ({
    metadata: {
      name: 'demo-0',
      namespace: 'demo',
      labels: options.labels,
      ...(options.deleted && { deletionTimestamp: '2026-11-24T00:00:00Z' }),
      ownerReferences: options.owner && [
        { ...options.owner, controller: true },
      ],
    },
    spec: {
      restartPolicy: options.restartPolicy ?? 'Always',
      initContainers: [{ image: 'init:1' }, { image: 'init:2' }],
      containers: [{ image: 'demo:1' }],
    },
    status: options.status,
  });
  const pending = { phase: 'Pending' };

  it.each([
    ['StatefulSet', 'demo', { kind: 'StatefulSet', name: 'demo' }, {}],
    ['DaemonSet', 'demo', { kind: 'DaemonSet', name: 'demo' }, {}],
    ['ReplicaSet', 'demo', { kind: 'ReplicaSet', name: 'demo' }, {}],
    ['Job', 'demo', { kind: 'Job', name: 'demo' }, {}],
    ['CronJob', 'demo', { kind: 'Job', name: 'demo-29400120' }, {}],
    [
      'Rollout',
      'demo',
      { kind: 'ReplicaSet', name: 'demo-abc' },
      { 'rollouts-pod-template-hash': 'abc' },
    ],
    ['Pod', 'demo-0', undefined, {}],
  ])('finds the pods of a %s', (kind, name, owner, labels) => {
    const found = parsePodTroubles(
      [pod({ owner, labels, status: pending })],
      [{ kind, namespace: 'demo', name }],
    );
    expect(found).toEqual([
      {
        kind: 'Pod',
        name: 'demo-0',
        reason: 'Pending',
        message: undefined,
        images: ['init:1', 'init:2', 'demo:1'],
        owner: owner?.kind,
      },
    ]);
  });

  const waiting = (reason: string, message?: string) => ({
    state: { waiting: { reason, message } },
  });
  const ended = (exitCode: number, more: object = {}) => ({
    state: { terminated: { exitCode, ...more } },
  });
  const running = { state: { running: {} }, ready: true };
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };

  it.each<[reason: string, message: string | undefined, status: object]>([
    ['Pending', 'no node fits', { phase: 'Pending', message: 'no node fits' }],
    [
      'Pending',
      '0/3 nodes are available: 3 Insufficient cpu.',
      {
        ...pending,
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/3 nodes are available: 3 Insufficient cpu.',
          },
        ],
      },
    ],
    [
      'CrashLoopBackOff',
      'back-off 5m0s; it ended before with OOMKilled',
      {
        phase: 'Running',
        containerStatuses: [
          {
            ...waiting('CrashLoopBackOff', 'back-off 5m0s'),
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
          },
        ],
      },
    ],
    [
      'ContainerCreating',
      undefined,
      { ...pending, containerStatuses: [waiting('ContainerCreating', 'x')] },
    ],
    [
      'CrashLoopBackOff',
      'back-off 5m0s',
      {
        phase: 'Running',
        containerStatuses: [
          waiting('CrashLoopBackOff', 'back-off 5m0s'),
          running,
        ],
      },
    ],
    [
      'Init:1/2',
      undefined,
      {
        ...pending,
        initContainerStatuses: [ended(0), waiting('PodInitializing')],
        containerStatuses: [waiting('PodInitializing')],
      },
    ],
    [
      'Init:ErrImagePull',
      undefined,
      { ...pending, initContainerStatuses: [waiting('ErrImagePull')] },
    ],
    [
      'Init:ImagePullBackOff',
      'Back-off pulling image "init:1"',
      {
        ...pending,
        initContainerStatuses: [
          waiting('ImagePullBackOff', 'Back-off pulling image "init:1"'),
        ],
        containerStatuses: [waiting('PodInitializing')],
      },
    ],
    [
      'Init:Error',
      undefined,
      { ...pending, initContainerStatuses: [ended(1, { reason: 'Error' })] },
    ],
    [
      'ContainerCreating',
      undefined,
      {
        ...pending,
        initContainerStatuses: [{ ...running, started: true }],
        containerStatuses: [waiting('ContainerCreating')],
      },
    ],
    ['Running', undefined, { phase: 'Running', containerStatuses: [running] }],
    [
      'NotReady',
      undefined,
      {
        phase: 'Running',
        containerStatuses: [ended(0, { reason: 'Completed' }), running],
      },
    ],
    [
      'Evicted',
      'disk',
      { phase: 'Failed', reason: 'Evicted', message: 'disk' },
    ],
    [
      'OOMKilled',
      'OOMKilled',
      {
        phase: 'Failed',
        containerStatuses: [ended(137, { reason: 'OOMKilled' })],
      },
    ],
    [
      'Signal:9',
      'exit code 137',
      { phase: 'Failed', containerStatuses: [ended(137, { signal: 9 })] },
    ],
    ['Unknown', undefined, {}],
  ])(
    'says %s as kubectl does, with the message %j',
    (reason, message, status) => {
      expect(
        parsePodTroubles(
          [pod({ status })],
          [{ kind: 'Pod', namespace: 'demo', name: 'demo-0' }],
        ),
      ).toEqual([expect.objectContaining({ reason, message })]);
    },
  );

  it('tells of the pod of a Job which image it cannot pull', () => {
    const message = 'Back-off pulling image "demo:1"';
    const status = {
      ...pending,
      containerStatuses: [waiting('ImagePullBackOff', message)],
    };
    const owner = { kind: 'Job', name: 'migrate' };
    expect(
      parsePodTroubles(
        [pod({ owner, status, restartPolicy: 'Never' })],
        [{ kind: 'Job', namespace: 'demo', name: 'migrate' }],
      ),
    ).toEqual([
      expect.objectContaining({ reason: 'ImagePullBackOff', message }),
    ]);
  });

  it.each([
    ['runs and is ready', { phase: 'Running', ...ready }],
    ['has done its work', { phase: 'Succeeded' }],
  ])('passes over a pod that %s', (_, status) => {
    expect(
      parsePodTroubles(
        [pod({ status })],
        [{ kind: 'Pod', namespace: 'demo', name: 'demo-0' }],
      ),
    ).toEqual([]);
  });

  it('says of a pod that goes away that it does', () => {
    expect(
      parsePodTroubles(
        [pod({ status: { phase: 'Running', ...ready }, deleted: true })],
        [{ kind: 'Pod', namespace: 'demo', name: 'demo-0' }],
      ),
    ).toEqual([
      expect.objectContaining({
        reason: 'Terminating',
        message: 'Pending deletion',
      }),
    ]);
  });

  it.each([[[undefined]], [['x']], [[{}]], [[{ metadata: { name: 'demo' } }]]])(
    'finds none in %j',
    values => {
      expect(parsePodTroubles(values, workloads)).toEqual([]);
    },
  );
});
