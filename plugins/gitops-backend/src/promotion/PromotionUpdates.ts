import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  PlannedPromotion,
  promotionCommitMessage,
  pullRequestBody,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { IntendedUpdate, StoredPromotion } from '../database/PromotionStore';
import { isRefusal } from '../github/githubErrors';
import {
  InfraRepository,
  PullRequest,
  RepositoryWriter,
} from '../github/InfraRepository';
import { UserToken } from '../github/UserToken';
import { contains } from './contains';
import { PromotionContext } from './PromotionContext';
import { contentOf } from './PromotionPlanner';

type Context = Pick<
  PromotionContext,
  | 'store'
  | 'github'
  | 'writer'
  | 'pageUrl'
  | 'mergeMethod'
  | 'pullRequest'
  | 'applicationCommits'
>;

/**
 * Puts another change into the pull request of an open promotion. What is intended is in the row before the branch
 * moves, so that it can be finished after a crash; the branch only ever moves to a descendant of the commit that was
 * made before, so that GitHub itself refuses where a person pushed to it.
 */
export class PromotionUpdates {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Replaces the change of an open promotion by another one.
   *
   * @param token - of the person who asks; the integration's is taken without
   * @throws ConflictError where somebody pushed to the branch, or another update came first.
   */
  async update(
    promotion: StoredPromotion,
    { plan, edits }: PlannedPromotion,
    {
      requestedBy,
      gates,
      because,
      by,
    }: Pick<IntendedUpdate, 'requestedBy' | 'gates' | 'because' | 'by'>,
    token?: UserToken,
  ): Promise<StoredPromotion> {
    const { id, branch, headCommit, pullRequest } = promotion;
    if (promotion.state !== 'open' || !headCommit || !pullRequest) {
      throw new ConflictError(
        `A promotion to ${promotion.to} is being opened (${promotion.title}); try again in a moment`,
      );
    }
    await this.assertNoneUnderWay(promotion);
    const github = this.#context.github(promotion);
    const writer = this.#context.writer(promotion, token);
    if ((await github.branchHead(branch)) !== headCommit) {
      throw new ConflictError(
        `Somebody pushed to ${branch}, and their commits are not overwritten; merge or close pull request #${pullRequest.number} first: ${pullRequest.url}`,
      );
    }
    const baseCommit = plan.repository.head;
    // On the tree of the new head, so that it changes the planned pins alone, whatever the one before was made on.
    let joins = baseCommit !== promotion.baseCommit;
    if (joins && this.#context.mergeMethod === 'rebase') {
      // GitHub leaves such a commit out when it rebases, and the older version would be merged.
      if (await isElsewhere(github, promotion, plan)) {
        throw new ConflictError(
          `The overlay of ${plan.to} changed since pull request #${pullRequest.number} was opened, and one that is merged by rebase cannot take that in; close it first: ${pullRequest.url}`,
        );
      }
      joins = false;
    }
    const parents = joins ? [headCommit, baseCommit] : [headCommit];
    const intended: IntendedUpdate = {
      ...contentOf(plan),
      baseCommit,
      requestedBy,
      gates,
      because,
      by,
      commit: await writer.createCommit({
        parents,
        message: promotionCommitMessage({ ...plan, id, requestedBy }),
        files: edits,
      }),
    };
    if (!(await this.#context.store.intend(id, headCommit, intended))) {
      throw new ConflictError(
        `Pull request #${pullRequest.number} changed in between; try again`,
      );
    }
    await this.#move(promotion, intended, isRefusal, writer);
    return this.#finish(promotion, intended, writer);
  }

  /** Takes a commit that its branch is at, and that has the same change, as its own. */
  async adopt(
    promotion: StoredPromotion,
    commit: Pick<IntendedUpdate, 'commit' | 'baseCommit' | 'because'>,
  ): Promise<StoredPromotion> {
    const { id, headCommit, requestedBy, gates } = promotion;
    const { store } = this.#context;
    const intended = { ...contentOf(promotion), requestedBy, gates, ...commit };
    return headCommit && (await store.intend(id, headCommit, intended))
      ? store.applyIntended(id, commit.commit)
      : promotion;
  }

  /** Finishes the update that was interrupted, if there is one. Returns the promotion as it is afterwards. */
  async resume(
    promotion: StoredPromotion,
    pull: PullRequest,
  ): Promise<StoredPromotion> {
    const intended = await this.#context.store.intended(promotion.id);
    if (!intended) {
      return promotion;
    }
    if (pull.state === 'open') {
      // An earlier attempt may have moved the branch: only what says that it is elsewhere ends the update.
      const writer = this.#context.github(promotion);
      await this.#move(promotion, intended, ConflictError.is, writer);
      return this.#finish(promotion, intended, writer);
    }
    const github = this.#context.github(promotion);
    if (await contains(github, pull.headCommit, intended.commit)) {
      return this.#context.store.applyIntended(promotion.id, intended.commit);
    }
    await this.#giveUp(promotion, intended);
    return promotion;
  }

  /** @throws ConflictError while another change is being put into the pull request. */
  async assertNoneUnderWay({ id, pullRequest }: StoredPromotion) {
    const intended = await this.#context.store.intended(id);
    if (intended) {
      throw new ConflictError(
        `Pull request #${pullRequest?.number} is being updated (${intended.title}); look again in a moment`,
      );
    }
  }

  async #move(
    promotion: StoredPromotion,
    intended: IntendedUpdate,
    isFinal: (error: unknown) => boolean,
    writer: RepositoryWriter,
  ): Promise<void> {
    const { id, branch, pullRequest } = promotion;
    const github = this.#context.github(promotion);
    try {
      await writer.moveBranch(branch, intended.commit);
    } catch (error) {
      // On top of what an earlier attempt moved it to somebody may have pushed, or merged it and deleted the branch.
      if (
        ConflictError.is(error) &&
        (await contains(
          github,
          (await github.branchHead(branch)) ??
            (
              await github.pullRequest(pullRequest!.number)
            ).headCommit,
          intended.commit,
        ))
      ) {
        return;
      }
      if (isFinal(error)) {
        await this.#context.store.forgetIntended(id, intended.commit);
      }
      throw error;
    }
  }

