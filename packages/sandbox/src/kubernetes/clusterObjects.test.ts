import { LiveResources } from '../argocd/LiveResources';
import { Manifest } from '../argocd/model';
import { clusterObjects } from './clusterObjects';

const LABELS = { app: 'demo' };

const [T0, T1, T2] = [0, 1, 2].map(minute => `2026-11-23T10:0${minute}:00Z`);

/** A Deployment of a version. */
function deployment(tag: string, container: object = {}): Manifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'demo', namespace: 'demo-stage', labels: LABELS },
    spec: {
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          containers: [{ name: 'web', image: `demo:${tag}`, ...container }],
        },
      },
    },
  };
}

/** A cluster where a version has run since the beginning. */
function running(tag: string): LiveResources {
  const live = new LiveResources();
  live.apply([deployment(tag)], T0, true);
  return live;
}

function objects(live: LiveResources, kind: string) {
  return clusterObjects(live.resources, new Date(T2)).filter(
    object => object.kind === kind,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- an object's shape is what the tests look at
  ) as any[];
}

/** What a person sees of a rollout: pods, generations, and how the Deployment stands. */
function rollout(live: LiveResources) {
  const [{ status }] = objects(live, 'Deployment');
  const { conditions, observedGeneration, ...counts } = status;
  return {
    pods: objects(live, 'Pod').map(pod => [
      pod.spec.containers[0].image,
      pod.status.phase,
      ...Object.values<{ reason?: string }>(
        pod.status.containerStatuses[0].state,
      ).flatMap(({ reason }) => reason ?? []),
      ...(pod.metadata.deletionTimestamp ? ['deleted'] : []),
    ]),
    sets: objects(live, 'ReplicaSet').map(set => set.status.readyReplicas),
    counts: Object.values(counts),
    conditions: conditions.map((it: { status: string; reason: string }) => [
      it.status,
      it.reason,
    ]),
  };
}

describe('clusterObjects', () => {
  it('follows a rollout as Kubernetes does', () => {
    const live = running('1');
    const steady = rollout(live);
    live.apply([deployment('2')], T1);
    const begun = rollout(live);
    live.startPods(() => false, T1);
    const stuck = rollout(live);
    live.exceedDeadline();
    const late = rollout(live);
    live.startPods(() => true, T2);
    const up = rollout(live);
    live.removeTerminated();
    const over = rollout(live);

    const available = ['True', 'MinimumReplicasAvailable'];
    const done = ['True', 'NewReplicaSetAvailable'];
    const going = ['True', 'ReplicaSetUpdated'];
    const exceeded = ['False', 'ProgressDeadlineExceeded'];
    // Replicas in all, updated, ready, available, unavailable.
    expect(steady).toEqual({
      pods: [['demo:1', 'Running']],
      sets: [1],
      counts: [1, 1, 1, 1, 0],
      conditions: [available, done],
    });
    expect(begun).toEqual({
      pods: [
        ['demo:1', 'Running'],
        ['demo:2', 'Pending', 'ContainerCreating'],
      ],
      sets: [1, 0],
      counts: [2, 1, 1, 1, 1],
      conditions: [available, going],
    });
    expect(stuck).toEqual({
      ...begun,
      pods: [
        ['demo:1', 'Running'],
        ['demo:2', 'Pending', 'ImagePullBackOff'],
      ],
    });
    expect(late).toEqual({ ...stuck, conditions: [available, exceeded] });
    expect(up).toEqual({
      pods: [
        ['demo:1', 'Running', 'deleted'],
        ['demo:2', 'Running'],
      ],
      sets: [0, 1],
      counts: [1, 1, 1, 1, 0],
      conditions: [available, done],
    });
    expect(over).toEqual({ ...up, pods: [['demo:2', 'Running']] });
  });

  it('is not available where nothing runs', () => {
    const live = new LiveResources();
    live.apply([deployment('1')], T0);

    expect(rollout(live).conditions).toEqual([
      ['False', 'MinimumReplicasUnavailable'],
      ['True', 'ReplicaSetUpdated'],
    ]);
  });

  it('tells since when a container runs, and until when a pod may take to end', () => {
    const live = running('1');
    live.apply([deployment('2')], T1);
    live.startPods(() => true, T2);
    const [old, now] = objects(live, 'Pod');

    expect(now.metadata.creationTimestamp).toBe(T1);
    expect(now.status.containerStatuses[0].state.running.startedAt).toBe(T2);
    expect(old.metadata.deletionTimestamp).toBe('2026-11-23T10:02:30Z');
  });

  it('measures what runs', () => {
    const live = running('1');
    live.apply([deployment('2')], T1);
    const [pod] = objects(live, 'Pod');
    const metrics = objects(live, 'PodMetrics');

    expect(metrics.map(({ metadata }) => metadata.name)).toEqual([
      pod.metadata.name,
    ]);
    expect(
      metrics[0].containers.map((it: { name: string }) => it.name),
    ).toEqual(['web']);
  });

  it.each([
    ['BestEffort', {}],
    ['Burstable', { requests: { cpu: '1' } }],
    [
      'Burstable',
      { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '0.5' } },
    ],
    ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' } }],
  ])('is of the class %s with the resources %j', (qosClass, resources) => {
    const live = new LiveResources();
    live.apply([deployment('1', { resources })], T0, true);

    expect(objects(live, 'Pod')[0].status.qosClass).toBe(qosClass);
  });

  it('leaves what it knows nothing of as it was declared', () => {
    const live = new LiveResources();
    const settings = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'demo-stage' },
      data: { colour: 'blue' },
    };
    live.apply([settings], T0);

    expect(objects(live, 'ConfigMap')).toEqual([
      {
        ...settings,
        metadata: expect.objectContaining({
          ...settings.metadata,
          creationTimestamp: T0,
        }),
      },
    ]);
  });
});
