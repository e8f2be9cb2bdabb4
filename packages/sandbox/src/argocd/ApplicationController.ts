import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationJson, applicationJson } from './applicationJson';
import { healthOf, LiveResources } from './LiveResources';
import {
  ApplicationState,
  DeclaredApplication,
  Deployment,
  HealthStatus,
  InitiatedBy,
  Manifest,
  Operation,
  ResourceStatus,
  SyncRequest,
} from './model';
import { Rendered } from './Renderer';
import {
  externalUrlsOf,
  groupOf,
  isWorkload,
  podTemplateOf,
  resourceKey,
  sameManifest,
  uidOf,
  versionOf,
} from './resources';
import { Timings } from './timings';

const HISTORY_LIMIT = 10;
const RETRY_LIMIT = 5;
const AUTOMATED: InitiatedBy = { automated: true };
const SUCCEEDED = 'successfully synced (all tasks run)';

/** What an Application's controller needs of its surroundings. */
export interface Surroundings {
  render(declared: DeclaredApplication): Promise<Rendered>;
  hasImage(image: string): boolean;
  nextResourceVersion(): number;
  changed(application: ApplicationJson): void;
  timings: Timings;
}

/**
 * Follows one Application as Argo CD's controller would, and says so in the same order. Where that order misleads, as
 * when a sync has succeeded and the health is still that of the old pods, it misleads alike.
 */
export class ApplicationController {
  readonly live = new LiveResources();
  readonly #surroundings: Surroundings;
  readonly #state: ApplicationState;
  readonly #stopped = new AbortController();
  #rollout = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #waiting?: Promise<void>;

  constructor(
    declared: DeclaredApplication,
    createdAt: string,
    surroundings: Surroundings,
  ) {
    const { name, namespace } = declared.metadata;
    this.#surroundings = surroundings;
    this.#state = {
      declared,
      uid: uidOf(`${namespace}/${name}`),
      createdAt,
      generation: 1,
      resourceVersion: surroundings.nextResourceVersion(),
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
    return this.#state.declared;
  }

  set declared(declared: DeclaredApplication) {
    this.#state.declared = declared;
  }

  get json(): ApplicationJson {
    return applicationJson(this.#state);
  }

  /** Begins as if the Application had been there for long: synced, its past deployments in its history. */
  async begin(history: { revision: string; deployedAt: string }[]) {
    const rendered = await this.#surroundings.render(this.declared);
    if ('error' in rendered) {
      this.#failComparison(rendered.error);
      return;
    }
    const state = this.#state;
    const { manifests, revision } = rendered;
    const past =
      history.length > 0 ? history : [{ revision, deployedAt: now() }];
    this.live.apply(manifests, past[past.length - 1].deployedAt, true);
    for (const deployment of past) {
      this.#remember(deployment.revision, deployment.deployedAt, AUTOMATED);
    }
    const last = past[past.length - 1];
    const operation = this.#operation(last.revision, AUTOMATED);
    state.operationState = {
      operation,
      phase: 'Succeeded',
      message: SUCCEEDED,
      syncResult: syncResult(operation, manifests, new Set()),
      startedAt: last.deployedAt,
      finishedAt: last.deployedAt,
    };
    this.#compared('Synced', revision, new Set());
    this.#observe();
    state.health.lastTransitionTime = last.deployedAt;
  }

  /** Compares with Git, and syncs where that is automated. Requests that wait for the same are answered together. */
  async refresh(): Promise<void> {
    this.#waiting ??= this.#enqueue(async () => {
      this.#waiting = undefined;
      await this.#reconcile();
    }).catch(this.#unlessStopped);
    return this.#waiting;
  }

