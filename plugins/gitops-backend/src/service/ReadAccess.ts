import { createHash } from 'node:crypto';
import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { EntityName } from '@gitops-infra/backstage-plugin-gitops-common';
import { EntityServices, SeenService } from './EntityServices';

/** How long it is remembered what somebody may see. A right that is taken away ends as late. */
const REMEMBERED_MS = 30_000;
const MAX_REMEMBERED = 20_000;

interface Remembered {
  since: number;
  until: number;
  seen: SeenService;
}

/**
 * Whether somebody may see an entity's environments. Open pages ask again and again, and to authenticate the caller, to
 * find the entity and to authorize takes far longer than everything else that a page view needs: the outcome is
 * remembered for half a minute, for each token by itself, and no longer than the token is valid. Only for reading; who
 * wants to change something is looked at anew.
 */
export class ReadAccess {
  readonly #entities: EntityServices;
  readonly #now: () => number;
  readonly #remembered = new Map<string, Remembered>();
  readonly #looking = new Map<string, Promise<SeenService>>();

  /** @param now - milliseconds of a clock that does not jump */
  constructor(
    entities: EntityServices,
    now: () => number = () => performance.now(),
  ) {
    this.#entities = entities;
    this.#now = now;
  }

  /**
   * What is remembered for an entity and a token. It was remembered for a caller who was authenticated by this very
   * token, which is valid still.
   */
  remembered(
    token: string | undefined,
    entityName: EntityName,
  ): SeenService | undefined {
    const known = token && this.#remembered.get(keyOf(token, entityName));
    return known && this.#now() < known.until ? known.seen : undefined;
  }

  /**
   * @param token - that the credentials are of; without one nothing is remembered
   * @throws as `EntityServices.seenBy`; a refusal is not remembered
   */
  async seenBy(
    token: string | undefined,
    entityName: EntityName,
    credentials: BackstageCredentials,
  ): Promise<SeenService> {
    const remembered = this.remembered(token, entityName);
    if (!token || remembered) {
      return remembered ?? this.#entities.seenBy(entityName, credentials);
    }
    const key = keyOf(token, entityName);
    const known = this.#looking.get(key);
    if (known) {
      return known;
    }
    const looking = this.#entities
      .seenBy(entityName, credentials)
      .then(seen => {
        this.#remember(key, seen, credentials.expiresAt);
        return seen;
      })
      .finally(() => this.#looking.delete(key));
    this.#looking.set(key, looking);
    return looking;
  }

  #remember(key: string, seen: SeenService, expiresAt?: Date): void {
    const now = this.#now();
    const validMs = expiresAt ? expiresAt.getTime() - Date.now() : Infinity;
    this.#remembered.delete(key);
    this.#remembered.set(key, {
      since: now,
      until: now + Math.min(REMEMBERED_MS, validMs),
      seen,
    });
    // The map is in the order of `since`.
    for (const [oldest, { since }] of this.#remembered) {
      if (
        now - since < REMEMBERED_MS &&
        this.#remembered.size <= MAX_REMEMBERED
      ) {
        return;
      }
      this.#remembered.delete(oldest);
    }
  }
}

function keyOf(token: string, entityName: EntityName): string {
  // A token is not kept longer than its request.
  const digest = createHash('sha256').update(token).digest('base64');
  return `${digest} ${stringifyEntityRef(entityName)}`;
}
