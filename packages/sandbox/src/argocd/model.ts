/** Where an Application's manifests come from. */
export interface Source {
  repoURL: string;
  path: string;
  targetRevision: string;
}

/** An Application as it is declared in Git. */
export interface DeclaredApplication {
  metadata: {
    name: string;
    namespace: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: {
    source: Source;
    destination: { server?: string; name?: string; namespace: string };
    project: string;
    syncPolicy?: {
      automated?: { prune?: boolean; selfHeal?: boolean };
      syncOptions?: string[];
    };
  };
}

/** A Kubernetes resource as kustomize renders it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: unknown;
}

export type HealthStatus = 'Healthy' | 'Progressing' | 'Degraded' | 'Missing';

export interface Health {
  status: HealthStatus;
  message?: string;
}

/** Who asked for a sync. */
export type InitiatedBy = { automated: true } | { username: string };

/** A sync as a person asks for it. */
export interface SyncRequest {
  username: string;
  prune: boolean;
  info: unknown[];
}

/** A sync that is asked for or under way. */
export interface Operation {
  sync: {
    revision: string;
    prune?: boolean;
    /** Only these, when a sync did not bring the Application in line. */
    resources?: { group?: string; kind: string; name: string }[];
    source: Source;
    syncOptions?: string[];
    autoHealAttemptsCount?: number;
  };
  initiatedBy: InitiatedBy;
  info?: unknown[];
  retry: { limit?: number };
}

/** What became of the last sync. */
export interface OperationState {
  operation: Operation;
  phase: 'Running' | 'Succeeded';
  message?: string;
  syncResult?: { resources: object[]; revision: string; source: Source };
  startedAt: string;
  finishedAt?: string;
}

/** A line of `status.history`. */
export interface Deployment {
  revision: string;
  deployedAt: string;
  id: number;
  source: Source;
  deployStartedAt: string;
  initiatedBy: InitiatedBy;
}

/** A resource of `status.resources`. */
export interface ResourceStatus {
  group?: string;
  version: string;
  kind: string;
  namespace?: string;
  name: string;
  status: 'Synced' | 'OutOfSync' | 'Unknown';
  health?: Health;
  requiresPruning?: true;
}

/** What the controller knows of an Application, and what it last said of it. */
export interface ApplicationState {
  declared: DeclaredApplication;
  uid: string;
  createdAt: string;
  generation: number;
  resourceVersion: number;
  /** A comparison was asked for and is under way. */
  refreshing: boolean;
  operation?: Operation;
  operationState?: OperationState;
  sync: {
    status: 'Synced' | 'OutOfSync' | 'Unknown';
    revision: string;
    source: Source;
  };
  health: { status: HealthStatus; lastTransitionTime: string };
  history: Deployment[];
  nextHistoryId: number;
  comparisonError?: { message: string; lastTransitionTime: string };
  reconciledAt: string;
  resources: ResourceStatus[];
  images: string[];
  externalURLs: string[];
}
