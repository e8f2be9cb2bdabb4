import { StoredPromotion } from '../database/PromotionStore';
import { Lineage } from './Lineage';
import { PromotionTarget } from './PromotionPlanner';

/** What open pull requests were made on, held against the deployed branch as it is now. */
export class PromotionBase {
  readonly #lineage = new Lineage();

  /**
   * Why a pull request would merge something else than its promotion plans, as a clause; undefined where it would not. Text
   * of the overlay that changed is no reason: Git merges both sides of that, or says that it cannot.
   */
  async whyOutdated(
    { baseCommit, changes, to }: StoredPromotion,
    { service, facts }: PromotionTarget,
  ): Promise<string | undefined> {
    const { repository, source } = service;
    if (!(await this.#lineage.has(source, repository.head, baseCommit))) {
      return `${repository.branch} does not have the commit any more that it was made on`;
    }
    const { path } = facts.overlay;
    return changes.some(({ location }) => location.path !== path)
      ? `${to} is deployed from ${path} now`
      : undefined;
  }
}
