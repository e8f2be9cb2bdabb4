import { StoredPromotion } from '../database/PromotionStore';
import { PullRequest } from '../github/InfraRepository';
import { UserToken } from '../github/UserToken';
import { PromotionContext } from './PromotionContext';
import { PromotionFollowing } from './PromotionFollowing';

type Context = Pick<
  PromotionContext,
  'store' | 'github' | 'writer' | 'onChange'
>;

/**
 * Ends a promotion that was asked for and has no pull request yet, while whoever opens it may be at any step of that.
 *
 * First the row says that it is withdrawn, then its branch goes, then its pull request is looked for. Who opens it makes the
 * branch, then looks at the row, then opens the pull request. Whichever order that comes in, the one who opens it sees that
 * it is withdrawn, or has no branch to open a pull request from, or the pull request is found here and closed.
 */
export class PromotionWithdrawal {
  readonly #context: Context;
  readonly #following: PromotionFollowing;

  constructor(context: Context, following: PromotionFollowing) {
    this.#context = context;
    this.#following = following;
  }

  /**
   * Keeps that a person withdraws it, and ends it; where GitHub does not let that be done, the next reconcile ends it. Returns
   * the promotion as it is afterwards: one that was opened meanwhile goes on.
   *
   * @param token - what it is written to GitHub with; the integration's is taken without
   * @throws as `toGithubError`
   */
  async withdraw(
    { id, decision }: StoredPromotion,
    userRef: string,
    token?: UserToken,
  ): Promise<StoredPromotion> {
    if (!decision) {
      await this.#context.store.decide(id, { event: 'closed', by: userRef });
    }
    return this.#end(id, token);
  }

  /**
   * Returns the promotion where it is withdrawn, or has ended for another reason, after nothing of it is left on GitHub.
   *
   * @throws as `toGithubError`
   */
  async endIfWithdrawn({
    id,
  }: StoredPromotion): Promise<StoredPromotion | undefined> {
    const now = await this.#context.store.get(id);
    return now && isWithdrawn(now) ? this.#end(id) : undefined;
  }

  async #end(id: string, token?: UserToken): Promise<StoredPromotion> {
    const { store, onChange } = this.#context;
    const promotion = (await store.get(id)) as StoredPromotion;
    const { state, headCommit } = promotion;
    if (state !== 'requested' && state !== 'closed') {
      return promotion;
    }
    const pull = await this.#remove(promotion, token);
    if (state === 'closed') {
      return promotion;
    }
    if (pull) {
      const { number, url } = pull;
      const opened = await store.record(id, 'opened', {
        pullRequest: { number, url },
        by: promotion.requestedBy,
      });
      return this.#following.follow(opened, pull);
    }
    const ended = await store.record(
      id,
      'closed',
      {},
      { headCommit: headCommit ?? null },
    );
    onChange(ended.service);
    // Its commit was named in between, and there may be a branch for it.
    return ended.state === 'requested' ? this.#end(id, token) : ended;
  }

  // Returns the pull request that there was.
  async #remove(
    promotion: StoredPromotion,
    token: UserToken | undefined,
  ): Promise<PullRequest | undefined> {
    const { branch, headCommit } = promotion;
    if (!headCommit) {
      return undefined;
    }
    const writer = this.#context.writer(promotion, token);
    await writer.deleteBranch(branch, headCommit);
    const pull = await this.#context.github(promotion).findPullRequest(branch);
    // With commits of a person its branch stays.
    return pull?.state === 'open' ? writer.closePullRequest(pull.number) : pull;
  }
}

function isWithdrawn({ state, decision }: StoredPromotion): boolean {
  return (
    state === 'closed' ||
    (state === 'requested' && decision?.event === 'closed')
  );
}
