import { isDeepStrictEqual } from 'node:util';
import { ConflictError, NotFoundError } from '@backstage/errors';
import { mergedChanges } from '@gitops-infra/backstage-plugin-gitops-common';
import { PromotionDetails, StoredPromotion } from '../database/PromotionStore';
import { PullRequest } from '../github/InfraRepository';
import { contains } from './contains';
import { PromotionContext } from './PromotionContext';
import { PromotionLabels } from './PromotionLabels';
import { PromotionUpdates } from './PromotionUpdates';

type Context = Pick<
  PromotionContext,
  'readModel' | 'store' | 'github' | 'onChange' | 'monotonic'
>;

// Who is still about to do it says so more often (`PromotionDecisions`).
const UNDECIDED_AFTER_MS = 60_000;

/** Follows the open pull request of a promotion: what people do with it on GitHub. */
export class PromotionFollowing {
  readonly #context: Context;
  readonly #updates: PromotionUpdates;
  readonly #labels: PromotionLabels;
  /** Since when what a person was about to do is seen not done, by promotion. */
  readonly #undone = new Map<string, { attempt?: string; since: number }>();

  constructor(
    context: Context,
    updates: PromotionUpdates,
    labels: PromotionLabels,
  ) {
    this.#context = context;
    this.#updates = updates;
    this.#labels = labels;
  }

  /**
   * The pull request as it is; undefined where the repository is there and it is not, as in one that was made anew. One
   * that has the branch, or the commit that it was made on, has the pull request, whatever GitHub answers for the moment.
   *
   * @throws as `toGithubError`
   */
  async lookAt(
    promotion: StoredPromotion,
    number: number,
  ): Promise<PullRequest | undefined> {
    const github = this.#context.github(promotion);
    try {
      return await github.pullRequest(number);
    } catch (error) {
      if (!NotFoundError.is(error)) {
        throw error;
      }
      const head = await github.head();
      if (
        (await contains(github, head, promotion.baseCommit)) ||
        (await github.branchHead(promotion.branch))
      ) {
        throw error;
      }
      return undefined;
    }
  }

  /**
   * Takes an open promotion to where its pull request is. Returns the promotion as it is afterwards.
   *
   * @throws ConflictError where the pull request is open and goes into another branch than the deployed one.
   */
  async follow(
    promotion: StoredPromotion,
    pull: PullRequest | undefined,
  ): Promise<StoredPromotion> {
    const { store, github, onChange } = this.#context;
    if (!pull) {
      const gone = await store.record(promotion.id, 'closed', {
        error: 'The pull request is not in the repository any more',
      });
      onChange(promotion.service);
      return gone;
    }
    const current = await this.#updates.resume(promotion, pull);
    await this.#takeBackUndone(current, pull);
    if (pull.state === 'open') {
      assertIntoDeployed(pull);
      if (current !== promotion) {
        onChange(promotion.service);
      }
      return this.#labels.give(current);
    }
    if (pull.merged && !pull.elsewhere) {
      return this.recordMerge(current, pull);
    }
    const closed = await store.record(promotion.id, 'closed', {
      error:
        pull.elsewhere && pull.merged
          ? `It was merged into ${pull.elsewhere}, which is not deployed`
          : undefined,
    });
    onChange(promotion.service);
    const { branch, headCommit } = closed;
    if (headCommit && closed.state === 'closed') {
      // GitHub reopens no pull request without its branch, and nobody would follow one.
      await github(promotion)
        .deleteBranch(branch, headCommit)
        .catch(() => {});
    }
    return closed;
  }

  // GitHub's answer was lost, and nothing came of it: whoever does it later is not who tried then.
  async #takeBackUndone(
    { id, decision }: StoredPromotion,
    { state }: PullRequest,
  ): Promise<void> {
    if (state !== 'open' || !decision) {
      this.#undone.delete(id);
      return;
    }
    const now = this.#context.monotonic();
    const seen = this.#undone.get(id);
    if (!seen || seen.attempt !== decision.attempt) {
      this.#undone.set(id, { attempt: decision.attempt, since: now });
    } else if (now - seen.since > UNDECIDED_AFTER_MS) {
      await this.#context.store.takeBack(id, decision);
      this.#undone.delete(id);
    }
  }

  /** Keeps what GitHub says of an open pull request, where that is something new. What it does not answer stays as it was. */
  async watch(promotion: StoredPromotion, pull: PullRequest): Promise<void> {
    const { store, github, onChange } = this.#context;
    const pullRequestStatus = await github(promotion)
      .statusOf(pull)
      .catch(() => promotion.pullRequestStatus);
    if (!isDeepStrictEqual(pullRequestStatus, promotion.pullRequestStatus)) {
      await store.update(promotion.id, { pullRequestStatus });
      onChange(promotion.service);
    }
  }

  /**
   * Keeps that a promotion was merged, and has everybody see it. What follows a merge is done again by the next reconcile
   * where it fails; the merge itself stands.
   *
   * @param merge.headCommit - the commit that was merged; the promotion's own where absent
   */
  async recordMerge(
    promotion: StoredPromotion,
    merge: Pick<StoredPromotion, 'mergeCommit' | 'mergedBy' | 'mergedAt'> & {
      headCommit?: string;
    },
  ): Promise<StoredPromotion> {
    const { store, github, readModel, onChange } = this.#context;
    const { mergeCommit, mergedBy, mergedAt } = merge;
    const head = merge.headCommit ?? promotion.headCommit;
    // In one step with the merge, so that it is done once.
    const merged = await store.record(
      promotion.id,
      'merged',
      {
        mergeCommit,
        mergedBy,
        mergedAt,
        ...(head !== promotion.headCommit &&
          (await this.#amended(promotion, mergeCommit))),
      },
      { headCommit: promotion.headCommit ?? null },
    );
    if (merged.state === 'open') {
      // Another change was put into the row meanwhile.
      return this.recordMerge(merged, { ...merge, headCommit: head });
    }
    onChange(merged.service);
    if (merged.state === 'merged') {
      const { branch, headCommit, service, instance } = merged;
      await Promise.allSettled([
        headCommit && github(merged).deleteBranch(branch, headCommit),
        (async () => readModel.service(service, instance).source.refresh())(),
      ]);
    }
    return merged;
  }

  // What others had pushed is merged with it: the overlay says what came of that.
  async #amended(
    promotion: StoredPromotion,
    mergeCommit: string | undefined,
  ): Promise<PromotionDetails> {
    const { changes } = promotion;
    const { path } = changes[0].location;
    const text =
      mergeCommit &&
      (await this.#context.github(promotion).fileAt(mergeCommit, path));
    const found = mergedChanges(changes, { path, text });
    if (!found) {
      return {};
    }
    return 'unknown' in found
      ? { also: { event: 'noted', detail: found.unknown } }
      : {
          changes: found.changes,
          // It restores something else than the state that they are counted from.
          undoes: undefined,
          also: { event: 'amended', detail: found.amended },
        };
  }
}

/** @throws ConflictError where a pull request would be merged into a branch that is not deployed. */
export function assertIntoDeployed({
  number,
  elsewhere,
  url,
}: PullRequest): void {
  if (elsewhere !== undefined) {
    throw new ConflictError(
      `Pull request #${number} goes into ${elsewhere}, which is not the deployed branch; set its base back on GitHub, or close it: ${url}`,
    );
  }
}
