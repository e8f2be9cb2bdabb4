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
  /**
   * What is in the tree but is not read, by path: files, and links and submodules that may stand for folders. The
   * reason continues a sentence that begins with the path, as in `is a symbolic link`.
   */
  readonly unread: ReadonlyMap<string, string>;
  /** Those Kustomization files that are executable, which an edit leaves them; absent where nothing is edited. */
  readonly executable?: ReadonlySet<string>;
}

// Both names that Kustomize takes besides the extension-less `Kustomization`, in its own order of preference.
const KUSTOMIZATION_NAMES = [
  'kustomization.yaml',
  'kustomization.yml',
  'Kustomization',
];

/** Whether Kustomize takes a path for the Kustomization file of its folder. @public */
export function isKustomization(path: string): boolean {
  return KUSTOMIZATION_NAMES.includes(path.slice(path.lastIndexOf('/') + 1));
}

/**
 * The Kustomization file of a folder, or undefined where the folder has none that is read.
 *
 * @public
 */
export function findKustomization(
  snapshot: InfraSnapshot,
  folder: string,
): { path: string; text: string } | undefined {
  const path = kustomizationPath(snapshot, folder);
  const text = path === undefined ? undefined : snapshot.files.get(path);
  return path === undefined || text === undefined ? undefined : { path, text };
}

/**
 * Why `findKustomization` finds nothing, and where the file is or is looked for.
 *
 * @public
 */
export function missingKustomization(
  snapshot: InfraSnapshot,
  folder: string,
): { path: string; message: string } {
  const path =
    kustomizationPath(snapshot, folder) ??
    `${folder}/${KUSTOMIZATION_NAMES[0]}`;
  return {
    path,
    message:
      whyUnread(snapshot, path) ??
      `there is no kustomization.yaml in ${folder}`,
  };
}

/**
 * Says in a sentence why a path is not read although it is in the tree: it, or a folder that it lies in, is something
 * that is not read. Undefined where nothing is known of it.
 *
 * @public
 */
export function whyUnread(
  snapshot: InfraSnapshot,
  path: string,
): string | undefined {
  const segments = path.split('/');
  const unread = segments
    .map((_, index) => segments.slice(0, index + 1).join('/'))
    .find(at => snapshot.unread.has(at));
  return unread === undefined
    ? undefined
    : `${unread} ${snapshot.unread.get(unread)}, which is not read`;
}

/** Every path of a folder that Kustomize takes for its Kustomization file. It refuses a folder with several. */
export function kustomizationPaths(
  snapshot: InfraSnapshot,
  folder: string,
): string[] {
  return KUSTOMIZATION_NAMES.map(name => `${folder}/${name}`).filter(
    path => snapshot.files.has(path) || snapshot.unread.has(path),
  );
}

// One that is not read still counts: Kustomize would not take the next name in its place.
function kustomizationPath(
  snapshot: InfraSnapshot,
  folder: string,
): string | undefined {
  return kustomizationPaths(snapshot, folder)[0];
}
