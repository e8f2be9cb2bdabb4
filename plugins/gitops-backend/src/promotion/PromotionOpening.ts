import { setTimeout } from 'node:timers/promises';
import { ConflictError } from '@backstage/errors';
import {
  PlannedPromotion,
  promotionBranches,
  promotionCommitMessage,
  pullRequestBody,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { StoredPromotion } from '../database/PromotionStore';
import { isRefusal } from '../github/githubErrors';
import { PullRequest, RepositoryWriter } from '../github/InfraRepository';
import { UserToken } from '../github/UserToken';
import { OpeningBeats, OpeningPace } from './OpeningBeats';
import { PromotionContext } from './PromotionContext';
import { PromotionFollowing } from './PromotionFollowing';
import { PromotionLabels } from './PromotionLabels';
import { PromotionPlanner } from './PromotionPlanner';
import { PromotionWithdrawal } from './PromotionWithdrawal';

// How long somebody waits for what another process opens.
const WAIT_MS = 20_000;
const LOOK_EVERY_MS = 200;

type Context = Pick<
  PromotionContext,
  | 'store'
  | 'github'
  | 'writer'
  | 'pageUrl'
  | 'onChange'
  | 'pullRequest'
  | 'applicationCommits'
  | 'monotonic'
>;

/**
 * Opens the pull request of a promotion that was asked for: commit, branch, pull request. The row says how far it came, so
 * that it can be gone on with after a crash.
 */
export class PromotionOpening {
  readonly #context: Context;
  readonly #planner: PromotionPlanner;
  readonly #following: PromotionFollowing;
  readonly #labels: PromotionLabels;
  readonly #withdrawal: PromotionWithdrawal;
  readonly #beats: OpeningBeats;
  readonly #running = new Map<string, Promise<StoredPromotion>>();

  constructor(
    context: Context,
    planner: PromotionPlanner,
    following: PromotionFollowing,
    labels: PromotionLabels,
    withdrawal: PromotionWithdrawal,
    pace?: OpeningPace,
  ) {
    this.#context = context;
    this.#planner = planner;
    this.#following = following;
    this.#labels = labels;
    this.#withdrawal = withdrawal;
    this.#beats = new OpeningBeats(context.store, context.monotonic, pace);
  }

  /**
   * Whether a promotion may be asked for anew: a service that was moved to another repository, or whose repository was
   * renamed, may have one that is open where it was.
   *
   * @throws ConflictError where there is one, with what to do.
   */
  async assertNoneElsewhere({
    repository,
    service,
    to,
  }: Pick<StoredPromotion, 'repository' | 'service' | 'to'>): Promise<void> {
    const { store, pageUrl } = this.#context;
    const elsewhere = (await store.listUnderWay()).find(
      promotion =>
        promotion.repository !== repository &&
        promotion.service === service &&
        promotion.to === to &&
        promotion.state !== 'merged',
    );
    if (elsewhere) {
      throw new ConflictError(
        `A promotion to ${to} is open still in ${
          elsewhere.repository
        }, where ${service} was before (${
          elsewhere.title
        }); close it first: ${pageUrl(
          elsewhere.entityRef,
        )}/environments/promotions/${elsewhere.id}`,
      );
    }
  }

  /**
   * Whether a promotion may be asked for anew: what GitHub shows as open must be what is followed. Asks GitHub only where a
   * pull request of the target was closed before.
   *
   * @throws ConflictError where somebody reopened one, with what to do.
   */
  async assertNoneReopened({
    repository,
    service,
    to,
  }: Pick<StoredPromotion, 'repository' | 'service' | 'to'>): Promise<void> {
    const { store, github } = this.#context;
    const rows = await store.listByService(repository, service, { to });
    const closed = rows.find(
      ({ state, pullRequest }) => state === 'closed' && pullRequest,
    );
    const reopened =
      closed &&
      (await github(closed).findOpenPullRequest(
        promotionBranches(service, to),
      ));
    if (reopened) {
      throw new ConflictError(
        `Pull request #${reopened.number} to ${to} was reopened on GitHub after its promotion had ended; merge or close it there, then promote again: ${reopened.url}`,
      );
    }
  }

  /**
   * Only for whoever made its row: a failure ends the promotion.
   *
   * @param planned - what it changes
   * @param token - of the person who asks; the integration's is taken without
   */
  async open(
    promotion: StoredPromotion,
    planned: PlannedPromotion,
    token?: UserToken,
  ): Promise<StoredPromotion> {
    return this.#alone(promotion, () => this.#open(promotion, planned, token));
  }

  /**
   * Waits for what another request opens, and does nothing of it: what one person may not do must not end what another
   * one asked for.
   *
   * @throws ConflictError where it comes to nothing, or takes too long.
   */
  async wait(promotion: StoredPromotion): Promise<StoredPromotion> {
    let now = (await this.#running.get(promotion.id)) ?? promotion;
    for (
      let waited = 0;
      now.state === 'requested' && !now.error && waited < WAIT_MS;
      waited += LOOK_EVERY_MS
    ) {
      await setTimeout(LOOK_EVERY_MS);
      now = (await this.#context.store.get(promotion.id)) ?? now;
    }
    if (now.state === 'requested') {
      throw new ConflictError(
        `A promotion to ${now.to} is being opened (${now.title}); look again in a moment`,
      );
    }
    if (now.state === 'closed') {
      throw endedInBetween(now);
    }
    return now;
  }

  /**
   * Goes on with a promotion whose opening was interrupted or failed, or ends it where it is withdrawn or that is not possible
   * any more. Returns it where it was opened.
   */
  async resume(
    promotion: StoredPromotion,
  ): Promise<StoredPromotion | undefined> {
    if (await this.#withdrawal.endIfWithdrawn(promotion)) {
      return undefined;
    }
    const { id, error } = promotion;
    // One that failed is worked on by nobody.
    if (
      this.#running.has(id) ||
      !(error || this.#beats.standsStill(promotion)) ||
      !(await this.#context.store.takeOver(promotion))
    ) {
      return undefined;
    }
    const gone = await this.#alone(promotion, () => this.#goOn(promotion));
    return gone.state === 'closed' ? undefined : gone;
  }

  // Two requests at once in this process are one piece of work.
  async #alone(
    { id }: StoredPromotion,
    work: () => Promise<StoredPromotion>,
  ): Promise<StoredPromotion> {
    const running =
      this.#running.get(id) ??
      this.#beats.during(id, work).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running;
  }

  async #goOn(promotion: StoredPromotion): Promise<StoredPromotion> {
    if (promotion.headCommit) {
      return this.#open(promotion);
    }
    const planned = await this.#planner.planAgain(promotion);
    if (planned) {
      return this.#open(promotion, planned);
    }
    const ended = await this.#context.store.record(
      promotion.id,
      'refused',
      {
        error: `Interrupted before anything was done on GitHub, and ${promotion.to} cannot be changed that way any more; press Promote again`,
      },
      { headCommit: null },
    );
    this.#context.onChange(promotion.service);
    return ended;
  }

  async #open(
    promotion: StoredPromotion,
    planned?: PlannedPromotion,
    token?: UserToken,
  ): Promise<StoredPromotion> {
    const { store, pageUrl, onChange, applicationCommits } = this.#context;
    const settings = this.#context.pullRequest;
    const github = this.#context.github(promotion);
    const writer = this.#context.writer(promotion, token);
    const { id, branch, changes } = promotion;
    let headCommit = promotion.headCommit;
    // Whoever named the commit may have gone further before it was interrupted.
    let mayBeThere = headCommit !== undefined;
    try {
      headCommit ??= await this.#makeCommit(promotion, planned, writer);
      let pull = mayBeThere ? await github.findPullRequest(branch) : undefined;
      mayBeThere = pull !== undefined;
      if (!pull) {
        await writer.createBranch(branch, headCommit);
        await this.#assertNotWithdrawn(promotion);
        pull = await writer.openPullRequest({
          branch,
          title: promotion.title,
          body: pullRequestBody(
            {
              ...promotion,
              applicationCommits: await applicationCommits(changes),
            },
            {
              id,
              requestedBy: promotion.requestedBy,
              pageUrl: pageUrl(promotion.entityRef),
              gates: promotion.gates,
            },
            settings.templates.body,
          ),
          draft: settings.draft,
        });
        mayBeThere = true;
      }
      const opened = await store.record(id, 'opened', {
        pullRequest: { number: pull.number, url: pull.url },
        unlabelled: this.#labels.wanted,
        by: promotion.requestedBy,
      });
      onChange(promotion.service);
      return await this.#afterOpening(opened, pull);
    } catch (error) {
      await this.#assertNotWithdrawn(promotion);
      await this.#afterFailure(promotion, error, { headCommit, mayBeThere });
      throw error;
    }
  }

  async #assertNotWithdrawn(promotion: StoredPromotion): Promise<void> {
    const ended = await this.#withdrawal.endIfWithdrawn(promotion);
    if (ended) {
      throw endedInBetween(ended);
    }
  }

  // On the head that was planned on, which is not that of a row which was interrupted earlier.
  async #makeCommit(
    promotion: StoredPromotion,
    planned: PlannedPromotion | undefined,
    writer: RepositoryWriter,
  ): Promise<string> {
    if (!planned?.edits.length) {
      throw new ConflictError(
        `Nothing to promote: ${promotion.to} changed in between; look again`,
      );
    }
    const baseCommit = planned.plan.repository.head;
    const commit = await writer.createCommit({
      parents: [baseCommit],
      message: promotionCommitMessage(promotion),
      files: planned.edits,
    });
    const proposed = await this.#context.store.proposeHeadCommit(promotion.id, {
      commit,
      baseCommit,
    });
    if (!proposed) {
      const ended = await this.#context.store.get(promotion.id);
      throw endedInBetween(ended ?? promotion);
    }
    return proposed;
  }

  async #afterOpening(
    promotion: StoredPromotion,
    pull: PullRequest,
  ): Promise<StoredPromotion> {
    if (promotion.state === 'closed') {
      // Another process was refused in the meantime and ended it: a pull request that nobody follows must not stay.
      throw endedInBetween(promotion);
    }
    return pull.state === 'open'
      ? this.#labels.give(promotion)
      : this.#following.follow(
          promotion,
          await this.#following.lookAt(promotion, pull.number),
        );
  }

  // A step that may have taken effect is looked at again by reconcile; one that was refused is undone and ended.
  async #afterFailure(
    promotion: StoredPromotion,
    failure: unknown,
    known: { headCommit?: string; mayBeThere: boolean },
  ): Promise<void> {
    const { store, github, onChange } = this.#context;
    const error = failure instanceof Error ? failure.message : String(failure);
    const { headCommit, mayBeThere } = known;
    if (headCommit && (mayBeThere || !isRefusal(failure))) {
      await store.update(promotion.id, { error });
    } else {
      const ended = await store.record(
        promotion.id,
        'refused',
        { error },
        { headCommit: headCommit ?? null },
      );
      if (headCommit && ended.state === 'closed') {
        await github(promotion)
          .deleteBranch(promotion.branch, headCommit)
          .catch(() => {});
      }
    }
    onChange(promotion.service);
  }
}

function endedInBetween({ error, state }: StoredPromotion): ConflictError {
  return new ConflictError(
    `The promotion was ended in between: ${error ?? state}`,
  );
}