  // Its pull request has ended, and nobody follows the branch.
  async #giveUp(
    promotion: StoredPromotion,
    { commit }: IntendedUpdate,
  ): Promise<void> {
    const { github, store } = this.#context;
    await github(promotion)
      .deleteBranch(promotion.branch, commit)
      .catch(() => {});
    await store.forgetIntended(promotion.id, commit);
  }

  // The branch has the commit.
  async #finish(
    promotion: StoredPromotion,
    intended: IntendedUpdate,
    writer: RepositoryWriter,
  ): Promise<StoredPromotion> {
    const { id, branch, pullRequest } = promotion;
    const github = this.#context.github(promotion);
    // A branch moves after its pull request was merged or closed as well, but that has the commit no more.
    const pull = await github.pullRequest(pullRequest!.number);
    if (
      pull.state !== 'open' &&
      !(await contains(github, pull.headCommit, intended.commit))
    ) {
      await this.#giveUp(promotion, intended);
      throw new ConflictError(
        `Pull request #${pull.number} was ${
          pull.merged ? 'merged' : 'closed'
        } in between; promote again`,
      );
    }
    const before = intended.because ? [] : [promotion.title];
    const untold = await this.#tell(promotion, intended, before, writer);
    const updated = await this.#context.store.applyIntended(
      id,
      intended.commit,
    );
    if (updated.state !== 'open') {
      await github.deleteBranch(branch, intended.commit).catch(() => {});
      throw new ConflictError(
        `Pull request #${pullRequest?.number} was ${updated.state} in between; promote again`,
      );
    }
    if (updated.headCommit !== intended.commit) {
      // Another process finished this meanwhile and went on to something else, over which this was written.
      await this.#tell(promotion, updated, [], writer);
    }
    if (untold !== undefined) {
      await this.#context.store.note(
        id,
        `The pull request keeps its old title and description: ${untold}`,
      );
    }
    return updated;
  }

  // Says in the pull request what it is about. Returns why GitHub does not take it: the commit is there, and a title that is
  // refused must not keep it from being followed.
  async #tell(
    { id, service, to, pullRequest, entityRef }: StoredPromotion,
    content: Omit<IntendedUpdate, 'commit'>,
    before: string[],
    writer: RepositoryWriter,
  ): Promise<string | undefined> {
    const timeline = await this.#context.store.timeline(id);
    const applicationCommits = await this.#context.applicationCommits(
      content.changes,
    );
    const body = pullRequestBody(
      { ...content, service, to, applicationCommits },
      {
        id,
        requestedBy: content.requestedBy,
        pageUrl: this.#context.pageUrl(entityRef),
        gates: content.gates,
        earlier: [
          ...timeline
            .filter(({ event }) => event === 'updated')
            .map(({ detail }) => detail ?? ''),
          ...before,
        ],
      },
      this.#context.pullRequest.templates.body,
    );
    try {
      const { title } = content;
      await writer.updatePullRequest(pullRequest!.number, { title, body });
      return undefined;
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
      return error.message;
    }
  }
}

// Whether a plan is for other files than a promotion, or these changed on the deployed branch since it was made.
async function isElsewhere(
  github: InfraRepository,
  { baseCommit, changes }: StoredPromotion,
  { repository, files }: PlannedPromotion['plan'],
): Promise<boolean> {
  const paths = files.map(({ path }) => path);
  try {
    const since = await github.compare(baseCommit, repository.head);
    return (
      since.behindBy > 0 ||
      !since.files ||
      since.files.some(({ path }) => paths.includes(path)) ||
      changes.some(({ location }) => !paths.includes(location.path))
    );
  } catch (error) {
    if (NotFoundError.is(error)) {
      return true;
    }
    throw error;
  }
}
