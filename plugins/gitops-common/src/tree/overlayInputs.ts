import { findKustomization, InfraSnapshot } from './InfraSnapshot';
import { kustomizationData, namedPaths } from './namedPaths';
import { isRemote, resolveInTree } from './paths';

/**
 * What building an overlay reads of the tree, as paths from its root: the Kustomization files that it leads to, and the
 * files that those name. A folder stands for all that is in it where it has no Kustomization that is read. While none
 * of the inputs changes, they are the same inputs at another commit.
 *
 * Paths that lead out of the tree and addresses elsewhere are left out; paths to nothing are kept, since the build
 * depends on them as well.
 *
 * @public
 */
export function overlayInputs(
  snapshot: InfraSnapshot,
  overlayPath: string,
): string[] {
  const inputs = new Set<string>();
  const seen = new Set<string>();
  const open = [overlayPath];
  // Without recursion: a chain of folders can be as long as the repository has folders.
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (!seen.has(path)) {
      seen.add(path);
      const file = snapshot.files.has(path)
        ? undefined
        : findKustomization(snapshot, path);
      inputs.add(file?.path ?? path);
      if (file) {
        const named = pathsInTree(path, file.text);
        named.files.forEach(input => inputs.add(input));
        open.push(...named.filesOrFolders.reverse());
      }
    }
  }
  return [...inputs];
}

// The paths that a folder's Kustomization names. One that cannot be read names none.
function pathsInTree(
  folder: string,
  text: string,
): { files: string[]; filesOrFolders: string[] } {
  const kustomization = kustomizationData(text);
  if (!kustomization) {
    return { files: [], filesOrFolders: [] };
  }
  const inTree = (paths: unknown[]) =>
    paths
      .filter(
        (path): path is string =>
          typeof path === 'string' && path !== '' && !isRemote(path),
      )
      .map(path => resolveInTree(folder, path))
      .filter((path): path is string => path !== undefined && path !== '');
  const { filesOrFolders, plugins, files, data, charts } =
    namedPaths(kustomization);
  return {
    files: inTree([...files, ...data, ...charts]),
    filesOrFolders: inTree([...filesOrFolders, ...plugins]),
  };
}
