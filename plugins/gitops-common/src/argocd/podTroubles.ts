import { fewTroubles, ResourceTrouble } from './ApplicationStatus';
import { list, record, text } from './json';

/** A resource of an Application that may run pods. @public */
export interface Workload {
  kind: string;
  namespace: string;
  name: string;
}

const WORKLOADS = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Rollout',
  'Pod',
];

/** The resources of an Application, as Kubernetes gives it, that may run pods. @public */
export function workloadsOf(application: unknown): Workload[] {
  const { status, spec } = record(application);
  const destination = text(record(record(spec).destination).namespace);
  return list(record(status).resources).flatMap(item => {
    const resource = record(item);
    const kind = text(resource.kind);
    const name = text(resource.name);
    const namespace = text(resource.namespace) ?? destination;
    return kind && name && namespace && WORKLOADS.includes(kind)
      ? [{ kind, namespace, name }]
      : [];
  });
}

/**
 * What a list of pods tells of the pods of some workloads: those that are not Healthy, with the reason and the message
 * that Argo CD's resource tree shows of them. Pods of others are passed over.
 *
 * @public
 */
export function parsePodTroubles(
  pods: unknown[],
  workloads: Workload[],
): ResourceTrouble[] {
  const troubles = pods.flatMap(value => {
    const pod = record(value);
    const name = text(record(pod.metadata).name);
    if (!name || !workloads.some(workload => runs(workload, pod))) {
      return [];
    }
    const { isHealthy, message } = healthOf(pod);
    return isHealthy
      ? []
      : [
          {
            kind: 'Pod',
            name,
            reason: reasonOf(pod),
            message,
            images: imagesOf(pod),
            owner: text(ownerOf(pod)?.kind),
          },
        ];
  });
  return fewTroubles(troubles);
}

type Json = Record<string, unknown>;

// A pod names only what made it: of a Deployment a ReplicaSet, which is called after the Deployment and the hash of its
// template, and of a CronJob a Job, which is called after the CronJob and a time.
export function runs({ kind, namespace, name }: Workload, pod: Json): boolean {
  const metadata = record(pod.metadata);
  if (metadata.namespace !== namespace) {
    return false;
  }
  const owner = ownerOf(pod);
  if (!owner) {
    return kind === 'Pod' && metadata.name === name;
  }
  const labels = record(metadata.labels);
  const ownedBy = text(owner.name) ?? '';
  switch (kind) {
    case 'Deployment':
      return (
        owner.kind === 'ReplicaSet' &&
        ownedBy === `${name}-${labels['pod-template-hash']}`
      );
    case 'Rollout':
      return (
        owner.kind === 'ReplicaSet' &&
        ownedBy === `${name}-${labels['rollouts-pod-template-hash']}`
      );
    case 'CronJob':
      return (
        owner.kind === 'Job' &&
        ownedBy.startsWith(`${name}-`) &&
        /^\d+$/.test(ownedBy.slice(name.length + 1))
      );
    default:
      return owner.kind === kind && ownedBy === name;
  }
}

function ownerOf(pod: Json): Json | undefined {
  return list(record(pod.metadata).ownerReferences)
    .map(record)
    .find(({ controller }) => controller === true);
}

// As Argo CD judges a pod.
function healthOf(pod: Json): { isHealthy: boolean; message?: string } {
  const status = record(pod.status);
  const message = text(status.message);
  if (record(pod.metadata).deletionTimestamp) {
    return { isHealthy: false, message: 'Pending deletion' };
  }
  const restarts = record(pod.spec).restartPolicy === 'Always';
  const failing = failuresOf(containersOf(status));
  if (restarts && failing.length > 0) {
    // More than Argo CD shows: a container that is being started again was perhaps ended for its memory.
    const wasKilled = containersOf(status).some(
      ({ lastState }) =>
        record(record(lastState).terminated).reason === 'OOMKilled',
    );
    return {
      isHealthy: false,
      message: `${failing.join(', ')}${
        wasKilled ? '; it ended before with OOMKilled' : ''
      }`,
    };
  }
  switch (status.phase) {
    case 'Succeeded':
      return { isHealthy: true };
    case 'Running':
      return { isHealthy: restarts && isReady(status), message };
    case 'Failed':
      return { isHealthy: false, message: message ?? failureOf(status) };
    default:
      return {
        isHealthy: false,
        message: message ?? whyNotStarted(status) ?? whyNotScheduled(status),
      };
  }
}

