import {
  PlannedEdit,
  PullRequestStatus,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { MergeMethod } from '../config';
import { CommitSummary, Comparison } from './comparison';
import { RateLimitStatus } from './RateLimit';
import { UserToken } from './UserToken';

/** An entry of a tree. */
export interface TreeEntry {
  /** From the tree that was asked for. */
  path: string;
  /** Of the content, the folder's tree, or the submodule's commit. */
  sha: string;
  kind: 'file' | 'folder' | 'symlink' | 'submodule';
  /** In bytes; 0 where it is no file. */
  size: number;
  /** Whether it is a file that may be executed. */
  executable?: boolean;
}

/** A tree, or as much of it as GitHub gives at once. */
export interface Tree {
  entries: TreeEntry[];
  truncated: boolean;
}

/** A commit that changes a path, with its whole message. */
export type CommitOfPath = Omit<CommitSummary, 'merge'> & { message: string };

/** A pull request as far as promotions follow it. */
export interface PullRequest {
  number: number;
  url: string;
  state: 'open' | 'closed';
  merged: boolean;
  draft: boolean;
  mergeability: PullRequestStatus['mergeability'];
  headCommit: string;
  /** The branch that it goes into, where that is not the deployed one. */
  elsewhere?: string;
  mergeCommit?: string;
  mergedBy?: string;
  mergedAt?: string;
}

/** What branches and other revisions stand for. */
export interface Revisions {
  /** The repository's default branch, which `HEAD` means. */
  defaultBranch(): Promise<string>;

  /** The head of the deployed branch. A branch that did not move costs a conditional request, free of GitHub's rate limit. */
  head(): Promise<string>;

  /**
   * The commit that a revision means, as Argo CD's `targetRevision` has it: a branch, a tag, a SHA in full or short, or
   * `HEAD`. One that did not move costs a conditional request; a full SHA is asked for once.
   *
   * @throws NotFoundError where there is none.
   */
  resolve(revision: string): Promise<string>;

  /** The commit that a branch points at, or undefined where there is no such branch. */
  branchHead(branch: string): Promise<string | undefined>;
}

/** What is in a commit. */
export interface Contents {
  /** The tree of a commit, or of a folder by its SHA; recursively all that is in it, otherwise its own entries. */
  tree(sha: string, options: { recursive: boolean }): Promise<Tree>;

  /** The content of a blob. */
  blob(sha: string): Promise<Buffer>;

  /**
   * Every regular file of a commit that is wanted, by path, in one call. GitHub leaves out or changes what
   * `.gitattributes` says (`export-ignore`, `export-subst`, `eol`): a content is what it should be only where its SHA is.
   */
  archive(
    commit: string,
    isWanted: (path: string) => boolean,
  ): Promise<Map<string, Buffer>>;

  /** The text of a file at a commit, as a snapshot has it; undefined where there is none, or it is not read. Asked once. */
  fileAt(commit: string, path: string): Promise<string | undefined>;
}

/** How commits follow on each other. */
export interface History {
  /**
   * How `head` stands to `base`, with what lies between them. Two commits stand to each other the same way for ever, so
   * those are asked for once.
   *
   * @throws NotFoundError where one of them is unknown.
   */
  compare(base: string, head: string): Promise<Comparison>;

  /** The commits that a commit was made on. Asked once. */
  parentsOf(sha: string): Promise<string[]>;

  /** The paths of all files that a commit changes against its first parent, those that were moved with both. Asked once. */
  commitPaths(sha: string): Promise<string[]>;

  /**
   * The newest commits in the history of a commit that change a path, newest first. Where the file had another path, GitHub
   * does not follow it. Asked once.
   */
  commitsOf(
    path: string,
    head: string,
    limit: number,
  ): Promise<{ commits: CommitOfPath[]; complete: boolean }>;
}

/** Commits and branches that are made; never the deployed one. */
export interface Branches {
  /**
   * Makes a commit on top of others that replaces whole files of the last of them; no branch points at it yet. Returns
   * its SHA.
   */
  createCommit(options: {
    parents: string[];
    message: string;
    files: PlannedEdit[];
  }): Promise<string>;

  /**
   * Points a new branch at a commit. A branch of that name that is there already is taken when it points at the commit.
   *
   * @throws ConflictError when it points elsewhere; nothing is overwritten.
   */
  createBranch(branch: string, commit: string): Promise<void>;

  /**
   * Moves a branch forward to a commit that descends from its head; where it is there already, nothing is done.
   *
   * @throws ConflictError where it is elsewhere, as when somebody pushed to it, or gone.
   */
  moveBranch(branch: string, commit: string): Promise<void>;

  /**
   * Deletes a branch if it points at the commit when it is looked at; one that a person pushed to stays, and one that is
   * gone already is fine.
   */
  deleteBranch(branch: string, commit: string): Promise<void>;
}

/** Pull requests into the deployed branch. */
export interface PullRequests {
  /**
   * Opens a pull request into the deployed branch. One that is open for the branch already is taken, and given the title
   * and the body.
   */
  openPullRequest(options: {
    branch: string;
    title: string;
    body: string;
    draft?: boolean;
  }): Promise<PullRequest>;

  /**
   * The pull request from a branch into the deployed one: the open one, or the newest where none is open. A branch is of one
   * promotion alone, so whatever its head is by now, it is that one's.
   */
  findPullRequest(branch: string): Promise<PullRequest | undefined>;

  /** An open pull request into the deployed branch from any branch whose name begins so. */
  findOpenPullRequest(beginning: string): Promise<PullRequest | undefined>;

  updatePullRequest(
    number: number,
    text: { title: string; body: string },
  ): Promise<void>;

  /** Adds labels to a pull request; those that the repository lacks are made. */
  addLabels(number: number, labels: string[]): Promise<void>;

  /** Asks people and teams to review a pull request. GitHub takes all of them, or none. */
  requestReviewers(
    number: number,
    who: { reviewers: string[]; teamReviewers: string[] },
  ): Promise<void>;

  /** A pull request that did not change costs a conditional request. */
  pullRequest(number: number): Promise<PullRequest>;

  /**
   * What GitHub says of an open pull request: up to 100 check runs, statuses and reviews. What did not change costs
   * conditional requests. What the integration may not read is absent.
   */
  statusOf(pull: PullRequest): Promise<PullRequestStatus>;

  /** Closes a pull request; one that is closed or merged already stays so. Returns it as it is then. */
  closePullRequest(number: number): Promise<PullRequest>;

  /**
   * Merges a pull request if its head is still the commit. Returns the commit that the deployed branch has then. Where that
   * branch moves at the same time it is tried again a few times.
   *
   * @param method - a merge commit when absent
   */
  merge(
    number: number,
    headCommit: string,
    method?: MergeMethod,
  ): Promise<string>;
}

/** What a person can do to a repository with a token of their own. */
export type RepositoryWriter = Pick<
  InfraRepository,
  | 'createCommit'
  | 'createBranch'
  | 'moveBranch'
  | 'deleteBranch'
  | 'openPullRequest'
  | 'updatePullRequest'
  | 'closePullRequest'
  | 'merge'
>;

/**
 * One infra repository on GitHub: every call that the plugin makes to it. Calls reject with the errors of
 * `toGithubError`.
 */
export interface InfraRepository
  extends Revisions,
    Contents,
    History,
    Branches,
    PullRequests {
  /** `owner/name` */
  readonly slug: string;

  /** What the rate limit of the credentials stands at; undefined before GitHub said anything of it. */
  readonly rateLimit: RateLimitStatus | undefined;

  /** How long to wait before looking again: the interval, or longer where the rate limit is near or reached. */
  pollDelayMs(intervalMs: number): number;

  /** The same repository, to write to it with a person's token. Nothing keeps the token afterwards. */
  as(token: UserToken): RepositoryWriter;
}