  /** Asks for a sync; it has begun when this returns, and ends later. */
  requestSync(request: SyncRequest): ApplicationJson {
    const { revision, source } = this.#state.sync;
    const { username, prune, info } = request;
    const operation = this.#operation(revision, { username }, source);
    this.#state.operation = {
      ...operation,
      sync: { ...operation.sync, ...(prune && { prune }) },
      ...(info.length > 0 && { info }),
    };
    this.#emit();
    this.#enqueue(async () => {
      const rendered = await this.#surroundings.render(this.declared);
      if ('error' in rendered) {
        this.#state.operation = undefined;
        this.#failComparison(rendered.error);
        return;
      }
      await this.#sync(rendered, { username });
    }).catch(this.#unlessStopped);
    return this.json;
  }

  stop(): void {
    this.#stopped.abort();
    this.#rollout.abort();
  }

  async #enqueue(run: () => Promise<void>): Promise<void> {
    const result = this.#work.then(run);
    this.#work = result.catch(() => {});
    return result;
  }

  async #reconcile(): Promise<void> {
    const { timings, render } = this.#surroundings;
    this.#state.refreshing = true;
    this.#emit();
    await this.#pause(timings.notice);
    const rendered = await render(this.declared);
    this.#state.refreshing = false;
    if ('error' in rendered) {
      this.#failComparison(rendered.error);
      return;
    }
    const changed = this.#changedKeys(rendered.manifests);
    if (changed.size > 0 && this.declared.spec.syncPolicy?.automated) {
      await this.#sync(rendered, AUTOMATED);
      return;
    }
    this.#compared(
      changed.size > 0 ? 'OutOfSync' : 'Synced',
      rendered.revision,
      changed,
    );
    this.#emit();
  }

  // The order of what is said, step by step, is that of the recorded stream of a promotion.
  async #sync(
    target: { revision: string; manifests: Manifest[] },
    initiatedBy: InitiatedBy,
  ): Promise<void> {
    const { timings } = this.#surroundings;
    const { revision, manifests } = target;
    const changed = this.#changedKeys(manifests);
    const rolls = manifests.some(
      manifest =>
        changed.has(resourceKey(manifest)) && this.#changesPods(manifest),
    );

    this.#begin(revision, initiatedBy);
    this.#compared(
      changed.size > 0 ? 'OutOfSync' : 'Synced',
      revision,
      changed,
    );
    this.#emit();
    await this.#pause(timings.startSync);
    const startedAt = this.#run();
    await this.#pause(timings.sync);
    this.#rollout.abort();
    this.live.apply(manifests, now());
    this.#remember(revision, startedAt, initiatedBy);
    this.#emit();
    this.#succeed(startedAt, manifests, changed);

    // The health is that of the pods before the sync for a while, although the sync has succeeded.
    await this.#pause(timings.staleHealth);
    const again = 'automated' in initiatedBy && changed.size > 0;
    if (again) {
      // Still out of sync by the last comparison, it is synced once more, with nothing left to do.
      this.#begin(revision, AUTOMATED, changed);
      this.#state.reconciledAt = now();
      this.#emit();
    }
    if (rolls) {
      this.#observeResources();
    }
    const restartedAt = again ? this.#run() : startedAt;
    if (rolls) {
      this.#state.images = this.live.images;
      this.#emit();
    }
    this.#compared('Synced', revision, new Set());
    this.#observe();
    this.#emit();
    if (again) {
      this.#succeed(restartedAt, manifests, new Set());
    }
    this.#roll();
  }

  #begin(
    revision: string,
    initiatedBy: InitiatedBy,
    healing?: Set<string>,
  ): void {
    const operation = this.#operation(revision, initiatedBy);
    if (healing) {
      operation.sync.resources = this.#state.resources
        .filter(resource => healing.has(keyOf(resource)))
        .map(({ group, kind, name }) => ({ group, kind, name }));
      operation.sync.autoHealAttemptsCount = 1;
    }
    this.#state.operation = operation;
    this.#state.operationState = undefined;
    this.#emit();
  }

  #run(): string {
    const startedAt = now();
    const { operation } = this.#state;
    this.#state.operationState = operation && {
      operation,
      phase: 'Running',
      startedAt,
    };
    this.#emit();
    return startedAt;
  }

  #succeed(startedAt: string, manifests: Manifest[], changed: Set<string>) {
    const { operation } = this.#state;
    this.#state.operation = undefined;
    this.#state.operationState = operation && {
      operation,
      phase: 'Succeeded',
      message: SUCCEEDED,
      syncResult: syncResult(operation, manifests, changed),
      startedAt,
      finishedAt: now(),
    };
    this.#emit();
  }

  // Pods come up, or do not, while the next comparisons go on.
  #roll(): void {
    this.#rollout.abort();
    this.#rollout = new AbortController();
    const { signal } = this.#rollout;
    if (this.#state.health.status !== 'Healthy') {
      this.#startPods(signal).catch(this.#unlessStopped);
    } else {
      this.live.removeTerminated();
    }
  }

  async #startPods(signal: AbortSignal): Promise<void> {
    const { timings, hasImage } = this.#surroundings;
    const wait = async (milliseconds: number) =>
      sleep(milliseconds, undefined, { signal });

    await wait(timings.rollout);
    let retries = 0;
    while (!this.live.startPods(hasImage)) {
      if (retries === 1) {
        this.live.exceedDeadline();
      }
      this.#observe();
      this.#emit();
      retries++;
      await wait(timings.deadline);
    }
    this.#observe();
    this.#emit();
    await wait(timings.termination);
    this.live.removeTerminated();
    this.#observe();
    this.#emit();
  }

  #failComparison(message: string): void {
    const state = this.#state;
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
    this.#emit();
  }

  #compared(
    status: 'Synced' | 'OutOfSync',
    revision: string,
    changed: Set<string>,
  ): void {
    const state = this.#state;
    const known = new Map(state.resources.map(entry => [keyOf(entry), entry]));
    state.refreshing = false;
    state.comparisonError = undefined;
    state.sync = { status, revision, source: this.declared.spec.source };
    state.reconciledAt = now();
    state.resources = this.live.resources.map(({ manifest }) => ({
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
  #observe(): void {
    const state = this.#state;
    this.#observeResources();
    state.images = this.live.images;
    state.externalURLs = externalUrlsOf(this.live.manifests);
    const status = worst(
      state.resources.flatMap(({ health }) => health?.status ?? []),
    );
    if (status !== state.health.status) {
      state.health = { status, lastTransitionTime: now() };
    }
  }

  #observeResources(): void {
    this.#state.resources = this.#state.resources.map(entry => {
      const resource = this.live.get(keyOf(entry));
      return { ...entry, health: resource && healthOf(resource) };
    });
  }

  #changedKeys(manifests: Manifest[]): Set<string> {
    const wanted = new Map(
      manifests.map(manifest => [resourceKey(manifest), manifest]),
    );
    const keys = new Set([
      ...wanted.keys(),
      ...this.live.manifests.map(resourceKey),
    ]);
    return new Set(
      [...keys].filter(
        key => !sameManifest(wanted.get(key), this.live.get(key)?.manifest),
      ),
    );
  }

  #changesPods(manifest: Manifest): boolean {
    const before = this.live.get(resourceKey(manifest))?.manifest;
    return (
      isWorkload(manifest) &&
      (!before || podTemplateOf(before).hash !== podTemplateOf(manifest).hash)
    );
  }

  #operation(
    revision: string,
    initiatedBy: InitiatedBy,
    source = this.declared.spec.source,
  ): Operation {
    const { syncOptions, automated } = this.declared.spec.syncPolicy ?? {};
    const isAutomated = 'automated' in initiatedBy;
    return {
      sync: {
        revision,
        ...(isAutomated && automated?.prune ? { prune: true } : {}),
        source,
        ...(syncOptions ? { syncOptions } : {}),
      },
      initiatedBy,
      retry: isAutomated ? { limit: RETRY_LIMIT } : {},
    };
  }

  #remember(
    revision: string,
    deployStartedAt: string,
    initiatedBy: InitiatedBy,
  ): void {
    const state = this.#state;
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

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stopped.signal });
  }

  // What was given up because the sandbox, or only the rollout, is over is no failure.
  readonly #unlessStopped = (error: unknown): void => {
    // An error of Node's own is no instance of the Error that a test runner puts in its place.
    const { name } = (error ?? {}) as { name?: unknown };
    if (name !== 'AbortError' && !this.#stopped.signal.aborted) {
      throw error;
    }
  };

  #emit(): void {
    if (!this.#stopped.signal.aborted) {
      this.#state.resourceVersion = this.#surroundings.nextResourceVersion();
      this.#state.generation++;
      this.#surroundings.changed(this.json);
    }
  }
}

function syncResult(
  { sync }: Operation,
  manifests: Manifest[],
  changed: Set<string>,
) {
  return {
    resources: manifests.map(manifest => {
      const { kind, metadata } = manifest;
      const group = groupOf(manifest) ?? '';
      const resource = `${kind.toLowerCase()}${group && `.${group}`}`;
      return {
        group,
        version: versionOf(manifest),
        kind,
        namespace: metadata.namespace,
        name: metadata.name,
        status: 'Synced',
        message: `${resource}/${metadata.name} ${
          changed.has(resourceKey(manifest)) ? 'configured' : 'unchanged'
        }`,
        hookPhase: 'Running',
        syncPhase: 'Sync',
        ...(isWorkload(manifest)
          ? { images: podTemplateOf(manifest).images }
          : {}),
      };
    }),
    revision: sync.revision,
    source: sync.source,
  };
}

function keyOf({ group, kind, namespace, name }: ResourceStatus): string {
  return [group ?? '', kind, namespace ?? '', name].join('/');
}

function worst(statuses: HealthStatus[]): HealthStatus {
  const order: HealthStatus[] = ['Degraded', 'Progressing', 'Missing'];
  return order.find(status => statuses.includes(status)) ?? 'Healthy';
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
