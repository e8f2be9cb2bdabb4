import { InfraSnapshot } from '@gitops-infra/backstage-plugin-gitops-common';
import { GithubRepository, TreeFile } from './GithubRepository';

const FOLLOWED = /^(bootstrap|apps)\/(?:.*\/)?(?:[^/]+\.ya?ml|Kustomization)$/;

// A hand-written manifest is a few kilobytes; what is larger is not read.
const MAX_FILE_BYTES = 512 * 1024;

const PARALLEL_READS = 4;

/** A snapshot with the SHA of every file's content, so that the next one reads only what changed. */
export interface ReadSnapshot {
  snapshot: InfraSnapshot;
  shas: ReadonlyMap<string, string>;
}

/**
 * Reads the followed files of a commit: one call for the tree, and one for each content that the previous snapshot
 * does not have.
 */
export async function readSnapshot(
  repository: Pick<GithubRepository, 'tree' | 'blob'>,
  commit: string,
  previous?: ReadSnapshot,
): Promise<ReadSnapshot> {
  const entries = (await repository.tree(commit)).filter(
    entry => FOLLOWED.test(entry.path) && entry.size <= MAX_FILE_BYTES,
  );
  const known = new Map<string, string>();
  for (const [path, sha] of previous?.shas ?? []) {
    known.set(sha, previous?.snapshot.files.get(path) ?? '');
  }
  const wanted = [...new Set(entries.map(({ sha }) => sha))].filter(
    sha => !known.has(sha),
  );
  const read = async () => {
    for (let sha = wanted.pop(); sha !== undefined; sha = wanted.pop()) {
      known.set(sha, await repository.blob(sha));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_READS }, read));

  return {
    snapshot: {
      commit,
      files: byPath(entries, entry => known.get(entry.sha) ?? ''),
    },
    shas: byPath(entries, entry => entry.sha),
  };
}

function byPath(
  entries: TreeFile[],
  value: (entry: TreeFile) => string,
): Map<string, string> {
  return new Map(entries.map(entry => [entry.path, value(entry)]));
}
