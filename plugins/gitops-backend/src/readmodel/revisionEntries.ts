import { UpstreamEntry } from '../database/UpstreamStore';
import { FOLLOWED_VERSION } from '../github/followed';
import { ReadSnapshot } from '../github/readSnapshot';

/** A revision that Applications deploy: what it means and the tree there, or why it means nothing. */
export type FollowedRevision =
  | {
      commit: string;
      read?: ReadSnapshot;
      /** It was read when fewer kinds of files were followed than now. */
      outdated?: boolean;
      problem?: undefined;
    }
  | {
      commit?: undefined;
      read?: undefined;
      outdated?: undefined;
      problem: string;
    };

export type FollowedRevisions = ReadonlyMap<string, FollowedRevision>;

/** What of a revision the next reading can build on. */
export function previousOf(
  revision: FollowedRevision | undefined,
): ReadSnapshot | undefined {
  return revision?.read && { ...revision.read, outdated: revision.outdated };
}

type RevisionValue =
  // The version is that of the files that are followed.
  { commit: string; version?: number } | { problem: string };
type FileValue = { sha: string; executable?: boolean } & (
  | { text: string }
  | { unread: string }
);

// Git allows no colon in the name of a branch or a tag.
const REVISION = 'revision:';
const FILE = /^file:([^:]+):(.+)$/;

/** What has to be written for revisions to be known as they are now. */
export function entriesOfRevisions(
  before: FollowedRevisions,
  after: FollowedRevisions,
): UpstreamEntry[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(name =>
    entriesOfRevision(name, before.get(name), after.get(name)),
  );
}

/** What has to be written for a revision to be known as it is now. */
export function entriesOfRevision(
  name: string,
  before: FollowedRevision | undefined,
  after: FollowedRevision | undefined,
): UpstreamEntry[] {
  const entries: UpstreamEntry[] = [];
  if (
    before?.commit !== after?.commit ||
    before?.problem !== after?.problem ||
    before?.outdated !== after?.outdated
  ) {
    const value: RevisionValue | undefined =
      after?.commit === undefined
        ? after && { problem: after.problem }
        : { commit: after.commit, version: FOLLOWED_VERSION };
    entries.push({ key: `${REVISION}${name}`, value });
  }
  if (before?.read === after?.read) {
    return entries;
  }
  const key = (path: string) => `file:${name}:${path}`;
  for (const [path, sha] of after?.read?.shas ?? []) {
    const unread = after?.read?.snapshot.unread.get(path);
    const executable = isExecutable(after, path);
    const known = before?.read?.shas.get(path) === sha;
    if (
      !known ||
      before?.read?.snapshot.unread.get(path) !== unread ||
      isExecutable(before, path) !== executable
    ) {
      const value: FileValue = {
        sha,
        ...(unread === undefined
          ? { text: after?.read?.snapshot.files.get(path) ?? '' }
          : { unread }),
        ...(executable && { executable }),
      };
      entries.push({ key: key(path), value });
    }
  }
  for (const path of before?.read?.shas.keys() ?? []) {
    if (!after?.read?.shas.has(path)) {
      entries.push({ key: key(path), value: undefined });
    }
  }
  return entries;
}

/** The revisions as entries of `entriesOfRevision` make them; the same ones where all entries are of other kinds. */
export function applyRevisionEntries(
  before: FollowedRevisions,
  entries: UpstreamEntry[],
): FollowedRevisions {
  if (!entries.some(isOfRevision)) {
    return before;
  }
  const revisions = new Map(before);
  const filesOf = new Map<string, UpstreamEntry[]>();
  for (const entry of entries) {
    const [, revision] = FILE.exec(entry.key) ?? [];
    if (revision !== undefined) {
      const files = filesOf.get(revision) ?? [];
      filesOf.set(revision, files);
      files.push(entry);
    } else if (entry.key.startsWith(REVISION)) {
      const name = entry.key.slice(REVISION.length);
      const value = entry.value as RevisionValue | undefined;
      if (!value) {
        revisions.delete(name);
      } else if ('problem' in value) {
        revisions.set(name, { problem: value.problem });
      } else {
        revisions.set(name, {
          commit: value.commit,
          read: atCommit(before.get(name)?.read, value.commit),
          ...(value.version !== FOLLOWED_VERSION && { outdated: true }),
        });
      }
    }
  }
  for (const [name, files] of filesOf) {
    const revision = revisions.get(name);
    if (revision?.commit !== undefined) {
      const read = withFiles(revision.read, revision.commit, files);
      revisions.set(name, { ...revision, read });
    }
  }
  return revisions;
}

/** The paths of the files that entries are of. */
export function pathsIn(entries: UpstreamEntry[]): string[] {
  return entries.flatMap(({ key }) => FILE.exec(key)?.[2] ?? []);
}

/** The revisions with the tree of a branch: one without any file that is followed has no entries, and is known all the same. */
export function withTree(
  revisions: FollowedRevisions,
  branch: string,
): FollowedRevisions {
  const head = revisions.get(branch);
  if (head?.commit === undefined || head.read) {
    return revisions;
  }
  const { commit } = head;
  const snapshot = { commit, files: new Map(), unread: new Map() };
  return new Map(revisions).set(branch, {
    ...head,
    read: { snapshot, shas: new Map() },
  });
}

function isExecutable(
  revision: FollowedRevision | undefined,
  path: string,
): boolean {
  return revision?.read?.snapshot.executable?.has(path) ?? false;
}

function isOfRevision({ key }: UpstreamEntry): boolean {
  return key.startsWith(REVISION) || FILE.test(key);
}

function atCommit(
  read: ReadSnapshot | undefined,
  commit: string,
): ReadSnapshot | undefined {
  return read && { ...read, snapshot: { ...read.snapshot, commit } };
}

function withFiles(
  before: ReadSnapshot | undefined,
  commit: string,
  entries: UpstreamEntry[],
): ReadSnapshot | undefined {
  const files = new Map(before?.snapshot.files);
  const unread = new Map(before?.snapshot.unread);
  const executable = new Set(before?.snapshot.executable);
  const shas = new Map(before?.shas);
  for (const { key, value } of entries) {
    const path = FILE.exec(key)?.[2] ?? '';
    const file = value as FileValue | undefined;
    files.delete(path);
    unread.delete(path);
    executable.delete(path);
    shas.delete(path);
    if (file) {
      shas.set(path, file.sha);
      if (file.executable) {
        executable.add(path);
      }
      if ('text' in file) {
        files.set(path, file.text);
      } else {
        unread.set(path, file.unread);
      }
    }
  }
  return { snapshot: { commit, files, unread, executable }, shas };
}
