import type { HealthState, OperationState, SyncState } from '../api/types';
import { resolveInTree } from '../tree/paths';
import { list, record, text, texts } from './json';
import { isFailing, isPullTrouble } from './podReasons';

/** A pod or other resource that keeps a rollout from finishing. @public */
export interface ResourceTrouble {
  kind: string;
  name: string;
  /** `ImagePullBackOff`, `CrashLoopBackOff`, … as Argo CD shows it. */
  reason: string;
  message?: string;
  images: string[];
  /** The kind of what made it, such as `ReplicaSet` or `Job`. */
  owner?: string;
}

/** One of the places that an Application's manifests come from. @public */
export interface ApplicationSourceState {
  repoURL?: string;
  path?: string;
  targetRevision?: string;
  /** The commit that it was last compared at. */
  revision?: string;
}

/**
 * What Argo CD says of one Application, reduced to what a person can see. Kept for thousands of Applications at once, so
 * no history and nothing of single resources.
 *
 * @public
 */
export interface ApplicationStatus {
  instance: string;
  namespace: string;
  name: string;
  /** Argo CD project. */
  project?: string;
  /** Of the source that deploys a folder under `apps/`; else of the first with a path, else of the first. */
  repoURL?: string;
  path?: string;
  /** Every source; one, unless the Application has several. */
  sources: ApplicationSourceState[];
  /** Argo CD syncs it by itself. */
  automated: boolean;
  /** Images that win over the overlay's pins, as `kustomize.images` of the deployed source writes them. */
  imageOverrides: string[];
  sync: {
    status: SyncState['status'];
    /** The commit that was last compared. */
    revision?: string;
    /** The commit that was last applied; another one while what was compared is not synced. */
    appliedRevision?: string;
  };
  health: HealthState;
  operation?: OperationState & { revision?: string };
  /** Every image that a live resource runs. */
  images: string[];
  externalURLs: string[];
  conditions: { type: string; message: string }[];
  /** When the controller last compared the Application. */
  reconciledAt?: string;
  /** Filled from the pods while the Application is not Healthy. */
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

// Longer than anything that a person reads; a message can hold the output of a whole build.
const MAX_MESSAGE_CHARACTERS = 4_000;

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
  const spec = record(application.spec);
  const status = record(application.status);
  const sync = record(status.sync);
  const health = record(status.health);
  const summary = record(status.summary);
  const declared = declaredSources(spec);
  const sources = declared.map((source, index) =>
    sourceState(source, revisionOf(sync, index)),
  );
  const deployed = deployedIndex(sources);
  const source = sources[deployed];
  const syncStatus = oneOf(SYNC_STATUSES, sync.status) ?? 'Unknown';
  const revision = source ? source.revision : commit(text(sync.revision));
  return {
    instance,
    namespace,
    name,
    project: text(spec.project),
    repoURL: source?.repoURL,
    path: source?.path,
    sources,
    automated: isAutomated(spec),
    imageOverrides: texts(record(declared[deployed]?.kustomize).images),
    sync: {
      status: syncStatus,
      revision,
      appliedRevision:
        syncStatus === 'Synced' ? revision : lastApplied(status, deployed),
    },
    health: {
      status: oneOf(HEALTH_STATUSES, health.status) ?? 'Unknown',
      message: message(health.message),
    },
    operation: operationState(
      record(status.operationState),
      deployed,
      source?.revision,
    ),
    images: texts(summary.images),
    externalURLs: texts(summary.externalURLs),
    conditions: list(status.conditions).map(item => ({
      type: text(record(item).type) ?? '',
      message: message(record(item).message) ?? '',
    })),
    reconciledAt: text(status.reconciledAt),
    troubles: [],
  };
}

type Json = Record<string, unknown>;

function declaredSources(spec: Json): Json[] {
  const several = list(spec.sources);
  if (several.length > 0) {
    return several.map(record);
  }
  return spec.source === undefined ? [] : [record(spec.source)];
}

