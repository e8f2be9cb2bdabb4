import { execFile } from 'node:child_process';
import type {
  HistoryCommit,
  RevisionDistance,
} from '@gitops-infra/backstage-plugin-gitops-common';

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

// As many as are told of one another's distance; more are "at least" so many.
const MAX_COMMITS = 250;

const SHA = /^[0-9a-f]{40,64}$/;

/** What Git knows of a folder, without asking any remote. */
export interface GitState {
  /** The commit that is checked out. */
  head: string;
  /** Addresses of its remotes. */
  remotes: string[];
  /** The branch of the remote that the current branch follows, and what is not pushed to it; absent without one. */
  upstream?: { branch: string; ahead: HistoryCommit[] };
}

/** The Git state of a folder; undefined where it is in no repository, or there is no Git. */
export async function readGit(folder: string): Promise<GitState | undefined> {
  const head = (await git(folder, ['rev-parse', 'HEAD']))?.trim();
  if (head === undefined || !SHA.test(head)) {
    return undefined;
  }
  const [remotes, upstream] = await Promise.all([
    git(folder, ['config', '--get-regexp', '^remote\\..*\\.url$']),
    git(folder, ['rev-parse', '--abbrev-ref', '@{upstream}']),
  ]);
  const branch = upstream?.trim().split('/').slice(1).join('/');
  return {
    head,
    remotes: (remotes ?? '')
      .split('\n')
      .flatMap(line => line.split(' ').slice(1, 2)),
    upstream: branch
      ? { branch, ahead: (await log(folder, '@{upstream}..HEAD')) ?? [] }
      : undefined,
  };
}

/** How far a commit is behind what is checked out; undefined where the repository does not have it. */
export async function distanceTo(
  folder: string,
  revision: string,
): Promise<RevisionDistance | undefined> {
  if (!SHA.test(revision)) {
    return undefined;
  }
  const commits = await log(folder, `${revision}..HEAD`);
  const behind = await git(folder, [
    'rev-list',
    '--count',
    `HEAD..${revision}`,
    '--',
  ]);
  return commits && behind !== undefined
    ? {
        aheadBy: commits.length,
        behindBy: Number(behind),
        commits,
        truncated: commits.length >= MAX_COMMITS,
      }
    : undefined;
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
