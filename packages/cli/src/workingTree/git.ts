import { execFile } from 'node:child_process';
import type { HistoryCommit } from '@gitops-infra/backstage-plugin-gitops-common';

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

// As many as are told of one another's distance; more are "at least" so many.
const MAX_COMMITS = 250;

const SHA = /^[0-9a-f]{40,64}$/;

// What a default branch is mostly called, where Git was not told which one it is, as after `git remote add`.
const USUAL_DEFAULTS = ['main', 'master'];

/** What Git knows of a folder, without asking any remote. */
export interface GitState {
  /** The commit that is checked out. */
  head: string;
  /** Addresses of its remotes. */
  remotes: string[];
  /** The branch of a remote that the current branch follows; absent without one. */
  upstream?: Upstream;
}

/** A branch of a remote, as it was last fetched. */
export interface Upstream {
  /** With its remote: `origin/main`. */
  name: string;
  /** As the remote calls it. */
  branch: string;
  /** Its remote's address. */
  url: string;
  commit: string;
  /** It is the one that `HEAD` means on the remote. */
  isDefault: boolean;
  /** What the current branch has more, newest first. */
  ahead: HistoryCommit[];
}

/** The Git state of a folder; undefined where it is in no repository, or there is no Git. */
export async function readGit(folder: string): Promise<GitState | undefined> {
  const head = (await git(folder, ['rev-parse', 'HEAD']))?.trim();
  if (head === undefined || !SHA.test(head)) {
    return undefined;
  }
  const [remotes, upstream] = await Promise.all([
    git(folder, ['config', '--get-regexp', '^remote\\..*\\.url$']),
    readUpstream(folder),
  ]);
  return {
    head,
    remotes: (remotes ?? '')
      .split('\n')
      .flatMap(line => line.split(' ').slice(1, 2)),
    upstream,
  };
}

async function readUpstream(folder: string): Promise<Upstream | undefined> {
  const current = (await git(folder, ['symbolic-ref', '-q', 'HEAD']))?.trim();
  const fields =
    current &&
    (await git(folder, [
      'for-each-ref',
      '--format=%(upstream:remotename)%00%(upstream:remoteref)%00%(upstream)',
      current,
    ]));
  const [remote = '', remoteRef = '', ref = ''] = (fields || '')
    .trim()
    .split('\0');
  // A branch may follow another one of the same repository.
  if (!ref.startsWith('refs/remotes/')) {
    return undefined;
  }
  const [commit, url, ahead, remoteHead, ...usual] = await Promise.all([
    git(folder, ['rev-parse', '--verify', '--quiet', ref]),
    git(folder, ['config', '--get', `remote.${remote}.url`]),
    log(folder, `${ref}..HEAD`),
    git(folder, ['symbolic-ref', '-q', `refs/remotes/${remote}/HEAD`]),
    ...USUAL_DEFAULTS.map(name =>
      git(folder, [
        'for-each-ref',
        '--format=%(refname)',
        `refs/remotes/${remote}/${name}`,
      ]),
    ),
  ]);
  const defaultRef = [remoteHead, ...usual]
    .map(name => name?.trim())
    .find(name => name);
  return commit === undefined
    ? undefined
    : {
        name: ref.slice('refs/remotes/'.length),
        branch: branchName(remoteRef),
        url: url?.trim() ?? '',
        commit: commit.trim(),
        isDefault: ref === defaultRef,
        ahead: ahead ?? [],
      };
}

/** Where a folder lies in its repository, as `infra/`; nothing where it is the root of one, or in none. */
export async function prefixInRepository(folder: string): Promise<string> {
  const prefix = await git(folder, ['rev-parse', '--show-prefix']);
  return prefix?.replace(/\n$/, '') ?? '';
}

/** Whether an Application with that `targetRevision` deploys a branch. */
export function deploys(
  { branch, isDefault }: Upstream,
  targetRevision: string,
): boolean {
  // Argo CD takes an empty one for HEAD.
  return targetRevision === 'HEAD' || targetRevision === ''
    ? isDefault
    : branchName(targetRevision) === branch;
}

function branchName(ref: string): string {
  return ref.replace(/^refs\/heads\//, '');
}

/** What a revision has more than another one; undefined where the repository does not have both. */
export async function commitsSince(
  folder: string,
  earlier: string,
  later: string,
): Promise<{ commits: HistoryCommit[]; truncated: boolean } | undefined> {
  if (!SHA.test(earlier)) {
    return undefined;
  }
  const commits = await log(folder, `${earlier}..${later}`);
  return commits && { commits, truncated: commits.length >= MAX_COMMITS };
}

/** Ids of the files that a revision has below some folders, by path from `folder`; undefined where it cannot be read. */
export async function blobsAt(
  folder: string,
  revision: string,
  below: string[],
): Promise<Map<string, string> | undefined> {
  const listed = await git(folder, [
    'ls-tree',
    '-r',
    '-z',
    revision,
    '--',
    ...below,
  ]);
  const blobs = listed
    ?.split('\0')
    .flatMap(line => [
      ...line.matchAll(/^100[0-7]{3} blob ([0-9a-f]+)\t(.+)$/gs),
    ])
    .map(([, id, path]): [string, string] => [path, id]);
  return blobs && new Map(blobs);
}

// Each commit begins with a character that no path has; its fields are divided by another.
async function log(
  folder: string,
  range: string,
): Promise<HistoryCommit[] | undefined> {
  const output = await git(folder, [
    'log',
    '-z',
    '--no-merges',
    '--no-show-signature',
    '--no-renames',
    '--name-only',
    '--relative',
    `--max-count=${MAX_COMMITS}`,
    '--format=%x01%H%x02%an%x02%aI%x02%s%x02',
    range,
    '--',
  ]);
  return output
    ?.split('\u0001')
    .slice(1)
    .map(entry => {
      const [sha, author, authoredAt, title, paths = ''] =
        entry.split('\u0002');
      return {
        sha,
        title,
        author,
        authoredAt,
        url: '',
        paths: paths
          .split('\0')
          .map(path => path.replace(/^\n/, ''))
          .filter(path => path !== ''),
      };
    });
}

function git(folder: string, args: string[]): Promise<string | undefined> {
  return new Promise(resolve =>
    execFile(
      'git',
      // Nothing that the repository's own configuration names is run.
      ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', ...args],
      {
        cwd: folder,
        timeout: TIMEOUT_MS,
        maxBuffer: MAX_OUTPUT_BYTES,
        env: {
          ...process.env,
          GIT_OPTIONAL_LOCKS: '0',
          GIT_TERMINAL_PROMPT: '0',
          // A partial clone would fetch what it lacks.
          GIT_NO_LAZY_FETCH: '1',
          LC_ALL: 'C',
        },
      },
      (error, stdout) => resolve(error ? undefined : stdout),
    ),
  );
}
