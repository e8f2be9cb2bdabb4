import {
  editPins,
  PinEditError,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { StoredPromotion } from '../database/PromotionStore';
import { PullRequest } from '../github/InfraRepository';
import { contains } from './contains';
import { PromotionContext } from './PromotionContext';
import { PromotionPlanner } from './PromotionPlanner';
import { nothingLeft } from './PromotionRebuilding';
import { PromotionUpdates } from './PromotionUpdates';

/** Tells GitHub's Update branch from what else a person pushes to the branch of a pull request. */
export class PromotionAdoption {
  readonly #context: Pick<PromotionContext, 'github' | 'onChange'>;
  readonly #planner: PromotionPlanner;
  readonly #updates: PromotionUpdates;

  constructor(
    context: Pick<PromotionContext, 'github' | 'onChange'>,
    planner: PromotionPlanner,
    updates: PromotionUpdates,
  ) {
    this.#context = context;
    this.#planner = planner;
    this.#updates = updates;
  }

  /**
   * Takes what its branch is at as the promotion's own where somebody pressed Update branch: GitHub joins the deployed branch
   * with it, or puts it on top of that, and it is the same change as before. Asks GitHub only where it is at another commit,
   * and for each once. Returns the promotion as it is afterwards.
   *
   * @throws ConflictError where nothing is left of the change; as `InfraRepository.compare`
   */
  async adopt(
    promotion: StoredPromotion,
    { headCommit }: PullRequest,
  ): Promise<StoredPromotion> {
    const target = this.#planner.targetOf(promotion);
    if (
      !target ||
      !promotion.headCommit ||
      headCommit === promotion.headCommit
    ) {
      return promotion;
    }
    const { repository } = target.service;
    const github = this.#context.github(promotion);
    const [{ location }] = promotion.changes;
    const parents = await github.parentsOf(headCommit);
    const baseCommit = parents[parents.length - 1];
    if (
      baseCommit === promotion.headCommit ||
      parents.slice(0, -1).some(parent => parent !== promotion.headCommit) ||
      // What was joined may be newer than what was last read.
      !(await contains(github, await github.head(), baseCommit))
    ) {
      return promotion;
    }
    const { files } = await github.compare(baseCommit, headCommit);
    if (files?.length === 0) {
      throw nothingLeft(promotion, repository.branch);
    }
    const [before, after] = await Promise.all(
      [baseCommit, headCommit].map(sha => github.fileAt(sha, location.path)),
    );
    if (
      files?.length !== 1 ||
      files[0].path !== location.path ||
      before === undefined ||
      after !== textAfter(before, promotion) ||
      // What the pull request was read to have may be from before the promotion's last commit.
      (await contains(github, promotion.headCommit, headCommit))
    ) {
      return promotion;
    }
    const adopted = await this.#updates.adopt(promotion, {
      commit: headCommit,
      baseCommit,
      because: `somebody brought it up to date with ${repository.branch} on GitHub`,
    });
    this.#context.onChange(promotion.service);
    return adopted;
  }
}

// Undefined where the pins cannot be edited there.
function textAfter(
  before: string,
  { changes }: StoredPromotion,
): string | undefined {
  try {
    return editPins(
      before,
      changes.map(({ name, after }) => ({ name, version: after })),
    );
  } catch (error) {
    if (error instanceof PinEditError) {
      return undefined;
    }
    throw error;
  }
}
