import { LoggerService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import {
  ApplicationStatus,
  ContainsMerge,
  DeclaredEnvironment,
  failureOf,
  hasArrived,
  hasSynced,
  ImagePin,
  sameVersion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { StoredPromotion } from '../database/PromotionStore';
import { ServiceState } from '../readmodel/Services';
import { contains } from './contains';
import { PromotionContext } from './PromotionContext';

// GitHub may show a branch as it was for a moment after a merge.
const MERGE_VISIBLE_AFTER_MS = 60_000;

// Nobody waits for it.
const PODS_LIMIT_MS = 30_000;

type Context = Pick<
  PromotionContext,
  'readModel' | 'store' | 'onChange' | 'podImages'
>;

/** A merge on its way to the environment that it is for. */
interface Rollout {
  mergeCommit: string;
  service: ServiceState;
  target: DeclaredEnvironment;
  status?: ApplicationStatus;
  containsMerge: ContainsMerge;
}

/** Finds out when a merged promotion runs, or never will. */
export class PromotionArrival {
  readonly #context: Context;
  readonly #logger: LoggerService;

  constructor(context: Context, logger: LoggerService) {
    this.#context = context;
    this.#logger = logger;
  }

  /**
   * Ends a merged promotion that has arrived or was replaced; asks GitHub only about commits not seen before.
   *
   * @throws NotFoundError where its environment is not declared any more, or its service is in another repository.
   */
  async settle(promotion: StoredPromotion): Promise<void> {
    await this.#settle(promotion);
  }

  /**
   * The same, and keeps what a promotion failed with where it does not arrive. That is for regular looks: with each event
   * it would be kept what is so for a moment, as Degraded before it is known of which pod.
   */
  async reconcile(promotion: StoredPromotion): Promise<void> {
    const rollout = await this.#settle(promotion);
    if (rollout) {
      await this.#keepFailure(promotion, rollout);
    }
  }

  // Where the promotion is not at its end yet, what it is on its way to.
  async #settle(promotion: StoredPromotion): Promise<Rollout | undefined> {
    const { readModel } = this.#context;
    const { mergeCommit } = promotion;
    if (promotion.changes.length === 0) {
      await this.#end(
        promotion,
        'replaced',
        'Nothing that it was to change was merged: others had pushed to its pull request',
      );
      return undefined;
    }
    const service = readModel.service(promotion.service, promotion.instance);
    if (!mergeCommit) {
      return undefined;
    }
    const { url } = service.repository;
    if (url !== promotion.repository) {
      // It may be there again.
      throw new NotFoundError(
        `It was merged in ${promotion.repository}, and ${promotion.service} is in ${url} now, so that nothing says whether this runs in ${promotion.to}`,
      );
    }
    const target = service.environments.find(
      ({ environment }) => environment === promotion.to,
    );
    const status = target && readModel.statusOf(service, target);
    const containsMerge = await this.#mergeIn(service, mergeCommit, status);
    if (target && status) {
      if (
        hasSynced(status, containsMerge) &&
        (await this.#context.store.keepSynced(promotion.id))
      ) {
        this.#context.onChange(promotion.service);
      }
      const { pins } = readModel.factsOf(service, target).overlay;
      if (await this.#hasArrived(promotion, status, containsMerge, pins)) {
        await this.#end(promotion, 'arrived');
        return undefined;
      }
    }
    const replaced = await this.#whyReplaced(service, target, promotion);
    if (replaced) {
      await this.#end(promotion, 'replaced', replaced);
      return undefined;
    }
    if (!target) {
      // It may be declared again, or its manifest may only be broken.
      throw new NotFoundError(
        `No Application declares ${promotion.to} of ${promotion.service} any more, so that nothing says whether this runs there`,
      );
    }
    return { mergeCommit, service, target, status, containsMerge };
  }

  async #keepFailure(
    promotion: StoredPromotion,
    { mergeCommit, service, target, status, containsMerge }: Rollout,
  ): Promise<void> {
    // Findings in what was desired before the merge are none of its.
    if (!(await this.#isDesired(service, mergeCommit))) {
      return;
    }
    const view = this.#context.readModel
      .viewsOf(service)
      .find(({ name }) => name === target.environment);
    const failure = failureOf(
      promotion,
      view?.findings ?? [],
      status,
      containsMerge,
    );
    if (
      failure &&
      (await this.#context.store.keepFailure(promotion.id, failure))
    ) {
      this.#context.onChange(promotion.service);
    }
  }

  // Of the commits that Argo CD speaks of.
  async #mergeIn(
    { source }: ServiceState,
    mergeCommit: string,
    status: ApplicationStatus | undefined,
  ): Promise<ContainsMerge> {
    const found = new Set<string>();
    const { sync, operation } = status ?? {};
    for (const revision of new Set([sync?.revision, operation?.revision])) {
      if (revision && (await contains(source, revision, mergeCommit))) {
        found.add(revision);
      }
    }
    return revision => found.has(revision);
  }

  // Argo CD sums up the images of all pods, also of those that have ended: in doubt the pods are looked at.
  async #hasArrived(
    { id, changes }: StoredPromotion,
    status: ApplicationStatus,
    containsMerge: ContainsMerge,
    pins: ImagePin[],
  ): Promise<boolean> {
    const { podImages } = this.#context;
    const arrived = hasArrived(changes, status, containsMerge, { pins });
    if (
      arrived ||
      !podImages ||
      !hasSynced(status, containsMerge) ||
      status.health.status !== 'Healthy'
    ) {
      return arrived;
    }
    try {
      const pods = await podImages(status, AbortSignal.timeout(PODS_LIMIT_MS));
      return hasArrived(changes, status, containsMerge, { pins, pods });
    } catch (error) {
      // It is asked again with the next look.
      this.#logger.debug(
        `The pods of ${status.name} could not be looked at for promotion ${id}: ${error}`,
      );
      return false;
    }
  }

  async #isDesired(
    { source, repository }: ServiceState,
    mergeCommit: string,
  ): Promise<boolean> {
    return contains(source, repository.head, mergeCommit);
  }

  async #end(
    { id, service }: StoredPromotion,
    event: 'arrived' | 'replaced',
    error?: string,
  ): Promise<void> {
    await this.#context.store.record(id, event, { error });
    this.#context.onChange(service);
  }

  async #whyReplaced(
    service: ServiceState,
    target: DeclaredEnvironment | undefined,
    { mergeCommit, updatedAt, changes, to }: StoredPromotion,
  ): Promise<string | undefined> {
    if (mergeCommit && (await this.#isDesired(service, mergeCommit))) {
      return this.#isReplaced(service, target, changes)
        ? `Another change to ${to} replaced it before it was seen running`
        : undefined;
    }
    if (Date.now() - Date.parse(updatedAt) <= MERGE_VISIBLE_AFTER_MS) {
      return undefined;
    }
    // The head that is known may be from before the merge.
    await service.source.refresh();
    const { repository } = this.#context.readModel.service(
      service.service,
      service.instance,
    );
    return mergeCommit &&
      (await contains(service.source, repository.head, mergeCommit))
      ? undefined
      : `The branch ${repository.branch} does not have its merge any more`;
  }

  // What cannot be read says nothing: mended, it may well pin the same still.
  #isReplaced(
    service: ServiceState,
    target: DeclaredEnvironment | undefined,
    changes: StoredPromotion['changes'],
  ): boolean {
    const overlay =
      target && this.#context.readModel.factsOf(service, target).overlay;
    if (!overlay || overlay.problem || overlay.text === undefined) {
      return false;
    }
    return !changes.every(change =>
      overlay.pins.some(
        pin =>
          pin.name === change.name && sameVersion(pin.version, change.after),
      ),
    );
  }
}
