import { LoggerService } from '@backstage/backend-plugin-api';
import { StoredPromotion } from '../database/PromotionStore';
import { inParallel } from '../github/inParallel';
import { PullRequest } from '../github/InfraRepository';
import { PromotionAdoption } from './PromotionAdoption';
import { PromotionArrival } from './PromotionArrival';
import { PromotionContext } from './PromotionContext';
import { PromotionFollowing } from './PromotionFollowing';
import { PromotionOpening } from './PromotionOpening';
import { PromotionRebuilding } from './PromotionRebuilding';
import { PromotionReopening } from './PromotionReopening';

const LOOKS_AT_A_TIME = 5;
// Writes take their turn, and what people do on GitHub meanwhile is to be noticed with the next look.
const WRITING_MS = 30_000;

type Context = Pick<
  PromotionContext,
  'readModel' | 'store' | 'onChange' | 'monotonic'
>;

interface Parts {
  following: PromotionFollowing;
  adoption: PromotionAdoption;
  rebuilding: PromotionRebuilding;
  opening: PromotionOpening;
  arrival: PromotionArrival;
  reopening: PromotionReopening;
  logger: LoggerService;
}

/** What is to be written for a promotion that was looked at. */
type Work = () => Promise<void>;

/** Takes promotions as far as they go, from what was interrupted and what people did on GitHub to what Argo CD has applied. */
export class PromotionReconciling {
  readonly #context: Context;
  readonly #parts: Parts;
  /** Those that there was no time left to write for. */
  #postponed: ReadonlySet<string> = new Set();

  constructor(context: Context, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
  }

  /**
   * Looks at every promotion that something is still expected of, and then writes what is to be written for them, as long as
   * there is time: the next one goes on. Never rejects.
   */
  async reconcile(): Promise<void> {
    const { readModel, store, monotonic } = this.#context;
    await readModel.catchUp();
    await this.#parts.reopening.lookAtReopened();
    const left: { promotion: StoredPromotion; work: Work }[] = [];
    await inParallel(
      await store.listUnderWay(),
      LOOKS_AT_A_TIME,
      async promotion => {
        const work = await this.#attempt(promotion, () =>
          this.#look(promotion),
        );
        if (work) {
          left.push({ promotion, work });
        }
      },
    );
    const isLate = ({ promotion: { id } }: (typeof left)[number]) =>
      this.#postponed.has(id);
    const inTurn = [
      ...left.filter(isLate),
      ...left.filter(one => !isLate(one)),
    ];
    const until = monotonic() + WRITING_MS;
    const postponed = new Set<string>();
    for (const { promotion, work } of inTurn) {
      if (monotonic() < until) {
        await this.#attempt(promotion, work);
      } else {
        postponed.add(promotion.id);
      }
    }
    this.#postponed = postponed;
  }

  /** Looks at the promotion of a pull request, if it is one's, also where it has ended. Never rejects. */
  async reconcilePullRequest(
    repository: string,
    number: number,
  ): Promise<void> {
    const { readModel, store } = this.#context;
    await readModel.catchUp();
    const underWay = (await store.listUnderWay()).filter(
      promotion =>
        promotion.repository === repository &&
        promotion.pullRequest?.number === number,
    );
    await this.#each(underWay);
    const closed =
      underWay.length === 0 && (await store.findClosed(repository, number));
    if (closed && (await this.#parts.reopening.look(closed))) {
      const { service, to } = closed;
      const open = await store.findOpen(repository, service, to);
      await this.#each(open ? [open] : []);
    }
  }

  /** Looks whether merged promotions of a service have arrived; asks GitHub only about commits not seen before. */
  async settle(repository: string, service: string): Promise<void> {
    const promotions = await this.#context.store.listUnderWay({
      repository,
      service,
    });
    for (const promotion of promotions) {
      if (promotion.state === 'merged') {
        await this.#attempt(promotion, () =>
          this.#parts.arrival.settle(promotion),
        );
      }
    }
  }

  /**
   * Takes an open promotion to where it is on GitHub, for somebody who waits and may ask for another change: what else is to be
   * done of it the next reconcile does.
   *
   * @throws what keeps it from going on
   */
  async follow(promotion: StoredPromotion): Promise<void> {
    const current =
      promotion.state === 'requested'
        ? await this.#parts.opening.resume(promotion)
        : promotion;
    if (current?.state === 'open') {
      await this.#followPullRequest(current);
    }
  }

  async #each(promotions: StoredPromotion[]): Promise<void> {
    for (const promotion of promotions) {
      const work = await this.#attempt(promotion, () => this.#look(promotion));
      if (work) {
        await this.#attempt(promotion, work);
      }
    }
  }

  // Returns what is to be written afterwards.
  async #look(promotion: StoredPromotion): Promise<Work | void> {
    switch (promotion.state) {
      case 'requested':
        return () => this.#goOn(promotion);
      case 'open':
        return this.#lookAtOpen(promotion);
      default:
        await this.#parts.arrival.reconcile(promotion);
        return undefined;
    }
  }

  async #goOn(promotion: StoredPromotion): Promise<void> {
    const opened = await this.#parts.opening.resume(promotion);
    // The overlay may have become another one since its commit was made.
    const work =
      opened?.state === 'open' ? await this.#lookAtOpen(opened) : undefined;
    await work?.();
  }

  async #lookAtOpen(promotion: StoredPromotion): Promise<Work | undefined> {
    const { following, rebuilding, reopening } = this.#parts;
    const followed = await this.#followPullRequest(promotion);
    if (!followed) {
      return undefined;
    }
    const { current, pull } = followed;
    await following.watch(current, pull);
    return async () => {
      await rebuilding.rebuild(current, pull);
      await reopening.assertAlone(current);
    };
  }

  async #followPullRequest(
    promotion: StoredPromotion,
  ): Promise<{ current: StoredPromotion; pull: PullRequest } | undefined> {
    const { following, adoption } = this.#parts;
    if (!promotion.pullRequest) {
      return undefined;
    }
    const { number } = promotion.pullRequest;
    const pull = await following.lookAt(promotion, number);
    const followed = await following.follow(promotion, pull);
    return pull && followed.state === 'open'
      ? { current: await adoption.adopt(followed, pull), pull }
      : undefined;
  }

  // Keeps what stands in the way of a promotion, or that nothing does any more: not before all of it was done.
  async #attempt(
    promotion: StoredPromotion,
    step: () => Promise<Work | void>,
  ): Promise<Work | undefined> {
    let error: string | undefined;
    try {
      const left = await step();
      if (left) {
        return left;
      }
    } catch (failure) {
      error = failure instanceof Error ? failure.message : String(failure);
    }
    if (error !== promotion.error) {
      await this.#keepError(promotion, error);
    }
    return undefined;
  }

  // The next look keeps it where this one cannot.
  async #keepError(
    { id, service, error: before }: StoredPromotion,
    error: string | undefined,
  ): Promise<void> {
    const { store, onChange } = this.#context;
    const { logger } = this.#parts;
    if (error !== undefined) {
      logger.warn(`Promotion ${id}: ${error}`);
    }
    try {
      // Where the look ended it, it said why.
      const isNewer =
        error === undefined && (await store.get(id))?.error !== before;
      if (!isNewer) {
        await store.update(id, { error });
        onChange(service);
      }
    } catch (failure) {
      logger.warn(
        `What was found out about promotion ${id} could not be kept: ${failure}`,
      );
    }
  }
}
