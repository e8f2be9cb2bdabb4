import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import { StoredPromotion } from '../database/PromotionStore';
import { PromotionContext } from './PromotionContext';
import { PromotionFollowing } from './PromotionFollowing';

// No webhook may tell of it.
const LOOK_EVERY_MS = 5 * 60_000;
// The last ones that were closed are those that somebody may want back.
const LOOK_AT = 3;
const AMONG = 20;

type Context = Pick<
  PromotionContext,
  'store' | 'isConfigured' | 'onChange' | 'monotonic'
>;

/** Looks at what becomes of pull requests whose promotions were closed: people may reopen them, and merge them. */
export class PromotionReopening {
  readonly #context: Context;
  readonly #following: PromotionFollowing;
  readonly #logger: LoggerService;
  /** When the closed ones of a target were last looked at. */
  readonly #lookedAt = new Map<string, number>();

  constructor(
    context: Context,
    following: PromotionFollowing,
    logger: LoggerService,
  ) {
    this.#context = context;
    this.#following = following;
    this.#logger = logger;
  }

  /**
   * Keeps in the timeline of a closed promotion that its pull request was reopened, closed again, or merged. Never rejects.
   * Returns whether there was something to keep.
   */
  async look(closed: StoredPromotion): Promise<boolean> {
    const { id, repository, service, pullRequest } = closed;
    if (!pullRequest || !this.#context.isConfigured(repository)) {
      return false;
    }
    try {
      const isNews = await this.#keep(closed, pullRequest.number);
      if (isNews) {
        this.#context.onChange(service);
      }
      return isNews;
    } catch (error) {
      this.#logger.debug(
        `Pull request #${pullRequest.number} of promotion ${id}, which has ended, could not be looked at: ${error}`,
      );
      return false;
    }
  }

  /** Looks at all that are open again. Never rejects. */
  async lookAtReopened(): Promise<void> {
    for (const reopened of await this.#context.store.listReopened()) {
      await this.look(reopened);
    }
  }

  /**
   * Whether the pull request of an open promotion is the only one of its target that is open; now and then the last ones that
   * were closed are looked at for that.
   *
   * @throws ConflictError where another one is, with what to do.
   */
  async assertAlone({
    repository,
    service,
    to,
  }: StoredPromotion): Promise<void> {
    const { store } = this.#context;
    if (this.#isDue(JSON.stringify([repository, service, to]))) {
      const rows = await store.listByService(repository, service, {
        to,
        limit: AMONG,
      });
      const closed = rows.filter(
        ({ state, pullRequest }) => state === 'closed' && pullRequest,
      );
      for (const one of closed.slice(0, LOOK_AT)) {
        await this.look(one);
      }
    }
    const [other] = await store.listReopened({ repository, service, to });
    if (other?.pullRequest) {
      const { number, url } = other.pullRequest;
      throw new ConflictError(
        `Pull request #${number} is open for ${to} as well; close one of the two: ${url}`,
      );
    }
  }

  async #keep(closed: StoredPromotion, number: number): Promise<boolean> {
    const { id, mergeCommit } = closed;
    if (mergeCommit) {
      return false;
    }
    const pull = await this.#following.lookAt(closed, number);
    const { store } = this.#context;
    if (pull?.mergeCommit && !pull.elsewhere) {
      return store.keepLateMerge(id, {
        mergeCommit: pull.mergeCommit,
        detail: `Pull request #${number} was merged after this promotion had ended${
          pull.mergedBy ? `, by ${pull.mergedBy}` : ''
        }; nobody follows whether it runs`,
      });
    }
    const isOpen = pull?.state === 'open' && !pull.elsewhere;
    return store.keepReopened(
      id,
      isOpen,
      isOpen
        ? `Pull request #${number} is open although this promotion has ended, and is not followed; close it, and promote again`
        : `Pull request #${number} is closed again`,
    );
  }

  // Just before a promotion was opened there was none.
  #isDue(target: string): boolean {
    const now = this.#context.monotonic();
    const before = this.#lookedAt.get(target);
    if (before !== undefined && now - before < LOOK_EVERY_MS) {
      return false;
    }
    this.#lookedAt.set(target, now);
    return before !== undefined;
  }
}
