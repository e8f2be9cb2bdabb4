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
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (path.startsWith('/') || /[\u0000-\u001f\\]/.test(path)) {
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
