/** A place in a file of the infra repository. Lines and columns count from 1. @public */
export interface SourceLocation {
  path: string;
  line?: number;
  column?: number;
  /** A link to the place at the commit it was read at. */
  url?: string;
}

/** A commit of the infra repository. @public */
export interface CommitRef {
  sha: string;
  /** First line of its message. */
  title: string;
  /** Login on the host, or name. */
  author: string;
  authoredAt?: string;
  url: string;
}

/** The infra repository that a service was found in. @public */
export interface RepositoryRef {
  /** Page of the repository on its host. */
  url: string;
  /** `owner/name` */
  slug: string;
  branch: string;
  /** Head of the branch when last read. */
  head: string;
}

/** One file as a promotion changes it, as a unified diff with three lines of context. @public */
export interface FileDiff {
  path: string;
  diff: string;
}
