import { NODE } from '../argocd/cluster';
import { backOffMessage, Pod, ReplicaSet } from '../argocd/LiveResources';
import { Container, podLabelsOf } from '../argocd/resources';
import { timestamp } from '../argocd/timestamp';
import { addressIn } from './addresses';
import { controlledBy, KubernetesObject } from './KubernetesObject';
import { qosClassOf, withDefaults } from './podSpec';

const POD_NETWORK = '10.244';

// How long a node is waited for that does not answer, before its pods are made elsewhere.
const NODE_FAILURE_SECONDS = 300;

// What scheduler and admission add.
const SCHEDULED = {
  nodeName: NODE.name,
  tolerations: ['not-ready', 'unreachable'].map(condition => ({
    key: `node.kubernetes.io/${condition}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: NODE_FAILURE_SECONDS,
  })),
  priority: 0,
  enableServiceLinks: true,
  preemptionPolicy: 'PreemptLowerPriority',
};

/** How a container of a pod is. */
export interface ContainerStatus {
  name: string;
  image?: string;
  imageID: string;
  state:
    | { running: { startedAt: string } }
    | { waiting: { reason: string; message?: string } };
  lastState: object;
  ready: boolean;
  started: boolean;
  restartCount: number;
}

/** A pod as kube-apiserver gives it. */
export interface PodObject extends KubernetesObject {
  kind: 'Pod';
  status: {
    phase: 'Pending' | 'Running';
    containerStatuses: ContainerStatus[];
    [field: string]: unknown;
  };
}

export function isPod(object: KubernetesObject): object is PodObject {
  return object.kind === 'Pod';
}

/** A pod of a generation of a workload. */
export function podObject(
  pod: Pod,
  owner: ReplicaSet,
  namespace: string | undefined,
): PodObject {
  const { name, uid, createdAt, startedAt, template } = pod;
  const spec = withDefaults(template.spec);
  const podIP = addressIn(POD_NETWORK, uid);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${owner.name}-`,
      namespace,
      uid,
      resourceVersion: '1',
      creationTimestamp: createdAt,
      ...deletion(pod, spec.terminationGracePeriodSeconds),
      labels: podLabelsOf(template),
      annotations: template.annotations,
      ownerReferences: controlledBy('apps/v1', 'ReplicaSet', owner),
    },
    spec: {
      ...spec,
      ...SCHEDULED,
    },
    status: {
      phase: startedAt ? 'Running' : 'Pending',
      conditions: conditionsOf(pod),
      hostIP: NODE.address,
      hostIPs: [{ ip: NODE.address }],
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: createdAt,
      containerStatuses: spec.containers.map(container =>
        containerStatus(pod, container),
      ),
      qosClass: qosClassOf(template.spec),
    },
  };
}

// The timestamp is when the containers are killed that have not ended by themselves.
function deletion({ deletedAt }: Pod, graceSeconds: number) {
  return (
    deletedAt && {
      deletionTimestamp: timestamp(
        new Date(Date.parse(deletedAt) + graceSeconds * 1_000),
      ),
      deletionGracePeriodSeconds: graceSeconds,
    }
  );
}

function conditionsOf({ createdAt, startedAt, template }: Pod): object[] {
  const holds = (type: string, since: string) => ({
    type,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: since,
  });
  const names = (template.spec.containers ?? []).map(({ name }) => name);
  const whenReady = (type: string) =>
    startedAt
      ? holds(type, startedAt)
      : {
          ...holds(type, createdAt),
          status: 'False',
          reason: 'ContainersNotReady',
          message: `containers with unready status: [${names.join(' ')}]`,
        };
  return [
    holds('Initialized', createdAt),
    whenReady('Ready'),
    whenReady('ContainersReady'),
    holds('PodScheduled', createdAt),
  ];
}

function containerStatus(
  pod: Pod,
  { name, image }: Container,
): ContainerStatus {
  const { startedAt, missingImage } = pod;
  const waiting =
    missingImage && image === missingImage
      ? { reason: 'ImagePullBackOff', message: backOffMessage(pod) }
      : { reason: 'ContainerCreating' };
  return {
    name,
    image,
    imageID: '',
    state: startedAt ? { running: { startedAt } } : { waiting },
    lastState: {},
    ready: startedAt !== undefined,
    started: startedAt !== undefined,
    restartCount: 0,
  };
}
