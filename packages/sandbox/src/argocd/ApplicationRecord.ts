import { ApplicationJson, applicationJson } from './applicationJson';
import { healthOf, LiveResources } from './LiveResources';
import {
  ApplicationState,
  DeclaredApplication,
  Deployment,
  HealthStatus,
  InitiatedBy,
  Manifest,
  ResourceStatus,
} from './model';
import { operationOf, succeeded } from './operations';
import {
  externalUrlsOf,
  groupOf,
  resourceKey,
  uidOf,
  versionOf,
} from './resources';
import { timestamp } from './timestamp';

const HISTORY_LIMIT = 10;

/** Who is told what an Application says. */
export interface Audience {
  nextResourceVersion(): number;
  changed(application: ApplicationJson): void;
}

/** What an Application says of itself: its resource in the cluster, as its controller writes it. */
export class ApplicationRecord {
  readonly state: ApplicationState;
  readonly #live: LiveResources;
  readonly #audience: Audience;
  #closed = false;

  constructor(
    declared: DeclaredApplication,
    createdAt: string,
    live: LiveResources,
    audience: Audience,
  ) {
    const { name, namespace } = declared.metadata;
    this.#live = live;
    this.#audience = audience;
    this.state = {
      declared,
      uid: uidOf(`${namespace}/${name}`),
      createdAt,
      generation: 1,
      resourceVersion: audience.nextResourceVersion(),
      refreshing: false,
      sync: {
        status: 'Unknown',
        revision: declared.spec.source.targetRevision,
        source: declared.spec.source,
      },
      health: { status: 'Missing', lastTransitionTime: createdAt },
      history: [],
      nextHistoryId: 0,
      reconciledAt: createdAt,
      resources: [],
      images: [],
      externalURLs: [],
    };
  }

  get declared(): DeclaredApplication {
    return this.state.declared;
  }

  get json(): ApplicationJson {
    return applicationJson(this.state);
  }

  /** Nothing is told of it any more. */
  close(): void {
    this.#closed = true;
  }

  /** @param healing - keys of the resources that a second attempt is about */
  beginOperation(
    revision: string,
    initiatedBy: InitiatedBy,
    healing?: Set<string>,
  ): void {
    const operation = operationOf(this.declared, revision, initiatedBy);
    if (healing) {
      operation.sync.resources = this.state.resources
        .filter(resource => healing.has(keyOf(resource)))
        .map(({ group, kind, name }) => ({ group, kind, name }));
      operation.sync.autoHealAttemptsCount = 1;
    }
    this.state.operation = operation;
    this.state.operationState = undefined;
    this.emit();
  }

  /** Returns when it began. */
  runOperation(): string {
    const startedAt = now();
    const { operation } = this.state;
    this.state.operationState = operation && {
      operation,
      phase: 'Running',
      startedAt,
    };
    this.emit();
    return startedAt;
  }

  /** @param changed - keys of the resources that the sync changed */
  succeed(startedAt: string, manifests: Manifest[], changed: Set<string>) {
    const { operation } = this.state;
    this.state.operation = undefined;
    this.state.operationState =
      operation &&
      succeeded(operation, manifests, changed, {
        startedAt,
        finishedAt: now(),
      });
    this.emit();
  }

  /** Argo CD could not tell what the Application should be. */
  failComparison(message: string): void {
    const state = this.state;
    const at = now();
    const { source } = this.declared.spec;
    state.sync = { status: 'Unknown', revision: source.targetRevision, source };
    state.comparisonError = {
      message,
      lastTransitionTime:
        state.comparisonError?.message === message
          ? state.comparisonError.lastTransitionTime
          : at,
    };
    state.reconciledAt = at;
    state.resources = state.resources.map(resource => ({
      ...resource,
      status: 'Unknown',
      requiresPruning: true,
    }));
    this.emit();
  }

  /** @param changed - keys of the resources that are other than they should be */
  compared(
    status: 'Synced' | 'OutOfSync',
    revision: string,
    changed: Set<string>,
  ): void {
    const state = this.state;
    const known = new Map(state.resources.map(entry => [keyOf(entry), entry]));
    state.refreshing = false;
    state.comparisonError = undefined;
    state.sync = { status, revision, source: this.declared.spec.source };
    state.reconciledAt = now();
    state.resources = this.#live.resources.map(({ manifest }) => ({
      group: groupOf(manifest),
      version: versionOf(manifest),
      kind: manifest.kind,
      namespace: manifest.metadata.namespace,
      name: manifest.metadata.name,
      status: changed.has(resourceKey(manifest)) ? 'OutOfSync' : 'Synced',
      health: known.get(resourceKey(manifest))?.health,
    }));
  }

  /** Takes over what the cluster looks like now. */
  observe(): void {
    const state = this.state;
    this.observeResources();
    state.images = this.#live.images;
    state.externalURLs = externalUrlsOf(this.#live.manifests);
    const status = worst(
      state.resources.flatMap(({ health }) => health?.status ?? []),
    );
    if (status !== state.health.status) {
      state.health = { status, lastTransitionTime: now() };
    }
  }

  /** As `observe`, of the resources alone. */
  observeResources(): void {
    this.state.resources = this.state.resources.map(entry => {
      const resource = this.#live.get(keyOf(entry));
      return { ...entry, health: resource && healthOf(resource) };
    });
  }

  /** Adds a deployment to the history. */
  remember(
    revision: string,
    deployStartedAt: string,
    initiatedBy: InitiatedBy,
  ): void {
    const state = this.state;
    const deployment: Deployment = {
      revision,
      deployedAt: deployStartedAt,
      id: state.nextHistoryId++,
      source: this.declared.spec.source,
      deployStartedAt,
      initiatedBy,
    };
    state.history = [...state.history, deployment].slice(-HISTORY_LIMIT);
  }

  /** Tells what it says now. */
  emit(): void {
    if (!this.#closed) {
      this.state.resourceVersion = this.#audience.nextResourceVersion();
      this.state.generation++;
      this.#audience.changed(this.json);
    }
  }
}

function keyOf({ group, kind, namespace, name }: ResourceStatus): string {
  return [group ?? '', kind, namespace ?? '', name].join('/');
}

function worst(statuses: HealthStatus[]): HealthStatus {
  const order: HealthStatus[] = ['Degraded', 'Progressing', 'Missing'];
  return order.find(status => statuses.includes(status)) ?? 'Healthy';
}

/** As Argo CD writes the time. */
export function now(): string {
  return timestamp(new Date());
}
