import { InputError, NotFoundError } from '@backstage/errors';
import {
  EarlierState,
  earlierStates,
  EarlierStatesResponse,
  EnvironmentFacts,
  OverlayCommit,
  promotionIdIn,
  PromotionRef,
  readKustomization,
  shortCommit,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { MergedPromotion, PromotionStore } from '../database/PromotionStore';
import { Comparison } from '../github/comparison';
import { CommitOfPath } from '../github/InfraRepository';
import { inParallel } from '../github/inParallel';
import { ServiceState } from '../readmodel/Services';
import { contains } from './contains';
import { PromotionContext } from './PromotionContext';

/** Each costs a call the first time that it is looked at. */
const MAX_COMMITS = 20;
const PARALLEL_READS = 4;

/** What a target's overlay pinned at earlier commits. Asks GitHub; what it says of a commit is asked once. */
export class OverlayHistory {
  readonly #store: Pick<PromotionStore, 'listMerged'>;

  constructor({ store }: Pick<PromotionContext, 'store'>) {
    this.#store = store;
  }

  /** The states that a target can be rolled back to, newest first. */
  async statesOf(
    service: ServiceState,
    { declared, overlay }: EnvironmentFacts,
  ): Promise<EarlierStatesResponse> {
    const { source, repository } = service;
    const { commits, complete } = await source.github.commitsOf(
      overlay.path,
      repository.head,
      MAX_COMMITS,
    );
    const promotions = await this.#mergedInto(service, declared.environment);
    const deployed = withoutDrafts(commits, promotions);
    const texts = new Map<string, string | undefined>();
    await inParallel(deployed, PARALLEL_READS, async commit => {
      texts.set(
        commit.sha,
        await source.github.fileAt(
          deployedAs(commit, promotions),
          overlay.path,
        ),
      );
    });
    return {
      states: earlierStates(
        deployed.map(({ message, ...commit }): OverlayCommit => {
          const promotion = promotionOf({ ...commit, message }, promotions);
          return {
            commit,
            text: texts.get(commit.sha),
            promotionId: promotion?.id ?? promotionIdIn(message),
            promotion: promotion && referenceTo(promotion),
          };
        }),
      ),
      complete,
    };
  }

  /**
   * What a target pinned at a commit.
   *
   * @throws InputError where the commit is not in the history of the deployed branch, is one of a promotion's that was
   * never deployed, or the overlay was not there.
   */
  async stateAt(
    service: ServiceState,
    { declared, overlay }: EnvironmentFacts,
    commit: string,
  ): Promise<EarlierState> {
    const since = await commitsSince(service, commit);
    const at = `at ${shortCommit(commit)}`;
    const promotions = await this.#mergedInto(service, declared.environment);
    const { commits } = await service.source.github.commitsOf(
      overlay.path,
      commit,
      1,
    );
    const [last = { sha: commit, message: '' }] = commits;
    if (await this.#isDraft(service, last, { commit, overlay, promotions })) {
      throw new InputError(
        `What ${overlay.path} pinned ${at} was never deployed: the promotion went on before it was merged; choose another state to go back to`,
      );
    }
    const text = await service.source.github.fileAt(
      last.sha === commit ? deployedAs(last, promotions) : commit,
      overlay.path,
    );
    if (text === undefined) {
      throw new InputError(
        `There was no ${overlay.path} ${at}; choose another state to go back to`,
      );
    }
    const reading = readKustomization(text);
    if (!reading.ok) {
      throw new InputError(
        `${overlay.path} could not be read ${at}: ${reading.problem.message}; choose another state to go back to`,
      );
    }
    const made =
      last.sha === commit ? promotionOf(last, promotions) : undefined;
    const later = await mergedAfter(service, commit, since, promotions);
    return {
      commit,
      pins: reading.kustomization.images,
      undoes: later
        // Its merge came later, and brought this very state.
        .filter(one => one !== made && one.headCommit !== commit)
        .map(referenceTo),
    };
  }

  // Whether what a promotion's commit pins was replaced before the merge. Its text stays where the pull request was only brought up
  // to date afterwards; and what comes after the merge pins what was merged.
  async #isDraft(
    { source }: ServiceState,
    last: MadeCommit,
    at: {
      commit: string;
      overlay: EnvironmentFacts['overlay'];
      promotions: MergedPromotion[];
    },
  ): Promise<boolean> {
    const { commit, overlay, promotions } = at;
    const promotion = promotionOf(last, promotions);
    if (!promotion?.mergeCommit || isMade(promotion, last)) {
      return false;
    }
    const { mergeCommit } = promotion;
    if (await contains(source, commit, mergeCommit)) {
      return false;
    }
    const [here, merged] = await Promise.all(
      [commit, mergeCommit].map(sha => source.github.fileAt(sha, overlay.path)),
    );
    return here !== merged;
  }

  async #mergedInto(
    { repository, service }: ServiceState,
    environment: string,
  ): Promise<MergedPromotion[]> {
    return this.#store.listMerged(repository.url, service, environment);
  }
}

