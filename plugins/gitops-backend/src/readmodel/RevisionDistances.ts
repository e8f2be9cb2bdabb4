import { LoggerService } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import {
  extendDistance,
  RevisionDistance,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { UpstreamEntry } from '../database/UpstreamStore';
import { InfraRepository } from '../github/InfraRepository';
import { readHistory } from '../github/readHistory';

// Synced commits that are not the head; each costs a comparison once.
const MAX_DISTANCES = 100;

const DISTANCES = 'distances';

const NO_DISTANCE: RevisionDistance = {
  aheadBy: 0,
  behindBy: 0,
  commits: [],
  truncated: false,
};

/** A synced commit, and the one that is deployed from now on. */
export interface DistanceRange {
  synced: string;
  deployed: string;
}

/** By `synced...deployed`, both commits; null where one of them is in the repository no more. */
type Distances = Readonly<Record<string, RevisionDistance | null>>;

/** How far synced commits are behind what their environments deploy. */
export class RevisionDistances {
  readonly #github: InfraRepository;
  readonly #logger: LoggerService;
  #known: Distances = {};

  constructor(github: InfraRepository, logger: LoggerService) {
    this.#github = github;
    this.#logger = logger;
  }

  /** Undefined where it is not known. */
  of(synced: string, deployed: string | undefined) {
    return synced === deployed
      ? NO_DISTANCE
      : this.#known[`${synced}...${deployed}`] ?? undefined;
  }

  /** Reads those that are not known yet. Returns what has to be written for these, and no others, to be known. */
  async read(wanted: DistanceRange[]): Promise<UpstreamEntry[]> {
    const ranges = new Set(
      wanted
        .filter(({ synced, deployed }) => synced !== deployed)
        .map(({ synced, deployed }) => `${synced}...${deployed}`),
    );
    const distances: Record<string, RevisionDistance | null> = {};
    for (const range of [...ranges].slice(0, MAX_DISTANCES)) {
      const [base, head] = range.split('...');
      const distance =
        range in this.#known
          ? this.#known[range]
          : await this.#readOne(base, head);
      if (distance !== undefined) {
        distances[range] = distance;
      }
    }
    return Object.keys(distances).every(range => range in this.#known)
      ? []
      : [{ key: DISTANCES, value: distances }];
  }

  /**
   * Takes over what was written. Returns the paths that commits change which are counted now and were not before, or the
   * other way round.
   *
   * @param whole - whether the entries are all that there is, in place of what was known
   */
  take(entries: UpstreamEntry[], whole: boolean): string[] {
    const before = this.#known;
    const written = entries.find(({ key }) => key === DISTANCES)?.value;
    this.#known =
      (written as Distances | undefined) ?? (whole ? {} : this.#known);
    return [
      ...pathsOnlyIn(before, this.#known),
      ...pathsOnlyIn(this.#known, before),
    ];
  }

  // Null where there is no such commit, as for a synced one after a force push; undefined where it could not be told.
  async #readOne(
    base: string,
    head: string,
  ): Promise<RevisionDistance | null | undefined> {
    try {
      return (
        (await this.#extended(base, head)) ??
        (await readHistory(this.#github, base, head))
      );
    } catch (error) {
      if (NotFoundError.is(error)) {
        return null;
      }
      this.#logger.debug(`How far ${base} is behind is not known: ${error}`);
      return undefined;
    }
  }

  // What came since an earlier head is the same for all who were behind it, and asked for once.
  async #extended(
    base: string,
    head: string,
  ): Promise<RevisionDistance | undefined> {
    for (const [range, known] of Object.entries(this.#known)) {
      const [from, earlier] = range.split('...');
      if (known && from === base && earlier !== head) {
        const since = await readHistory(this.#github, earlier, head);
        if (since.behindBy === 0) {
          return extendDistance(known, since);
        }
      }
    }
    return undefined;
  }
}

function pathsOnlyIn(one: Distances, other: Distances): string[] {
  return Object.entries(one)
    .filter(([range]) => !(range in other))
    .flatMap(([, distance]) => distance?.commits ?? [])
    .flatMap(({ paths }) => paths);
}
