import { ConflictError } from '@backstage/errors';
import {
  FOLLOWED_FOLDERS,
  isInFollowedFolder,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { InfraRepository, TreeEntry } from './InfraRepository';
import { inParallel } from './inParallel';

const PARALLEL_READS = 4;

/**
 * What is in the followed folders of a commit, without the folders in them. That is one call, except where GitHub cuts
 * the tree short (at 100,000 entries or 7 MB): then the followed folders are read each by itself, and those of them that
 * are cut short too folder by folder.
 */
export async function readTree(
  repository: Pick<InfraRepository, 'tree'>,
  commit: string,
): Promise<TreeEntry[]> {
  const whole = await repository.tree(commit, { recursive: true });
  if (!whole.truncated) {
    return whole.entries.filter(
      ({ path, kind }) => kind !== 'folder' && isInFollowedFolder(path),
    );
  }
  const found: TreeEntry[] = [];
  const ownEntries = async (sha: string, name: string) => {
    const { entries, truncated } = await repository.tree(sha, {
      recursive: false,
    });
    if (truncated) {
      throw new ConflictError(
        `GitHub cuts the list of what is in ${name} short; a folder of that size cannot be read, so divide it`,
      );
    }
    return entries;
  };
  let open: TreeEntry[] = [];
  const take = (entry: TreeEntry) =>
    (entry.kind === 'folder' ? open : found).push(entry);

  (await ownEntries(commit, 'the root'))
    .filter(({ path }) => FOLLOWED_FOLDERS.includes(path))
    .forEach(take);
  while (open.length > 0) {
    const folders = open;
    open = [];
    await inParallel(folders, PARALLEL_READS, async ({ path, sha }) => {
      const all = await repository.tree(sha, { recursive: true });
      const entries = all.truncated
        ? await ownEntries(sha, path)
        : all.entries.filter(({ kind }) => kind !== 'folder');
      entries
        .map(entry => ({ ...entry, path: `${path}/${entry.path}` }))
        .forEach(take);
    });
  }
  return found;
}
