/** A commit as a list of them shows it. */
export interface CommitSummary {
  sha: string;
  /** First line of the message. */
  title: string;
  /** Login on GitHub, or the name in the commit where GitHub knows no such person. */
  author: string;
  /** ISO 8601. */
  authoredAt: string;
  /** Page of the commit. */
  url: string;
  /** Whether it merges others, which are in the list themselves. */
  merge: boolean;
}

/** A file that differs between two commits. */
export interface ChangedFile {
  path: string;
  /** Where it was before, if it was moved. */
  movedFrom?: string;
  removed: boolean;
  /** SHA of its content, or of the commit that a submodule is at; undefined where GitHub does not say. */
  sha?: string;
  /** A comparison does not say what a path is: `file` only where its changes can be those of nothing but a regular file. */
  kind: 'file' | 'unknown';
}

/** How one commit stands to another. */
export interface Distance {
  /** Commits that `head` has and `base` has not. */
  aheadBy: number;
  /** Commits that `base` has and `head` has not. */
  behindBy: number;
}

/** How one commit stands to another, with what lies between them. */
export interface Comparison extends Distance {
  /** Those that `head` has and `base` has not, newest first. */
  commits: CommitSummary[];
  /** Whether all of them are there; otherwise the newest are. */
  complete: boolean;
  /** What changed since the commits parted; undefined where GitHub does not list all of it. */
  files?: ChangedFile[];
}

/** A commit as GitHub's API has it. */
export interface CommitData {
  sha: string;
  html_url: string;
  commit: {
    message: string;
    author: { name?: string; date?: string } | null;
  };
  author: { login?: string } | null;
  parents: unknown[];
}

/** A changed file as GitHub's API has it. */
export interface FileData {
  filename: string;
  previous_filename?: string;
  status: string;
  sha: string | null;
  patch?: string;
}

export function toCommitSummary(data: CommitData): CommitSummary {
  const { sha, html_url: url, commit, author, parents } = data;
  return {
    sha,
    title: commit.message.split(/\r?\n/, 1)[0],
    author: author?.login ?? commit.author?.name ?? '',
    authoredAt: commit.author?.date ?? '',
    url,
    merge: parents.length > 1,
  };
}

/** The paths that a change concerns: where the file is, and where it was. */
export function pathsOf(file: ChangedFile): string[] {
  return file.movedFrom === undefined
    ? [file.path]
    : [file.path, file.movedFrom];
}

export function toChangedFile(data: FileData): ChangedFile {
  const { filename, previous_filename: previous, status, sha, patch } = data;
  return {
    path: filename,
    movedFrom: status === 'renamed' ? previous : undefined,
    removed: status === 'removed',
    sha: sha ?? undefined,
    kind: status !== 'changed' && isOfRegularFile(patch) ? 'file' : 'unknown',
  };
}

// Where a link is put all of what was there is replaced, and its end has no line break; a submodule shows by its commit.
// Of what is binary, large or only moved nothing is shown.
function isOfRegularFile(patch: string | undefined): boolean {
  if (patch === undefined) {
    return false;
  }
  const mayBeLink =
    patch.endsWith('\\ No newline at end of file') && !/^ /m.test(patch);
  const mayBeSubmodule = /^\+Subproject commit [0-9a-f]+$/m.test(patch);
  return !mayBeLink && !mayBeSubmodule;
}
