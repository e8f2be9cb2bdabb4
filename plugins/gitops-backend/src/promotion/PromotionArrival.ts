import {
  DeclaredEnvironment,
  hasArrived,
  hasSynced,
  sameVersion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { StoredPromotion } from '../database/PromotionStore';
import { ServiceState } from '../readmodel/ReadModel';
import { contains } from './contains';
import { PromotionContext } from './PromotionContext';

// GitHub may show a branch as it was for a moment after a merge.
const MERGE_VISIBLE_AFTER_MS = 60_000;

type Context = Pick<PromotionContext, 'readModel' | 'store' | 'onChange'>;

/** Finds out when a merged promotion runs, or never will. */
export class PromotionArrival {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Ends a merged promotion that has arrived or was replaced; asks GitHub only about commits not seen before. */
  async settle(promotion: StoredPromotion): Promise<void> {
    const { readModel } = this.#context;
    const { mergeCommit } = promotion;
    const service = readModel.service(promotion.service);
    if (!mergeCommit || service.repository.url !== promotion.repository) {
      return;
    }
    const target = service.environments.find(
      ({ environment }) => environment === promotion.to,
    );
    const status = target && readModel.statusOf(service, target);
    const revision = status?.sync.revision;
    if (status && revision) {
      const containsMerge = await contains(
        service.source,
        revision,
        mergeCommit,
      );
      if (
        hasSynced(status, containsMerge) &&
        (await this.#context.store.keepSynced(promotion.id))
      ) {
        this.#context.onChange(promotion.service);
      }
      if (hasArrived(promotion.changes, status, containsMerge)) {
        await this.#end(promotion, 'arrived');
        return;
      }
    }
    const replaced = await this.#whyReplaced(service, target, promotion);
    if (replaced) {
      await this.#end(promotion, 'replaced', replaced);
    }
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
    if (
      mergeCommit &&
      (await contains(service.source, service.repository.head, mergeCommit))
    ) {
      return this.#isStillDesired(service, target, changes)
        ? undefined
        : `Another change to ${to} replaced it before it was seen running`;
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

  #isStillDesired(
    service: ServiceState,
    target: DeclaredEnvironment | undefined,
    changes: StoredPromotion['changes'],
  ): boolean {
    const pins = target
      ? this.#context.readModel.factsOf(service, target).overlay.pins
      : [];
    return changes.every(change =>
      pins.some(
        pin =>
          pin.name === change.name && sameVersion(pin.version, change.after),
      ),
    );
  }
}
