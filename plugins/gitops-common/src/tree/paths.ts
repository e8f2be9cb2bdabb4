/**
 * The most characters that the path of a file may have to be read. Paths are keys of the database, whose indexes bound them;
 * one file with a longer name must not keep the rest of the tree from being known.
 *
 * @public
 */
export const MAX_PATH_LENGTH = 512;

/**
 * Joins a path that a file names with the folder the file is in, the way Kustomize does.
 *
 * Returns undefined where the result would lie outside the repository, is absolute, is longer than `MAX_PATH_LENGTH`, or
 * carries characters that no path of a repository needs, as a half of a surrogate pair, of which no URL can be made: such a
 * path is never read.
 *
 * @public
 */
export function resolveInTree(
  folder: string,
  path: string,
): string | undefined {
  if (path.startsWith('/') || /[\p{Cc}\p{Cs}\\]/u.test(path)) {
    return undefined;
  }
  const segments: string[] = [];
  for (const segment of `${folder}/${path}`.split('/')) {
    if (segment === '..') {
      if (segments.length === 0) {
        return undefined;
      }
      segments.pop();
    } else if (segment !== '' && segment !== '.') {
      segments.push(segment);
    }
  }
  const resolved = segments.join('/');
  return resolved.length > MAX_PATH_LENGTH ? undefined : resolved;
}

// `https://…`, `git@…`, `git::…`, and `host/path?ref=…`.
const REMOTE = /:\/\/|^git@|^git::|\?/;

/** Whether what a Kustomization names is fetched from elsewhere. */
export function isRemote(path: string): boolean {
  return REMOTE.test(path);
}

// `github.com/owner/repository` can be a folder as well as an address; only Kustomize finds out.
const MAYBE_HOST = /^[^./][^/]*[.:][^/]*\/./;

/** Whether Kustomize might fetch a folder of that name from elsewhere. */
export function mayBeRemote(path: string): boolean {
  return isRemote(path) || MAYBE_HOST.test(path) || path.includes('_git/');
}
