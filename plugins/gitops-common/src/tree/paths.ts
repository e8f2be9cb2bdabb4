/**
 * Joins a path that a file names with the folder the file is in, the way Kustomize does.
 *
 * Returns undefined where the result would lie outside the repository, is absolute, or carries characters
 * that no path of a repository needs: such a path is never read.
 *
 * @public
 */
export function resolveInTree(
  folder: string,
  path: string,
): string | undefined {
  if (path.startsWith('/') || /[\p{Cc}\\]/u.test(path)) {
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
  return segments.join('/');
}

// `https://…`, `git@…`, `git::…`, and `host/path?ref=…`.
const REMOTE = /:\/\/|^git@|^git::|\?/;

/** Whether what a Kustomization names is fetched from elsewhere. */
export function isRemote(path: string): boolean {
  return REMOTE.test(path);
}
