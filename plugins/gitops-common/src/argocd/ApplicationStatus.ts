import type { HealthState, OperationState, SyncState } from '../api/types';

/** A pod or other resource that keeps a rollout from finishing, from the resource tree. @public */
export interface ResourceTrouble {
  kind: string;
  name: string;
  /** `ImagePullBackOff`, `CrashLoopBackOff`, … as Argo CD shows it. */
  reason: string;
  message?: string;
  images: string[];
}

/** What Argo CD says of one Application, reduced to what a person can see. @public */
export interface ApplicationStatus {
  instance: string;
  namespace: string;
  name: string;
  repoURL?: string;
  path?: string;
  sync: { status: SyncState['status']; revision?: string };
  health: HealthState;
  operation?: OperationState & { revision?: string };
  /** Every image that a live resource runs. */
  images: string[];
  externalURLs: string[];
  conditions: { type: string; message: string }[];
  /** When the controller last compared the Application. */
  reconciledAt?: string;
  /** Filled from the resource tree while the Application is not Healthy. */
  troubles: ResourceTrouble[];
}

/** `namespace/name`: Applications of one instance are unique by it. @public */
export function applicationKey(application: {
  namespace: string;
  name: string;
}): string {
  return `${application.namespace}/${application.name}`;
}

const SHA = /^[0-9a-f]{40,64}$/;

const SYNC_STATUSES = ['Synced', 'OutOfSync', 'Unknown'] as const;
const HEALTH_STATUSES = [
  'Healthy',
  'Progressing',
  'Degraded',
  'Suspended',
  'Missing',
  'Unknown',
] as const;
const PHASES = [
  'Running',
  'Terminating',
  'Succeeded',
  'Failed',
  'Error',
] as const;

/**
 * Reads an Application as Argo CD's API and Kubernetes both give it. After a comparison error `sync.revision` is the
 * target revision's name, not a commit: it is left out. Returns undefined for what is no Application.
 *
 * @public
 */
export function parseApplication(
  instance: string,
  value: unknown,
): ApplicationStatus | undefined {
  const application = record(value);
  const metadata = record(application.metadata);
  const name = text(metadata.name);
  const namespace = text(metadata.namespace);
  if (!name || !namespace) {
    return undefined;
  }
  const source = record(record(application.spec).source);
  const status = record(application.status);
  const sync = record(status.sync);
  const health = record(status.health);
  const summary = record(status.summary);
  const operation = record(status.operationState);
  const phase = text(operation.phase);
  const revision = text(sync.revision);
  return {
    instance,
    namespace,
    name,
    repoURL: text(source.repoURL),
    path: text(source.path),
    sync: {
      status: oneOf(SYNC_STATUSES, sync.status) ?? 'Unknown',
      revision: revision && SHA.test(revision) ? revision : undefined,
    },
    health: {
      status: oneOf(HEALTH_STATUSES, health.status) ?? 'Unknown',
      message: text(health.message),
    },
    operation: phase
      ? {
          phase: oneOf(PHASES, phase) ?? 'Error',
          message: text(operation.message),
          startedAt: text(operation.startedAt),
          finishedAt: text(operation.finishedAt),
          revision: text(record(operation.syncResult).revision),
        }
      : undefined,
    images: texts(summary.images),
    externalURLs: texts(summary.externalURLs),
    conditions: list(status.conditions).map(item => ({
      type: text(record(item).type) ?? '',
      message: text(record(item).message) ?? '',
    })),
    reconciledAt: text(status.reconciledAt),
    troubles: [],
  };
}

/**
 * The resources of a tree that keep it from being Healthy. Pods come with the reason that Argo CD shows beside them.
 *
 * @public
 */
export function parseResourceTroubles(tree: unknown): ResourceTrouble[] {
  return list(record(tree).nodes).flatMap(value => {
    const node = record(value);
    const health = record(node.health);
    const reason = text(
      record(
        list(node.info).find(item => record(item).name === 'Status Reason'),
      ).value,
    );
    const kind = text(node.kind);
    const name = text(node.name);
    if (kind !== 'Pod' || !name || !reason || health.status === 'Healthy') {
      return [];
    }
    return [
      {
        kind,
        name,
        reason,
        message: text(health.message),
        images: texts(node.images),
      },
    ];
  });
}

function oneOf<T extends string>(
  allowed: readonly T[],
  value: unknown,
): T | undefined {
  return allowed.find(item => item === value);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : {};
}

// Argo CD writes empty lists as null.
function list(value: unknown): unknown[] {
  return Array.isArray(value) ? [...value] : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): string[] {
  return list(value).filter((item): item is string => typeof item === 'string');
}