// What containers that cannot start say of it.
function failuresOf(containers: Json[]): string[] {
  return containers
    .map(({ state }) => record(record(state).waiting))
    .filter(({ reason }) => /^Err|Error$|BackOff$/.test(text(reason) ?? ''))
    .flatMap(({ message }) => text(message) ?? []);
}

// More than Argo CD shows: of init containers, and of pods that are not started again, it gives no message.
function whyNotStarted(status: Json): string | undefined {
  const messages = failuresOf([
    ...list(status.initContainerStatuses).map(record),
    ...containersOf(status),
  ]);
  return messages.length > 0 ? messages.join(', ') : undefined;
}

// Also more than Argo CD shows.
function whyNotScheduled(status: Json): string | undefined {
  const scheduled = list(status.conditions)
    .map(record)
    .find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  return text(scheduled?.message);
}

function failureOf(status: Json): string | undefined {
  return [
    ...list(status.initContainerStatuses).map(record),
    ...containersOf(status),
  ]
    .map(({ state }) => record(record(state).terminated))
    .flatMap(({ message, reason, exitCode }) =>
      exitCode ? text(message) ?? text(reason) ?? `exit code ${exitCode}` : [],
    )[0];
}

// The word that kubectl shows as a pod's status, and Argo CD as its "Status Reason".
function reasonOf(pod: Json): string {
  const status = record(pod.status);
  if (record(pod.metadata).deletionTimestamp) {
    return status.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  }
  const given = text(status.reason) ?? text(status.phase) ?? 'Unknown';
  return initReason(pod) ?? containerReason(status, given);
}

function initReason(pod: Json): string | undefined {
  const statuses = list(record(pod.status).initContainerStatuses).map(record);
  const at = statuses.findIndex(({ state, started, ready }) => {
    const { terminated, running } = record(state);
    const isSidecar =
      running !== undefined && (started === true || ready === true);
    return !(terminated && record(terminated).exitCode === 0) && !isSidecar;
  });
  if (at < 0) {
    return undefined;
  }
  const { terminated, waiting } = record(statuses[at].state);
  const waitingFor = text(record(waiting).reason);
  if (terminated) {
    return `Init:${endOf(record(terminated))}`;
  }
  return waitingFor && waitingFor !== 'PodInitializing'
    ? `Init:${waitingFor}`
    : `Init:${at}/${list(record(pod.spec).initContainers).length}`;
}

function containerReason(status: Json, given: string): string {
  const containers = containersOf(status);
  const [first] = containers.flatMap(({ state }) => {
    const { waiting, terminated } = record(state);
    return (
      text(record(waiting).reason) ??
      (terminated ? endOf(record(terminated)) : [])
    );
  });
  const isRunning = containers.some(
    ({ state, ready }) => ready === true && record(state).running !== undefined,
  );
  if (first === 'Completed' && isRunning) {
    return isReady(status) ? 'Running' : 'NotReady';
  }
  return first ?? given;
}

function endOf({ reason, signal, exitCode }: Json): string {
  return text(reason) ?? (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

function isReady(status: Json): boolean {
  return list(status.conditions)
    .map(record)
    .some(({ type, status: is }) => type === 'Ready' && is === 'True');
}

function containersOf(status: Json): Json[] {
  return list(status.containerStatuses).map(record);
}

/** The images of all of a pod's containers. */
export function imagesOf(pod: Json): string[] {
  const { initContainers, containers } = record(pod.spec);
  const images = [...list(initContainers), ...list(containers)].flatMap(
    container => text(record(container).image) ?? [],
  );
  return [...new Set(images)];
}
