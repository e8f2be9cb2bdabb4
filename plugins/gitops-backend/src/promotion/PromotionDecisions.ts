import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError } from '@backstage/errors';
import {
  GateContext,
  GateOverride,
  GatePerson,
  MergeGatesResponse,
  OPEN_PROMOTION_STATES,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { PromotionDecision, StoredPromotion } from '../database/PromotionStore';
import { isNotDone } from '../github/githubErrors';
import { PullRequest } from '../github/InfraRepository';
import { UserToken } from '../github/UserToken';
import { gateContext } from './gateContext';
import { PromotionAdoption } from './PromotionAdoption';
import { PromotionContext } from './PromotionContext';
import { assertIntoDeployed, PromotionFollowing } from './PromotionFollowing';
import { PromotionPlanner } from './PromotionPlanner';
import { PromotionRebuilding } from './PromotionRebuilding';
import { PromotionUpdates } from './PromotionUpdates';
import { PromotionWithdrawal } from './PromotionWithdrawal';

// What waits for its turn among other writes, or is tried again, is still about to be done.
const RENEW_MS = 20_000;

// GitHub works it out when it is asked for the first time.
const MERGEABILITY_LOOKS = 4;
const MERGEABILITY_PAUSE_MS = 1_000;

const WHY_NOT_MERGEABLE: Partial<Record<PullRequest['mergeability'], string>> =
  {
    draft: 'is a draft; mark it as ready for review on GitHub first',
    blocked:
      'is blocked by a rule of the branch; see on GitHub which review or check is missing',
    behind:
      'is behind its base, which a rule of the branch does not allow; update its branch on GitHub, or try again in a moment',
    dirty:
      'conflicts with its base; it is made again by itself where that is possible, else close it and promote again',
    unknown:
      'cannot be merged yet, as GitHub has not worked out whether it may be; try again in a moment',
  };

type Context = Pick<
  PromotionContext,
  | 'readModel'
  | 'store'
  | 'isConfigured'
  | 'github'
  | 'writer'
  | 'gates'
  | 'podImages'
  | 'mergeMethod'
  | 'onChange'
>;

/** Does what a person decides about a promotion: merges its pull request, or closes it. */
export class PromotionDecisions {
  readonly #context: Context;
  readonly #planner: PromotionPlanner;
  readonly #updates: PromotionUpdates;
  readonly #following: PromotionFollowing;
  readonly #withdrawal: PromotionWithdrawal;
  readonly #rebuilding: PromotionRebuilding;
  readonly #adoption: PromotionAdoption;

  constructor(
    context: Context,
    planner: PromotionPlanner,
    updates: PromotionUpdates,
    following: PromotionFollowing,
    withdrawal: PromotionWithdrawal,
    rebuilding: PromotionRebuilding,
    adoption: PromotionAdoption,
  ) {
    this.#context = context;
    this.#planner = planner;
    this.#updates = updates;
    this.#following = following;
    this.#withdrawal = withdrawal;
    this.#rebuilding = rebuilding;
    this.#adoption = adoption;
  }

  /** What the gates say of merging a promotion, for the person who asks. */
  async mergeGates(
    promotion: StoredPromotion,
    person: GatePerson,
  ): Promise<MergeGatesResponse> {
    const { gates } = this.#context;
    return {
      gates: await gates.check(
        await this.#asked(promotion, person),
        promotion.gates,
      ),
      override: gates.overrideRight(person),
    };
  }

  /**
   * Merges the pull request of a promotion at the commit that was reviewed. One that is merged already is no error.
   *
   * @param reviewed - the commit that the person looked at
   * @param options.override - gates to override, with the reason
   * @param options.token - what it is merged on GitHub with; the integration's is taken without
   * @throws ConflictError where it is not open, it was updated since, a gate stops it, or somebody pushed to its branch;
   * NotAllowedError where the environment is not for the person.
   */
  async merge(
    promotion: StoredPromotion,
    reviewed: string,
    person: GatePerson,
    options: { override?: GateOverride; token?: UserToken } = {},
  ): Promise<StoredPromotion> {
    const { override, token } = options;
    const { pullRequest, headCommit } = promotion;
    if (promotion.state === 'merged' || promotion.state === 'deployed') {
      return promotion;
    }
    if (promotion.state !== 'open' || !pullRequest || !headCommit) {
      throw new ConflictError(
        `The promotion is ${promotion.state}; only an open pull request can be merged`,
      );
    }
    assertReviewed(promotion, reviewed);
    await this.#updates.assertNoneUnderWay(promotion);
    const pull = await this.#following.lookAt(promotion, pullRequest.number);
    if (pull?.state !== 'open') {
      return this.#following.follow(promotion, pull);
    }
    assertIntoDeployed(pull);
    assertReviewed(await this.#adoption.adopt(promotion, pull), reviewed);
    if (pull.headCommit !== headCommit) {
      throw new ConflictError(
        `Somebody pushed to ${promotion.branch} after the pull request was opened; review and merge it on GitHub: ${pull.url}`,
      );
    }
    await this.#assertUpToDate(promotion, pull);
    const mergeable = await this.#assertMergeable(promotion, pull);
    const passed = await this.#context.gates.pass(
      await this.#asked(promotion, person),
      override,
      promotion.gates,
    );
    if (mergeable.mergeability === 'behind') {
      throw await this.#behind(promotion, mergeable, person, token);
    }
    // Before the merge: whoever hears of it first records it, and knows nothing of a reason.
    await this.#context.store.keepGates(promotion, passed);
    const mergedBy = person.userEntityRef;
    const mergeCommit = await this.#decided(
      promotion,
      { event: 'merged', by: mergedBy },
      () =>
        this.#context
          .writer(promotion, token)
          .merge(pullRequest.number, headCommit, this.#context.mergeMethod),
    );
    return this.#following.recordMerge(promotion, {
      mergeCommit,
      mergedBy,
      mergedAt: new Date().toISOString(),
    });
  }

  /**
   * Closes the pull request of a promotion, and deletes its branch if nobody pushed to it. One that has no pull request yet
   * gets none any more. One that is closed already is no error. What is in a repository that is not configured any more is
   * left there as it is.
   *
   * @param token - what it is closed on GitHub with; the integration's is taken without
   * @throws ConflictError where it is merged.
   */
  async close(
    promotion: StoredPromotion,
    userRef: string,
    token?: UserToken,
  ): Promise<StoredPromotion> {
    const { state, repository } = promotion;
    if (
      OPEN_PROMOTION_STATES.includes(state) &&
      !this.#context.isConfigured(repository)
    ) {
      return this.#leave(promotion, userRef);
    }
    switch (state) {
      case 'closed':
        return promotion;
      case 'requested':
        // It may have been opened in between.
        return this.close(
          await this.#withdrawal.withdraw(promotion, userRef, token),
          userRef,
          token,
        );
      default:
        return this.#closePullRequest(promotion, userRef, token);
    }
  }

  // Nobody else can end it: GitHub is asked about configured repositories alone.
  async #leave(
    { id, repository, branch, service, pullRequest }: StoredPromotion,
    userRef: string,
  ): Promise<StoredPromotion> {
    const left = pullRequest
      ? `pull request #${pullRequest.number} was left as it is; close or merge it on GitHub: ${pullRequest.url}`
      : `what there may be of it on GitHub was left as it is: a pull request from the branch ${branch}`;
    const closed = await this.#context.store.record(id, 'closed', {
      by: userRef,
      error: `The infra repository ${repository} is not configured any more, and ${left}`,
    });
    this.#context.onChange(service);
    return closed;
  }

  async #closePullRequest(
    promotion: StoredPromotion,
    userRef: string,
    token: UserToken | undefined,
  ): Promise<StoredPromotion> {
    const { id, state, pullRequest, headCommit, branch, service } = promotion;
    if (state !== 'open' || !pullRequest || !headCommit) {
      throw new ConflictError(
        `The promotion is ${state}; only an open pull request can be closed`,
      );
    }
    await this.#updates.assertNoneUnderWay(promotion);
    const github = this.#context.github(promotion);
    const pull = await this.#following.lookAt(promotion, pullRequest.number);
    // Somebody may merge it at the same time.
    const last =
      pull?.state === 'open'
        ? await this.#decided(promotion, { event: 'closed', by: userRef }, () =>
            this.#context
              .writer(promotion, token)
              .closePullRequest(pullRequest.number),
          )
        : pull;
    if (last?.merged || pull?.state !== 'open') {
      const ended = await this.#following.follow(promotion, last);
      if (ended.state === 'merged') {
        throw new ConflictError(
          `Pull request #${pullRequest.number} was merged in between`,
        );
      }
      return ended;
    }
    const closed = await this.#context.store.record(id, 'closed', {
      by: userRef,
    });
    this.#context.onChange(service);
    // One that stays stands in nobody's way: each promotion has a branch of its own.
    await github.deleteBranch(branch, headCommit).catch(() => {});
    return closed;
  }

  async #asked(
    promotion: StoredPromotion,
    person: GatePerson,
  ): Promise<GateContext> {
    const { service, planned } = await this.#planner.planMerge(promotion);
    return gateContext(this.#context, service, planned, {
      step: 'merge',
      entityRef: promotion.entityRef,
      person,
    });
  }

  // Where GitHub's answer is lost, the row says who it was when the effect is seen.
  async #decided<T>(
    { id }: StoredPromotion,
    decision: Pick<PromotionDecision, 'event' | 'by'>,
    take: () => Promise<T>,
  ): Promise<T> {
    const { store } = this.#context;
    let kept = await store.decide(id, decision);
    const renewing = setInterval(async () => {
      kept = await store.decide(id, decision).catch(() => kept);
    }, RENEW_MS);
    try {
      return await take();
    } catch (error) {
      if (isNotDone(error)) {
        await store.takeBack(id, kept);
      }
      throw error;
    } finally {
      clearInterval(renewing);
    }
  }

  // The head that is known may be from before the branch was moved.
  async #assertUpToDate(
    promotion: StoredPromotion,
    { number, url }: PullRequest,
  ): Promise<void> {
    await this.#planner.targetOf(promotion)?.service.source.refresh();
    const target = this.#planner.targetOf(promotion);
    const why =
      target && (await this.#rebuilding.whyOutdated(promotion, target));
    if (why !== undefined) {
      throw new ConflictError(
        `Pull request #${number} would change something else by now: ${why}; it is made again in a moment, look at it then, or close it: ${url}`,
      );
    }
  }

  // An account that may pass over the rules of a branch is let through by GitHub: a promotion never is.
  async #assertMergeable(
    promotion: StoredPromotion,
    seen: PullRequest,
  ): Promise<PullRequest> {
    let pull = seen;
    for (
      let looks = 1;
      pull.mergeability === 'unknown' && looks < MERGEABILITY_LOOKS;
      looks++
    ) {
      await sleep(MERGEABILITY_PAUSE_MS);
      pull = await this.#context.github(promotion).pullRequest(pull.number);
    }
    const why = pull.draft
      ? WHY_NOT_MERGEABLE.draft
      : WHY_NOT_MERGEABLE[pull.mergeability];
    // What is behind can be brought up to date, once the gates let it be merged.
    if (why && (pull.draft || pull.mergeability !== 'behind')) {
      throw notMergeable(pull, why);
    }
    return pull;
  }

  async #behind(
    promotion: StoredPromotion,
    pull: PullRequest,
    { userEntityRef }: GatePerson,
    token: UserToken | undefined,
  ): Promise<ConflictError> {
    const isUpToDate = await this.#rebuilding.bringUpToDate(
      promotion,
      userEntityRef,
      token,
    );
    return notMergeable(
      pull,
      isUpToDate
        ? 'was behind its base, which a rule of the branch does not allow, and is brought up to date now; look at it again, and merge it once its checks have passed'
        : WHY_NOT_MERGEABLE.behind!,
    );
  }
}

function assertReviewed(
  { headCommit, pullRequest }: StoredPromotion,
  reviewed: string,
): void {
  if (reviewed !== headCommit) {
    throw new ConflictError(
      `Pull request #${pullRequest?.number} was updated after you looked at it; look at it again: ${pullRequest?.url}`,
    );
  }
}

function notMergeable({ number, url }: PullRequest, why: string) {
  return new ConflictError(`Pull request #${number} ${why}: ${url}`);
}
