import { LoggerService } from '@backstage/backend-plugin-api';
import { StoredPromotion } from '../database/PromotionStore';
import { isRefusal } from '../github/githubErrors';
import { InfraRepository } from '../github/InfraRepository';
import { PromotionContext } from './PromotionContext';

type Reviewers = Parameters<InfraRepository['requestReviewers']>[1];

type Context = Pick<PromotionContext, 'store' | 'github' | 'pullRequest'>;

/**
 * Gives an opened pull request the labels and reviewers of the configuration. What GitHub refuses is said in the timeline;
 * what fails otherwise is tried again by the next reconcile. Neither stops the promotion.
 */
export class PromotionLabels {
  readonly #context: Context;
  readonly #logger: LoggerService;

  constructor(context: Context, logger: LoggerService) {
    this.#context = context;
    this.#logger = logger;
  }

  /** Whether there is anything to give. */
  get wanted(): boolean {
    const { labels, reviewers, teamReviewers } = this.#context.pullRequest;
    return [labels, reviewers, teamReviewers].some(list => list.length > 0);
  }

  /** Gives them to a pull request that still lacks them. Never rejects. Returns the promotion as it is afterwards. */
  async give(promotion: StoredPromotion): Promise<StoredPromotion> {
    const { id, pullRequest, unlabelled } = promotion;
    if (!unlabelled || !pullRequest) {
      return promotion;
    }
    const { store, pullRequest: settings } = this.#context;
    const { labels, reviewers, teamReviewers } = settings;
    try {
      const github = this.#context.github(promotion);
      if (labels.length > 0) {
        await this.#unlessRefused(promotion, () =>
          github.addLabels(pullRequest.number, labels),
        );
      }
      if (reviewers.length + teamReviewers.length > 0) {
        await this.#askToReview(promotion, settings, who =>
          github.requestReviewers(pullRequest.number, who),
        );
      }
      await store.update(id, { unlabelled: false });
      return { ...promotion, unlabelled: false };
    } catch (error) {
      this.#logger.warn(
        `Promotion ${id}: pull request #${pullRequest.number} lacks labels and reviewers for now: ${error}`,
      );
      return promotion;
    }
  }

  // GitHub asks nobody where it refuses one of them, as the author of the pull request.
  async #askToReview(
    promotion: StoredPromotion,
    { reviewers, teamReviewers }: Reviewers,
    ask: (who: Reviewers) => Promise<void>,
  ): Promise<void> {
    try {
      await ask({ reviewers, teamReviewers });
      return;
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
    }
    for (const reviewer of reviewers) {
      await this.#unlessRefused(promotion, () =>
        ask({ reviewers: [reviewer], teamReviewers: [] }),
      );
    }
    for (const team of teamReviewers) {
      await this.#unlessRefused(promotion, () =>
        ask({ reviewers: [], teamReviewers: [team] }),
      );
    }
  }

  async #unlessRefused(
    { id }: StoredPromotion,
    step: () => Promise<void>,
  ): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
      await this.#noteOnce(id, error.message);
    }
  }

  // What is tried again for the sake of something else may be refused again.
  async #noteOnce(id: string, message: string): Promise<void> {
    const { store } = this.#context;
    const isNoted = (await store.timeline(id)).some(
      ({ event, detail }) => event === 'noted' && detail === message,
    );
    if (!isNoted) {
      this.#logger.warn(`Promotion ${id}: ${message}`);
      await store.note(id, message);
    }
  }
}
