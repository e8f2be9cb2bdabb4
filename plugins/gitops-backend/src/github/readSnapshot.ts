import {
  InfraSnapshot,
  isFollowed,
  isInFollowedFolder,
  isKustomization,
  MAX_FILE_BYTES,
  UNREAD,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ChangedFile } from './comparison';
import { InfraRepository, TreeEntry } from './InfraRepository';
import { Content, readContents } from './readContents';
import { readTree } from './readTree';

/** A snapshot with what the next one needs in order to read only what changed. Plain data: it can be stored and restored. */
export interface ReadSnapshot {
  snapshot: InfraSnapshot;
  /** By path, of all that is in `snapshot.files` or `snapshot.unread`. */
  shas: ReadonlyMap<string, string>;
  /** Fewer kinds of files were read than are followed now. */
  outdated?: boolean;
}

/** A snapshot that was just read. */
export interface NewSnapshot extends ReadSnapshot {
  /** Paths that are other than in the previous snapshot, or in one of the two only; undefined where there was none. */
  changedPaths?: ReadonlySet<string>;
}

/** What a path is at the new commit: its SHA, and why it is not read if that is known before it is. */
interface Followed {
  sha: string;
  unread?: string;
  executable?: boolean;
}

/** What became of the followed paths since the previous snapshot. */
interface Changes {
  removed: string[];
  written: Map<string, Followed>;
}

/**
 * Reads the followed files of a commit. At first that is the tree and the contents; with a previous snapshot that the
 * commit follows on, a comparison and a call for each changed file, whatever the size of the repository. A branch that
 * was moved otherwise, and changes that a comparison does not tell for sure, cost the tree once more.
 *
 * @param isWanted - paths that are read; of the previous snapshot the others are left out
 */
export async function readSnapshot(
  repository: Pick<InfraRepository, 'tree' | 'blob' | 'archive' | 'compare'>,
  commit: string,
  previous?: ReadSnapshot,
  isWanted: (path: string) => boolean = () => true,
): Promise<NewSnapshot> {
  const changes = onlyWanted(
    (previous &&
      (await comparedChanges(repository, commit, previous, isWanted))) ??
      treeChanges(await readTree(repository, commit), previous),
    previous,
    isWanted,
  );
  const contents = await contentsOf(
    repository,
    commit,
    changes.written,
    previous,
  );
  return applied(changes, contents, commit, previous);
}

function onlyWanted(
  { removed, written }: Changes,
  previous: ReadSnapshot | undefined,
  isWanted: (path: string) => boolean,
): Changes {
  const unwanted = [...(previous?.shas.keys() ?? [])].filter(
    path => !isWanted(path),
  );
  return {
    removed: [...removed, ...unwanted],
    written: new Map([...written].filter(([path]) => isWanted(path))),
  };
}

// Undefined where a comparison does not tell.
async function comparedChanges(
  repository: Pick<InfraRepository, 'compare'>,
  commit: string,
  previous: ReadSnapshot,
  isWanted: (path: string) => boolean,
): Promise<Changes | undefined> {
  if (previous.outdated) {
    return undefined;
  }
  const comparison = await repository
    .compare(previous.snapshot.commit, commit)
    // The previous commit may be gone, and GitHub may find the difference too large. Where it is away, the tree says so.
    .catch(() => undefined);
  if (!comparison?.files || comparison.behindBy > 0) {
    return undefined;
  }
  const removed = new Set<string>();
  for (const file of comparison.files) {
    const gone = file.removed ? file.path : file.movedFrom;
    if (gone !== undefined) {
      removed.add(gone);
    }
  }
  const written = new Map<string, Followed>();
  for (const file of comparison.files) {
    if (!file.removed && isInFollowedFolder(file.path)) {
      const certain = isCertain(file, previous) && !removed.has(file.path);
      if (!certain || file.sha === undefined) {
        return undefined;
      }
      if (isFollowed(file.path) && isWanted(file.path)) {
        // A new one may be executable. One that was there is what it was, but where that changed together with the content,
        // which is known when the tree is read next.
        if (isKustomization(file.path) && !previous.shas.has(file.path)) {
          return undefined;
        }
        written.set(file.path, {
          sha: file.sha,
          executable: previous.snapshot.executable?.has(file.path),
        });
      }
    }
  }
  return { removed: [...removed], written };
}

