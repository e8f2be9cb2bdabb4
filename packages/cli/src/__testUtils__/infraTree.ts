import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../run';

const REPOSITORY_ROOT = join(__dirname, '..', '..', '..', '..');

export const STAGE_OVERLAY = 'apps/demo/overlays/stage/kustomization.yaml';

const made: string[] = [];

/** Removes every tree that was made. */
export function removeTrees(): void {
  made
    .splice(0)
    .forEach(path => rmSync(path, { recursive: true, force: true }));
}

/** A folder with this repository's tree in it, and some of its files replaced. */
export function infraTree(
  changed: Record<string, string | Uint8Array> = {},
): string {
  const root = emptyFolder();
  for (const folder of ['bootstrap', 'apps']) {
    cpSync(join(REPOSITORY_ROOT, folder), join(root, folder), {
      recursive: true,
    });
  }
  write(root, changed);
  return root;
}

export function emptyFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'gitops-infra-cli-'));
  made.push(root);
  return root;
}

export function write(
  root: string,
  files: Record<string, string | Uint8Array>,
): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Runs Git, as nobody in particular. */
export function git(folder: string, ...args: string[]): string {
  return execFileSync(
    'git',
    [
      '-c',
      'user.name=Jane',
      '-c',
      'user.email=jane@example.com',
      '-c',
      'init.defaultBranch=main',
      ...args,
    ],
    { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  ).trim();
}

/** Such a folder as a clone, whose branch `main` follows the one of its remote. */
export function clone(changed: Parameters<typeof infraTree>[0] = {}): string {
  const root = infraTree(changed);
  const remote = emptyFolder();
  git(remote, 'init', '--bare');
  git(root, 'init');
  commit(root, 'Begin');
  git(root, 'remote', 'add', 'origin', remote);
  git(root, 'push', '-u', 'origin', 'main');
  return root;
}

/** Commits all that is in a folder. */
export function commit(root: string, title: string): void {
  git(root, 'add', '-A');
  git(root, 'commit', '-m', title);
}

/** Runs the command line in a folder. */
export async function gitopsInfra(
  cwd: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await run(args, {
    cwd,
    env,
    out: text => {
      out += text;
    },
    err: text => {
      err += text;
    },
  });
  return { code, out, err };
}

/** The findings of a folder, as `--format json` gives them. */
export async function findingsIn(
  root: string,
  args: string[] = [],
  env?: NodeJS.ProcessEnv,
): Promise<
  {
    code: string;
    severity: string;
    message: string;
    file: string | null;
    line: number | null;
    column: number | null;
    fix: string;
  }[]
> {
  const { out } = await gitopsInfra(
    root,
    ['check', '--format', 'json', ...args],
    env,
  );
  return JSON.parse(out).findings;
}
