import { ConflictError } from '@backstage/errors';
import {
  blockingFindings,
  PlannedPromotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { StoredPromotion } from '../database/PromotionStore';
import { PullRequest } from '../github/InfraRepository';
import { PromotionBase } from './PromotionBase';
import { PromotionContext } from './PromotionContext';
import { PromotionPlanner, PromotionTarget } from './PromotionPlanner';
import { PromotionUpdates } from './PromotionUpdates';

type Context = Pick<PromotionContext, 'store' | 'github' | 'onChange'>;

// After the second failure, and twice as long after each further one: a commit that nothing comes of costs as much of
// GitHub's limits as one that is wanted.
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 3_600_000;

interface Failure {
  error: unknown;
  times: number;
  /** When it is tried again. */
  until: number;
}

/**
 * Makes the change of an open pull request again where the overlay became another one on the deployed branch, or what it was
 * made on is not there any more, so that what is reviewed is what will be merged.
 */
export class PromotionRebuilding {
  readonly #context: Context;
  readonly #planner: PromotionPlanner;
  readonly #updates: PromotionUpdates;
  readonly #base: PromotionBase;
  /** By the commit that is to be replaced. */
  readonly #failures = new Map<string, Failure>();

  constructor(
    context: Context,
    planner: PromotionPlanner,
    updates: PromotionUpdates,
    base: PromotionBase,
  ) {
    this.#context = context;
    this.#planner = planner;
    this.#updates = updates;
    this.#base = base;
  }

  /**
   * Asks GitHub only where the deployed branch moved since the change was made, and then once for what the overlay was, and
   * once for all promotions whether the branch still has what they were made on.
   * Where that fails again and again it waits ever longer before the next try, and goes on saying why.
   *
   * @throws ConflictError where the change is not possible any more, with what to do; what the last try failed with while
   * it waits.
   */
  async rebuild(promotion: StoredPromotion, pull: PullRequest): Promise<void> {
    const target = this.#planner.targetOf(promotion);
    // What a person pushed is theirs to bring up to date.
    if (!target || pull.headCommit !== promotion.headCommit) {
      return;
    }
    const because = await this.#whyAgain(promotion, target);
    if (because === undefined) {
      return;
    }
    const planned = this.#planner.planAnew(promotion, target);
    assertPossible(planned, promotion);
    const failed = this.#failures.get(pull.headCommit);
    if (failed && Date.now() < failed.until) {
      throw failed.error;
    }
    try {
      await this.#updates.update(promotion, planned, {
        requestedBy: promotion.requestedBy,
        gates: promotion.gates,
        because,
      });
      this.#failures.delete(pull.headCommit);
    } catch (error) {
      this.#keepFailure(pull.headCommit, error);
      if (!ConflictError.is(error) || !(await this.#isOvertaken(promotion))) {
        throw error;
      }
    }
    this.#context.onChange(promotion.service);
  }

  async #whyAgain(
    promotion: StoredPromotion,
    target: PromotionTarget,
  ): Promise<string | undefined> {
    const { baseCommit } = promotion;
    const { repository } = target.service;
    const { path, text } = target.facts.overlay;
    if (text === undefined || repository.head === baseCommit) {
      return undefined;
    }
    const outdated = await this.#base.whyOutdated(promotion, target);
    if (outdated !== undefined) {
      return outdated;
    }
    const before = await this.#context
      .github(promotion)
      .fileAt(baseCommit, path);
    return text === before
      ? undefined
      : `${path} changed on ${repository.branch}`;
  }

  #keepFailure(headCommit: string, error: unknown): void {
    const now = Date.now();
    // Those that nobody tries any more.
    for (const [commit, { until }] of this.#failures) {
      if (until + LONGEST_PAUSE_MS < now) {
        this.#failures.delete(commit);
      }
    }
    const times = (this.#failures.get(headCommit)?.times ?? 0) + 1;
    const pauseMs =
      times === 1
        ? 0
        : Math.min(FIRST_PAUSE_MS * 2 ** (times - 2), LONGEST_PAUSE_MS);
    this.#failures.set(headCommit, { error, times, until: now + pauseMs });
  }

  // Somebody asked for another change, or another process does the same.
  async #isOvertaken({ id, headCommit }: StoredPromotion): Promise<boolean> {
    const now = await this.#context.store.get(id);
    return (
      now?.state !== 'open' ||
      now.headCommit !== headCommit ||
      (await this.#context.store.intended(id)) !== undefined
    );
  }
}

function assertPossible(
  { plan, edits }: PlannedPromotion,
  { to, pullRequest }: StoredPromotion,
): void {
  const [blocking] = blockingFindings(plan.findings);
  if (blocking) {
    throw new ConflictError(
      `${to} changed on ${plan.repository.branch}, and the change cannot be made there any more: ${blocking.what} ${blocking.why}`,
    );
  }
  if (edits.length === 0) {
    throw new ConflictError(
      `${to} pins that already on ${plan.repository.branch}; close pull request #${pullRequest?.number}, there is nothing left to merge`,
    );
  }
}