// Whether a file that is there is for sure a regular one of ordinary size.
function isCertain(
  { path, movedFrom, sha, kind }: ChangedFile,
  { snapshot, shas }: ReadSnapshot,
): boolean {
  const onlyMoved =
    movedFrom !== undefined &&
    shas.get(movedFrom) === sha &&
    snapshot.files.has(movedFrom);
  return (kind === 'file' || onlyMoved) && !snapshot.unread.has(path);
}

function treeChanges(entries: TreeEntry[], previous?: ReadSnapshot): Changes {
  const written = new Map<string, Followed>();
  for (const { path, sha, kind, size, executable } of entries) {
    if (!isInFollowedFolder(path)) {
      continue;
    }
    if (kind === 'symlink' || kind === 'submodule') {
      written.set(path, { sha, unread: UNREAD[kind] });
    } else if (kind === 'file' && isFollowed(path)) {
      written.set(path, {
        sha,
        ...(size > MAX_FILE_BYTES && { unread: UNREAD.large }),
        executable: executable && isKustomization(path),
      });
    }
  }
  const removed = [...(previous?.shas.keys() ?? [])].filter(
    path => !written.has(path),
  );
  return { removed, written };
}

/** The contents of what is written, by SHA: those that the previous snapshot has are not read again. */
async function contentsOf(
  repository: Pick<InfraRepository, 'blob' | 'archive'>,
  commit: string,
  written: Changes['written'],
  previous?: ReadSnapshot,
): Promise<Map<string, Content>> {
  const wanted = new Map(
    [...written]
      .filter(([, { unread }]) => unread === undefined)
      .map(([path, { sha }]) => [path, sha]),
  );
  const wantedShas = new Set(wanted.values());
  const known = new Map<string, Content>();
  for (const [path, sha] of wanted.size > 0 ? previous?.shas ?? [] : []) {
    const content = wantedShas.has(sha)
      ? knownContent(path, previous!.snapshot)
      : undefined;
    if (content) {
      known.set(sha, content);
    }
  }
  for (const [path, sha] of wanted) {
    if (known.has(sha)) {
      wanted.delete(path);
    }
  }
  const read =
    wanted.size > 0
      ? await readContents(repository, commit, wanted)
      : new Map<string, Content>();
  return new Map([...known, ...read]);
}

function knownContent(
  path: string,
  { files, unread }: InfraSnapshot,
): Content | undefined {
  const text = files.get(path);
  const reason = unread.get(path);
  if (text !== undefined) {
    return { text };
  }
  // Links and submodules are not read for what they are, not for their content.
  return reason === UNREAD.large || reason === UNREAD.binary
    ? { unread: reason }
    : undefined;
}

function applied(
  { removed, written }: Changes,
  contents: ReadonlyMap<string, Content>,
  commit: string,
  previous?: ReadSnapshot,
): NewSnapshot {
  const files = new Map(previous?.snapshot.files);
  const unread = new Map(previous?.snapshot.unread);
  const executables = new Set(previous?.snapshot.executable);
  const shas = new Map(previous?.shas);
  const changedPaths = new Set<string>();
  const change = (
    path: string,
    sha?: string,
    content?: Content,
    executable = false,
  ) => {
    if (
      shas.get(path) !== sha ||
      files.get(path) !== content?.text ||
      unread.get(path) !== content?.unread ||
      executables.has(path) !== executable
    ) {
      changedPaths.add(path);
      executables[executable ? 'add' : 'delete'](path);
      put(shas, path, sha);
      put(files, path, content?.text);
      put(unread, path, content?.unread);
    }
  };
  removed.forEach(path => change(path));
  for (const [path, { sha, unread: reason, executable }] of written) {
    change(
      path,
      sha,
      reason === undefined ? contents.get(sha) : { unread: reason },
      executable,
    );
  }
  return {
    snapshot: { commit, files, unread, executable: executables },
    shas,
    changedPaths: previous && changedPaths,
  };
}

function put<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) {
    map.delete(key);
  } else {
    map.set(key, value);
  }
}
