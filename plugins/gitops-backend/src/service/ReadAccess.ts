import { createHash } from 'node:crypto';
import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import {
  EntityName,
  gitopsEnvironmentReadPermission,
  GitopsRights,
  ServiceReference,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { EntityServices } from './EntityServices';

/** How long it is remembered what somebody may see. A right that is taken away, or an annotation, ends as late. */
const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 5_000;

/** What a caller may know of an entity's service. */
export interface SeenService {
  reference: ServiceReference;
  rights: GitopsRights;
}

interface Remembered {
  since: number;
  seen: SeenService;
}

/**
 * Whether somebody may see an entity's environments. Open pages ask again and again, and the catalog and the
 * permissions are further away than everything else that a page view needs: their answers are remembered for some
 * seconds, for each token by itself. Only for reading; who wants to change something is looked at anew.
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

  /** What is remembered for a caller and an entity. The token has to be found valid by whoever acts on it. */
  remembered(
    token: string | undefined,
    entityName: EntityName,
  ): SeenService | undefined {
    const known = token && this.#remembered.get(keyOf(token, entityName));
    return known && this.#now() - known.since < REMEMBERED_MS
      ? known.seen
      : undefined;
  }

  /**
   * @param token - of the caller, found to be valid; without one nothing is remembered
   * @throws as `EntityServices.serviceOf`; a refusal is not remembered
   */
  async seenBy(
    token: string | undefined,
    entityName: EntityName,
    credentials: BackstageCredentials,
  ): Promise<SeenService> {
    const remembered = this.remembered(token, entityName);
    if (!token || remembered) {
      return remembered ?? this.#look(entityName, credentials);
    }
    const key = keyOf(token, entityName);
    const known = this.#looking.get(key);
    if (known) {
      return known;
    }
    const looking = this.#look(entityName, credentials)
      .then(seen => {
        this.#remember(key, seen);
        return seen;
      })
      .finally(() => this.#looking.delete(key));
    this.#looking.set(key, looking);
    return looking;
  }

  async #look(
    entityName: EntityName,
    credentials: BackstageCredentials,
  ): Promise<SeenService> {
    const { reference, entityRef } = await this.#entities.serviceOf(
      entityName,
      gitopsEnvironmentReadPermission,
      credentials,
    );
    return {
      reference,
      rights: await this.#entities.rights(entityRef, credentials),
    };
  }

  #remember(key: string, seen: SeenService): void {
    const now = this.#now();
    this.#remembered.delete(key);
    this.#remembered.set(key, { since: now, seen });
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
