import {
  isInFollowedFolder,
  MAX_DISTANCE_COMMITS,
  RevisionDistance,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { pathsOf } from './comparison';
import { InfraRepository } from './InfraRepository';
import { inParallel } from './inParallel';

const PARALLEL_READS = 4;

/**
 * What lies between two commits, `MAX_DISTANCE_COMMITS` at most, as looking at one is a call. A single change, merged or
 * not, costs the comparison alone, several cost a call each; both are asked for once.
 *
 * @throws NotFoundError where one of the commits is unknown.
 */
export async function readHistory(
  repository: Pick<InfraRepository, 'compare' | 'commitPaths'>,
  base: string,
  head: string,
): Promise<RevisionDistance> {
  const comparison = await repository.compare(base, head);
  const { aheadBy, behindBy, files, complete } = comparison;
  const changes = comparison.commits.filter(({ merge }) => !merge);
  const looked = changes.slice(0, MAX_DISTANCE_COMMITS);
  const paths = new Map<string, string[]>();
  if (complete && changes.length === 1 && files) {
    paths.set(changes[0].sha, files.flatMap(pathsOf));
  } else {
    await inParallel(looked, PARALLEL_READS, async ({ sha }) => {
      paths.set(sha, await repository.commitPaths(sha));
    });
  }
  return {
    aheadBy,
    behindBy,
    commits: looked.map(({ merge: _, ...commit }) => ({
      ...commit,
      paths: (paths.get(commit.sha) ?? []).filter(isInFollowedFolder),
    })),
    truncated: !complete || looked.length < changes.length,
  };
}