type MadeCommit = Pick<CommitOfPath, 'sha' | 'message'>;

function promotionOf(
  { sha, message }: MadeCommit,
  promotions: MergedPromotion[],
): MergedPromotion | undefined {
  const promotionId = promotionIdIn(message);
  return promotions.find(
    ({ id, headCommit, mergeCommit }) =>
      id === promotionId || headCommit === sha || mergeCommit === sha,
  );
}

function isMade(
  { headCommit, mergeCommit }: MergedPromotion,
  { sha }: MadeCommit,
): boolean {
  return sha === headCommit || sha === mergeCommit;
}

// Without commits of promotions that others replaced before the merge. Where the last one of a promotion only brought it up to
// date, it changes nothing of the overlay and is not listed: then the newest that is stands for it.
function withoutDrafts<T extends MadeCommit>(
  newestFirst: T[],
  promotions: MergedPromotion[],
): T[] {
  const standsFor = new Map<string, string>();
  for (const commit of newestFirst) {
    const promotion = promotionOf(commit, promotions);
    if (
      promotion &&
      (isMade(promotion, commit) || !standsFor.has(promotion.id))
    ) {
      standsFor.set(promotion.id, commit.sha);
    }
  }
  return newestFirst.filter(commit => {
    const promotion = promotionOf(commit, promotions);
    return !promotion || standsFor.get(promotion.id) === commit.sha;
  });
}

// What a promotion's commit became with its merge: the branch may have gone on meanwhile.
function deployedAs(commit: MadeCommit, promotions: MergedPromotion[]): string {
  return promotionOf(commit, promotions)?.mergeCommit ?? commit.sha;
}

async function commitsSince(
  { source, repository }: ServiceState,
  commit: string,
): Promise<Comparison> {
  const notThere = new InputError(
    `The commit ${commit} is not in the history of ${repository.branch}; choose one that is`,
  );
  let since;
  try {
    since = await source.github.compare(commit, repository.head);
  } catch (error) {
    throw NotFoundError.is(error) ? notThere : error;
  }
  if (since.behindBy > 0) {
    throw notThere;
  }
  return since;
}

/**
 * The promotions of a target that were merged after a commit. Where there are more commits than GitHub lists, some merges are
 * asked for: one that the commit contains was merged before it, and so were all older ones.
 */
async function mergedAfter(
  { source }: ServiceState,
  commit: string,
  since: Comparison,
  newestFirst: MergedPromotion[],
): Promise<MergedPromotion[]> {
  if (since.complete) {
    const later = new Set(since.commits.map(({ sha }) => sha));
    return newestFirst.filter(
      ({ mergeCommit }) => mergeCommit !== undefined && later.has(mergeCommit),
    );
  }
  let [first, end] = [0, newestFirst.length];
  while (first < end) {
    const middle = Math.floor((first + end) / 2);
    const { mergeCommit = '' } = newestFirst[middle];
    if (await contains(source, commit, mergeCommit)) {
      end = middle;
    } else {
      first = middle + 1;
    }
  }
  return newestFirst.slice(0, first);
}

function referenceTo({
  id,
  title,
  pullRequest,
}: MergedPromotion): PromotionRef {
  return { id, title, ...(pullRequest && { pullRequest }) };
}
