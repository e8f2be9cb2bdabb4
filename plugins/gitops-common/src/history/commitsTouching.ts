/**
 * The commits that change one of the inputs of an overlay, in the order given.
 *
 * @param commits - with the paths of the files that each of them changes
 * @param inputs - files and folders, as `overlayInputs` gives them
 * @public
 */
export function commitsTouching<
  C extends { readonly paths: readonly string[] },
>(commits: readonly C[], inputs: readonly string[]): C[] {
  const wanted = new Set(inputs);
  const above = new Set(inputs.flatMap(foldersAbove));
  const touches = (path: string) =>
    wanted.has(path) ||
    // Inside of an input that is a folder.
    foldersAbove(path).some(folder => wanted.has(folder)) ||
    // A link, a submodule or a file where an input has a folder.
    above.has(path);
  return commits.filter(({ paths }) => paths.some(touches));
}

function foldersAbove(path: string): string[] {
  const segments = path.split('/');
  return segments
    .slice(1)
    .map((_, index) => segments.slice(0, index + 1).join('/'));
}
