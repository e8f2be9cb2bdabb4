import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationJson } from './applicationJson';
import { ApplicationRecord, Audience, now } from './ApplicationRecord';
import { changedKeys, changesPods } from './differences';
import { LiveResources } from './LiveResources';
import {
  DeclaredApplication,
  InitiatedBy,
  Manifest,
  SyncRequest,
} from './model';
import { AUTOMATED, operationOf, succeeded } from './operations';
import { Rendered } from './Renderer';
import { resourceKey } from './resources';
import { Timings } from './timings';

/** What an Application's controller needs of its surroundings. */
export interface Surroundings extends Audience {
  render(declared: DeclaredApplication): Promise<Rendered>;
  hasImage(image: string): boolean;
  timings: Timings;
}

/**
 * Follows one Application as Argo CD's controller would, and says so in the same order. Where that order misleads, as
 * when a sync has succeeded and the health is still that of the old pods, it misleads alike.
 */
export class ApplicationController {
  readonly live = new LiveResources();
  readonly #surroundings: Surroundings;
  readonly #record: ApplicationRecord;
  readonly #stopped = new AbortController();
  #rollout = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #waiting?: Promise<void>;

  constructor(
    declared: DeclaredApplication,
    createdAt: string,
    surroundings: Surroundings,
  ) {
    this.#surroundings = surroundings;
    this.#record = new ApplicationRecord(
      declared,
      createdAt,
      this.live,
      surroundings,
    );
  }

  get declared(): DeclaredApplication {
    return this.#record.state.declared;
  }

  set declared(declared: DeclaredApplication) {
    this.#record.state.declared = declared;
  }

  get json(): ApplicationJson {
    return this.#record.json;
  }

  /** Begins as if the Application had been there for long: synced, its past deployments in its history. */
  async begin(history: { revision: string; deployedAt: string }[]) {
    const rendered = await this.#surroundings.render(this.declared);
    if ('error' in rendered) {
      this.#record.failComparison(rendered.error);
      return;
    }
    const state = this.#record.state;
    const { manifests, revision } = rendered;
    const past =
      history.length > 0 ? history : [{ revision, deployedAt: now() }];
    this.live.apply(manifests, past[past.length - 1].deployedAt, true);
    for (const deployment of past) {
      this.#record.remember(
        deployment.revision,
        deployment.deployedAt,
        AUTOMATED,
      );
    }
    const last = past[past.length - 1];
    const operation = operationOf(this.declared, last.revision, AUTOMATED);
    state.operationState = succeeded(operation, manifests, new Set(), {
      startedAt: last.deployedAt,
      finishedAt: last.deployedAt,
    });
    this.#record.compared('Synced', revision, new Set());
    this.#record.observe();
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
    const { revision, source } = this.#record.state.sync;
    const { username, prune, info } = request;
    const operation = operationOf(
      this.declared,
      revision,
      { username },
      source,
    );
    this.#record.state.operation = {
      ...operation,
      sync: { ...operation.sync, ...(prune && { prune }) },
      ...(info.length > 0 && { info }),
    };
    this.#record.emit();
    this.#enqueue(async () => {
      const rendered = await this.#surroundings.render(this.declared);
      if ('error' in rendered) {
        this.#record.state.operation = undefined;
        this.#record.failComparison(rendered.error);
        return;
      }
      await this.#sync(rendered, { username });
    }).catch(this.#unlessStopped);
    return this.json;
  }

  stop(): void {
    this.#stopped.abort();
    this.#record.close();
    this.#rollout.abort();
  }

  async #enqueue(run: () => Promise<void>): Promise<void> {
    const result = this.#work.then(run);
    this.#work = result.catch(() => {});
    return result;
  }

  async #reconcile(): Promise<void> {
    const { timings, render } = this.#surroundings;
    this.#record.state.refreshing = true;
    this.#record.emit();
    await this.#pause(timings.notice);
    const rendered = await render(this.declared);
    this.#record.state.refreshing = false;
    if ('error' in rendered) {
      this.#record.failComparison(rendered.error);
      return;
    }
    const changed = changedKeys(this.live, rendered.manifests);
    if (changed.size > 0 && this.declared.spec.syncPolicy?.automated) {
      await this.#sync(rendered, AUTOMATED);
      return;
    }
    this.#record.compared(
      changed.size > 0 ? 'OutOfSync' : 'Synced',
      rendered.revision,
      changed,
    );
    this.#record.emit();
  }

  // The order of what is said, step by step, is that of the recorded stream of a promotion.
  async #sync(
    target: { revision: string; manifests: Manifest[] },
    initiatedBy: InitiatedBy,
  ): Promise<void> {
    const { timings } = this.#surroundings;
    const { revision, manifests } = target;
    const changed = changedKeys(this.live, manifests);
    const rolls = manifests.some(
      manifest =>
        changed.has(resourceKey(manifest)) && changesPods(this.live, manifest),
    );

    this.#record.beginOperation(revision, initiatedBy);
    this.#record.compared(
      changed.size > 0 ? 'OutOfSync' : 'Synced',
      revision,
      changed,
    );
    this.#record.emit();
    await this.#pause(timings.startSync);
    const startedAt = this.#record.runOperation();
    await this.#pause(timings.sync);
    this.#rollout.abort();
    this.live.apply(manifests, now());
    this.#record.remember(revision, startedAt, initiatedBy);
    this.#record.emit();
    this.#record.succeed(startedAt, manifests, changed);

    // The health is that of the pods before the sync for a while, although the sync has succeeded.
    await this.#pause(timings.staleHealth);
    const again = 'automated' in initiatedBy && changed.size > 0;
    if (again) {
      // Still out of sync by the last comparison, it is synced once more, with nothing left to do.
      this.#record.beginOperation(revision, AUTOMATED, changed);
      this.#record.state.reconciledAt = now();
      this.#record.emit();
    }
    if (rolls) {
      this.#record.observeResources();
    }
    const restartedAt = again ? this.#record.runOperation() : startedAt;
    if (rolls) {
      this.#record.state.images = this.live.images;
      this.#record.emit();
    }
    this.#record.compared('Synced', revision, new Set());
    this.#record.observe();
    this.#record.emit();
    if (again) {
      this.#record.succeed(restartedAt, manifests, new Set());
      // What ended is compared once more.
      this.#record.state.reconciledAt = now();
    }
    this.#roll();
  }

  // Pods come up, or do not, while the next comparisons go on.
  #roll(): void {
    this.#rollout.abort();
    this.#rollout = new AbortController();
    const { signal } = this.#rollout;
    if (this.#record.state.health.status !== 'Healthy') {
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
    while (!this.live.startPods(hasImage, now())) {
      if (retries === 1) {
        this.live.exceedDeadline();
      }
      this.#record.observe();
      this.#record.emit();
      retries++;
      await wait(timings.deadline);
    }
    this.#record.observe();
    this.#record.emit();
    await wait(timings.termination);
    this.live.removeTerminated();
    this.#record.observe();
    this.#record.emit();
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
}