function sourceState(
  source: Json,
  revision: string | undefined,
): ApplicationSourceState {
  return {
    repoURL: text(source.repoURL),
    path: text(source.path),
    targetRevision: text(source.targetRevision),
    revision: commit(revision),
  };
}

// The source that makes the Application an environment, as `readApplications` takes it.
function deployedIndex(sources: ApplicationSourceState[]): number {
  const underApps = sources.findIndex(({ path }) => isUnderApps(path));
  const withPath = sources.findIndex(({ path }) => path !== undefined);
  return [underApps, withPath, 0].find(index => index >= 0) ?? 0;
}

function isUnderApps(path: string | undefined): boolean {
  return (
    path !== undefined &&
    (resolveInTree('', path)?.startsWith('apps/') ?? false)
  );
}

// Several sources have `revisions`, in their order, and no `revision`.
function revisionOf(of: Json, index: number): string | undefined {
  const several = list(of.revisions);
  return text(several.length > 0 ? several[index] : of.revision);
}

// Argo CD adds to the history when it has applied something, newest last.
function lastApplied(status: Json, index: number): string | undefined {
  const applied = list(status.history).at(-1);
  return commit(revisionOf(record(applied), index));
}

function commit(revision: string | undefined): string | undefined {
  return revision && SHA.test(revision) ? revision : undefined;
}

// An empty `automated` is enough, and newer versions can switch it off in place.
function isAutomated(spec: Json): boolean {
  const { automated } = record(spec.syncPolicy);
  return (
    typeof automated === 'object' &&
    automated !== null &&
    record(automated).enabled !== false
  );
}

function operationState(
  operation: Json,
  deployed: number,
  syncedRevision: string | undefined,
): ApplicationStatus['operation'] {
  const phase = text(operation.phase);
  if (!phase) {
    return undefined;
  }
  const revision = revisionOf(record(operation.syncResult), deployed);
  return {
    phase: oneOf(PHASES, phase) ?? 'Error',
    message: message(operation.message),
    startedAt: text(operation.startedAt),
    finishedAt: text(operation.finishedAt),
    // Mostly the same text, which then is kept once.
    revision: revision === syncedRevision ? syncedRevision : revision,
  };
}

function message(value: unknown): string | undefined {
  const whole = text(value);
  return whole && whole.length > MAX_MESSAGE_CHARACTERS
    ? `${whole.slice(0, MAX_MESSAGE_CHARACTERS)}…`
    : whole;
}

// A broken node can have hundreds of pods in trouble, all alike.
const MAX_TROUBLES = 20;

/**
 * Of many troubles one of each, and some of those if they are still many. What fails comes before what may only take its
 * time: the one pod that says why can be behind many that wait.
 *
 * @public
 */
export function fewTroubles(troubles: ResourceTrouble[]): ResourceTrouble[] {
  const different = new Map<string, ResourceTrouble>();
  for (const trouble of troubles) {
    const { reason, images, owner } = trouble;
    const kind = JSON.stringify([reason, images, owner]);
    if (!different.has(kind)) {
      different.set(kind, trouble);
    }
  }
  const mayPass = (it: ResourceTrouble) => !isFailing(it) && !isPullTrouble(it);
  return [...different.values()]
    .sort((a, b) => Number(mayPass(a)) - Number(mayPass(b)))
    .slice(0, MAX_TROUBLES);
}

/**
 * The resources of a tree that keep it from being Healthy. Pods come with the reason that Argo CD shows beside them.
 *
 * @public
 */
export function parseResourceTroubles(tree: unknown): ResourceTrouble[] {
  const troubles = list(record(tree).nodes).flatMap(value => {
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
        message: message(health.message),
        images: texts(node.images),
        owner: text(record(list(node.parentRefs)[0]).kind),
      },
    ];
  });
  return fewTroubles(troubles);
}

function oneOf<T extends string>(
  allowed: readonly T[],
  value: unknown,
): T | undefined {
  return allowed.find(item => item === value);
}
