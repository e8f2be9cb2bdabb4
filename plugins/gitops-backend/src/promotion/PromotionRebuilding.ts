import { ConflictError } from '@backstage/errors';
import {
  blockingFindings,
  PlannedPromotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { StoredPromotion } from '../database/PromotionStore';
import { PullRequest } from '../github/InfraRepository';
import { UserToken } from '../github/UserToken';
import { contains } from './contains';
import { Lineage } from './Lineage';
import { PromotionContext } from './PromotionContext';
import { PromotionPlanner, PromotionTarget } from './PromotionPlanner';
import { PromotionUpdates } from './PromotionUpdates';

type Context = Pick<
  PromotionContext,
  'store' | 'github' | 'mergeMethod' | 'onChange'
>;

// After the second failure, and twice as long after each further one: a commit that nothing comes of costs as much of
// GitHub's limits as one that is wanted.
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 3_600_000;

// Each is a question for each new head.
const OLDEST_COMMITS = 5;

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
  readonly #lineage = new Lineage();
  /** By the commit that is to be replaced. */
  readonly #failures = new Map<string, Failure>();

  constructor(
    context: Context,
    planner: PromotionPlanner,
    updates: PromotionUpdates,
  ) {
    this.#context = context;
    this.#planner = planner;
    this.#updates = updates;
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
    // What a person pushed is theirs to bring up to date.
    if (pull.headCommit !== promotion.headCommit) {
      return;
    }
    const seen = this.#planner.targetOf(promotion);
    if (!seen || (await this.#whyAgain(promotion, seen)) === undefined) {
      return;
    }
    // The head that is known may be from before what it was made on: what is made again on that takes back all that came since.
    await seen.service.source.refresh();
    const target = this.#planner.targetOf(promotion);
    const because = target && (await this.#whyAgain(promotion, target));
    if (!target || because === undefined) {
      return;
    }
    const failed = this.#failures.get(pull.headCommit);
    if (failed && Date.now() < failed.until) {
      throw failed.error;
    }
    const planned = this.#planAgain(promotion, target);
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

  /**
   * Makes it again because its branch is behind the deployed one, where a rule wants it not to be. Returns whether it was:
   * nothing is known to be newer than what it was made on, or it is merged by rebase, which leaves out what is joined.
   *
   * @param by - entity ref of the person who asks
   * @param token - theirs; the integration's is taken without
   * @throws as `rebuild`
   */
  async bringUpToDate(
    promotion: StoredPromotion,
    by: string,
    token: UserToken | undefined,
  ): Promise<boolean> {
    const target = this.#planner.targetOf(promotion);
    const { repository } = target?.service ?? {};
    if (
      !target ||
      !repository ||
      repository.head === promotion.baseCommit ||
      this.#context.mergeMethod === 'rebase'
    ) {
      return false;
    }
    await this.#updates.update(
      promotion,
      this.#planAgain(promotion, target),
      {
        requestedBy: promotion.requestedBy,
        gates: promotion.gates,
        because: `it was behind ${repository.branch}, which a rule does not allow`,
        by,
      },
      token,
    );
    this.#context.onChange(promotion.service);
    return true;
  }

  /**
   * Why a pull request would merge something else than its promotion plans, as a clause; undefined where it would not. Text
   * of the overlay that changed is no reason: Git merges both sides of that, or says that it cannot.
   *
   * @throws as `InfraRepository.compare`
   */
  async whyOutdated(
    promotion: StoredPromotion,
    { service, facts }: PromotionTarget,
  ): Promise<string | undefined> {
    const { baseCommit, changes, to } = promotion;
    const { repository, source } = service;
    if (!(await this.#lineage.has(source, repository.head, baseCommit))) {
      return `${repository.branch} does not have the commit any more that it was made on`;
    }
    const { path } = facts.overlay;
    if (changes.some(({ location }) => location.path !== path)) {
      return `${to} is deployed from ${path} now`;
    }
    return (await this.#bringsBack(promotion, repository.head))
      ? `${repository.branch} has commits again that it was made without`
      : undefined;
  }

  // A commit that joins others has what was once taken off the deployed branch in its history: where that is back, the merge would
  // take it off again. One that was made on the deployed branch alone has not.
  async #bringsBack(
    promotion: StoredPromotion,
    head: string,
  ): Promise<boolean> {
    const { headCommit, baseCommit } = promotion;
    const github = this.#context.github(promotion);
    const parents = headCommit ? await github.parentsOf(headCommit) : [];
    if (!headCommit || (parents.length === 1 && parents[0] === baseCommit)) {
      return false;
    }
    // Besides the promotion's own commits there are those that were taken off, and the oldest of them come back first.
    const { commits } = await github.compare(baseCommit, headCommit);
    for (const { sha } of commits.slice(-OLDEST_COMMITS)) {
      if (sha !== headCommit && (await contains(github, head, sha))) {
        return true;
      }
    }
    return false;
  }

  #planAgain(
    promotion: StoredPromotion,
    target: PromotionTarget,
  ): PlannedPromotion {
    const planned = this.#planner.planAnew(promotion, target);
    assertPossible(planned, promotion);
    return planned;
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
    const outdated = await this.whyOutdated(promotion, target);
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

/** Why a pull request is of no use any more, with what to do. */
export function nothingLeft(
  { to, pullRequest }: StoredPromotion,
  branch: string,
): ConflictError {
  return new ConflictError(
    `${to} pins that already on ${branch}; close pull request #${pullRequest?.number}, there is nothing left to merge`,
  );
}

function assertPossible(
  { plan, edits }: PlannedPromotion,
  promotion: StoredPromotion,
): void {
  const [blocking] = blockingFindings(plan.findings);
  if (blocking) {
    throw new ConflictError(
      `${promotion.to} changed on ${plan.repository.branch}, and the change cannot be made there any more: ${blocking.what} ${blocking.why}`,
    );
  }
  if (edits.length === 0) {
    throw nothingLeft(promotion, plan.repository.branch);
  }
}
