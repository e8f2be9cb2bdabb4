import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_DIRECTORY } from '../packageDirectory';

const MAX_FILE_BYTES = 200_000;
const LEFT_OUT = ['yarn.lock'];
// What the infra repository is made of, where git cannot tell.
const WITHOUT_GIT = ['bootstrap', 'apps', 'docs', 'catalog-info.yaml'];

/** The root of the repository that this package is in. */
export const REPOSITORY_ROOT = path.resolve(PACKAGE_DIRECTORY, '../..');

/**
 * The text files of a directory as they are now: those that git tracks, or the infra repository's without git.
 *
 * @param paths - the folders and files that are taken; all when absent
 */
export async function readWorkingTree(
  root: string,
  paths?: string[],
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const file of await listed(root, paths)) {
    const text = LEFT_OUT.includes(file)
      ? undefined
      : await readText(path.join(root, file));
    if (text !== undefined) {
      files.set(file, text);
    }
  }
  return files;
}

async function listed(root: string, paths?: string[]): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)(
      'git',
      ['-C', root, 'ls-files', '-z', '--', ...(paths ?? [])],
      { maxBuffer: 64 * 1024 * 1024 },
    );
    const tracked = stdout.split('\0').filter(Boolean);
    if (tracked.length > 0) {
      return tracked;
    }
  } catch {
    // No git, or no repository of it: the fallback below is as good.
  }
  return (
    await Promise.all((paths ?? WITHOUT_GIT).map(entry => walk(root, entry)))
  ).flat();
}

async function walk(root: string, entry: string): Promise<string[]> {
  const absolute = path.join(root, entry);
  const stats = await stat(absolute).catch(() => undefined);
  if (!stats) {
    return [];
  }
  if (!stats.isDirectory()) {
    return [entry];
  }
  const names = await readdir(absolute);
  return (
    await Promise.all(names.sort().map(name => walk(root, `${entry}/${name}`)))
  ).flat();
}

async function readText(file: string): Promise<string | undefined> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats?.isFile() || stats.size > MAX_FILE_BYTES) {
    return undefined;
  }
  const content = await readFile(file);
  const text = content.toString('utf8');
  const isText = !content.includes(0) && Buffer.from(text).equals(content);
  return isText ? text : undefined;
}
