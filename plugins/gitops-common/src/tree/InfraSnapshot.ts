/**
 * The files of an infra repository at one commit, as far as the plugins read them: `bootstrap/` and `apps/`.
 * A snapshot never changes; another commit is another snapshot.
 *
 * @public
 */
export interface InfraSnapshot {
  /** Full SHA. */
  readonly commit: string;
  /** Text by path from the repository's root, without a leading slash. */
  readonly files: ReadonlyMap<string, string>;
}

// Both names that Kustomize takes besides the extension-less `Kustomization`, in its own order of preference.
const KUSTOMIZATION_NAMES = [
  'kustomization.yaml',
  'kustomization.yml',
  'Kustomization',
];

/**
 * The Kustomization file of a folder, or undefined where the folder has none.
 *
 * @public
 */
export function findKustomization(
  snapshot: InfraSnapshot,
  folder: string,
): { path: string; text: string } | undefined {
  for (const name of KUSTOMIZATION_NAMES) {
    const path = `${folder}/${name}`;
    const text = snapshot.files.get(path);
    if (text !== undefined) {
      return { path, text };
    }
  }
  return undefined;
}
