import {
  isCurrent,
  isRolling,
  isUp,
  LiveResource,
  ReplicaSet,
  replicaSetOf,
} from '../argocd/LiveResources';
import { Manifest } from '../argocd/model';
import { podLabelsOf, podTemplateOf, PodTemplate } from '../argocd/resources';
import { controlledBy, KubernetesObject } from './KubernetesObject';
import { withDefaults } from './podSpec';

const REVISION = 'deployment.kubernetes.io/revision';

interface DeploymentSpec {
  replicas?: number;
  selector?: { matchLabels?: Record<string, string> };
}

/** What a Deployment has become, and how its rollout stands. */
export function deploymentParts(resource: LiveResource) {
  const { manifest } = resource;
  const template = podTemplateOf(manifest);
  const generation = replicaSetOf(resource, template)?.revision ?? 1;
  return {
    metadata: {
      generation,
      annotations: {
        ...manifest.metadata.annotations,
        [REVISION]: String(generation),
      },
    },
    spec: {
      replicas: 1,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
      },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      ...specOf(manifest),
      template: templateOf(template, template.labels),
    },
    status: {
      observedGeneration: generation,
      ...replicaCounts(resource),
      conditions: conditionsOf(resource),
    },
  };
}

/** A generation of a workload's pods. */
export function replicaSetObject(
  resource: LiveResource,
  { name, uid, createdAt, revision, template }: ReplicaSet,
): KubernetesObject {
  const { manifest } = resource;
  const { replicas: desired = 1, selector } = specOf(manifest);
  const labels = podLabelsOf(template);
  const pods = resource.pods.filter(
    pod => pod.template.hash === template.hash && !pod.deletedAt,
  );
  const replicas = pods.length;
  const ready = pods.filter(isUp).length;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: manifest.metadata.namespace,
      uid,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: createdAt,
      labels,
      annotations: {
        'deployment.kubernetes.io/desired-replicas': String(desired),
        [REVISION]: String(revision),
      },
      ownerReferences: controlledBy(manifest.apiVersion, manifest.kind, {
        name: manifest.metadata.name,
        uid: resource.uid,
      }),
    },
    spec: {
      replicas,
      selector: {
        ...selector,
        matchLabels: {
          ...selector?.matchLabels,
          'pod-template-hash': template.hash,
        },
      },
      template: templateOf(template, labels),
    },
    status: {
      replicas,
      fullyLabeledReplicas: replicas,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: 1,
    },
  };
}

function specOf({ spec }: Manifest): DeploymentSpec {
  return (spec ?? {}) as DeploymentSpec;
}

function templateOf(template: PodTemplate, labels: Record<string, string>) {
  return {
    metadata: { labels, annotations: template.annotations },
    spec: withDefaults(template.spec),
  };
}

function replicaCounts(resource: LiveResource) {
  const pods = resource.pods.filter(({ deletedAt }) => !deletedAt);
  const ready = pods.filter(isUp).length;
  return {
    replicas: pods.length,
    updatedReplicas: pods.filter(pod => isCurrent(resource, pod)).length,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: pods.length - ready,
  };
}

function conditionsOf(resource: LiveResource): object[] {
  const { createdAt, manifest, pods } = resource;
  const current = pods.find(pod => isCurrent(resource, pod));
  const since = current?.startedAt ?? current?.createdAt ?? createdAt;
  const set = replicaSetOf(resource, podTemplateOf(manifest))?.name;
  return [
    pods.some(isUp)
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    { type: 'Progressing', ...progress(resource, set) },
  ].map(condition => ({
    ...condition,
    lastUpdateTime: since,
    lastTransitionTime: since,
  }));
}

function progress(resource: LiveResource, set: string | undefined) {
  if (!isRolling(resource)) {
    return {
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${set}" has successfully progressed.`,
    };
  }
  return resource.deadlineExceeded
    ? {
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: `ReplicaSet "${set}" has timed out progressing.`,
      }
    : {
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `ReplicaSet "${set}" is progressing.`,
      };
}
