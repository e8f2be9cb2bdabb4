import { createHash } from 'node:crypto';
import { InfraSnapshot } from '@gitops-infra/backstage-plugin-gitops-common';
import { GithubRepository, TreeFile } from './GithubRepository';

const FOLLOWED = /^(bootstrap|apps)\/(?:.*\/)?(?:[^/]+\.ya?ml|Kustomization)$/;

// A hand-written manifest is a few kilobytes; what is larger is not read.
const MAX_FILE_BYTES = 512 * 1024;

const PARALLEL_READS = 4;

// From so many contents on, the whole archive in one call is the cheaper way.
const ARCHIVE_FROM = 50;

/** A snapshot with the SHA of every file's content, so that the next one reads only what changed. */
export interface ReadSnapshot {
  snapshot: InfraSnapshot;
  shas: ReadonlyMap<string, string>;
}

/**
 * Reads the followed files of a commit: one call for the tree, and one for each content that the previous snapshot
 * does not have, or for all of them where they are many.
 */
export async function readSnapshot(
  repository: Pick<GithubRepository, 'tree' | 'blob' | 'archive'>,
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
  const missing = () =>
    [...new Set(entries.map(({ sha }) => sha))].filter(sha => !known.has(sha));
  if (missing().length >= ARCHIVE_FROM) {
    await readFromArchive(repository, commit, entries, known);
  }
  const wanted = missing();
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
      unread: new Map(),
    },
    shas: byPath(entries, entry => entry.sha),
  };
}

// What the archive does not have as Git has it is left to be read alone.
async function readFromArchive(
  repository: Pick<GithubRepository, 'archive'>,
  commit: string,
  entries: TreeFile[],
  known: Map<string, string>,
): Promise<void> {
  const shas = new Map(entries.map(({ path, sha }) => [path, sha]));
  const contents = await repository.archive(commit, path => shas.has(path));
  for (const [path, content] of contents) {
    const sha = blobSha(content);
    if (shas.get(path) === sha) {
      known.set(sha, content.toString('utf8'));
    }
  }
}

// As Git computes it: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
function blobSha(content: Buffer): string {
  return createHash('sha1')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex');
}

function byPath(
  entries: TreeFile[],
  value: (entry: TreeFile) => string,
): Map<string, string> {
  return new Map(entries.map(entry => [entry.path, value(entry)]));
}
