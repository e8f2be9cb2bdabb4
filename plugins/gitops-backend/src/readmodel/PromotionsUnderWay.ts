import { isDeepStrictEqual } from 'node:util';
import { Promotion } from '@gitops-infra/backstage-plugin-gitops-common';
import { PromotionStore, StoredPromotion } from '../database/PromotionStore';
import { UpstreamHead } from '../database/UpstreamStore';

const NONE: readonly Promotion[] = [];

/** The promotions that something is still expected of, as every page of their service shows them. */
export class PromotionsUnderWay {
  readonly #store: Pick<PromotionStore, 'listUnderWay'>;
  #sequence = 0;
  #byService = new Map<string, Promotion[]>();

  constructor(store: Pick<PromotionStore, 'listUnderWay'>) {
    this.#store = store;
  }

  /** Reads them again where one changed. */
  async catchUp({ sequence }: UpstreamHead): Promise<void> {
    if (sequence === this.#sequence) {
      return;
    }
    const byService = new Map<string, Promotion[]>();
    for (const promotion of await this.#store.listUnderWay()) {
      const key = keyOf(promotion);
      const known = byService.get(key) ?? [];
      byService.set(key, [...known, publicPromotion(promotion)]);
    }
    // What is made from those of one service holds when only others changed.
    for (const [key, promotions] of byService) {
      const before = this.#byService.get(key);
      if (before && isDeepStrictEqual(before, promotions)) {
        byService.set(key, before);
      }
    }
    this.#sequence = sequence;
    this.#byService = byService;
  }

  /** Those of a service; the same array as long as none of them changed. */
  of(repository: string, service: string): readonly Promotion[] {
    return this.#byService.get(keyOf({ repository, service })) ?? NONE;
  }
}

/** A promotion without what only the backend needs to know of it. */
export function publicPromotion({
  repository: _repository,
  entityRef: _entityRef,
  instance: _instance,
  unlabelled: _unlabelled,
  decision: _decision,
  beat: _beat,
  ...promotion
}: StoredPromotion): Promotion {
  return promotion;
}

function keyOf({
  repository,
  service,
}: {
  repository: string;
  service: string;
}): string {
  return `${repository} ${service}`;
}
