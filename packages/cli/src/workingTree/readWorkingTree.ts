import {
  closeSync,
  constants,
  Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  FOLLOWED_FOLDERS,
  InfraSnapshot,
  isFollowed,
  MAX_FILE_BYTES,
  UNREAD,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { CannotRun } from '../terminal';

// Far above what people write by hand, and far below what would fill the memory.
const LIMITS = { entries: 500_000, bytes: 256 * 1024 * 1024 };

const NO_TEXT = { unread: UNREAD.binary };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the followed files of a folder: YAML, JSON and Kustomizations under `bootstrap/` and `apps/`. It never leaves the folder:
 * a symbolic link is not followed, wherever it points.
 *
 * @param commit - that the working tree is based on
 * @param limits - in tests, others than a tree may have
 * @throws CannotRun where there is more than a hand-written tree has.
 */
export function readWorkingTree(
  root: string,
  commit: string,
  limits = LIMITS,
): InfraSnapshot {
  let entriesLeft = limits.entries;
  let bytesLeft = limits.bytes;
  const files = new Map<string, string>();
  const unread = new Map<string, string>();
  // Without recursion: folders can be nested as deep as a path can be long.
  const open = [''];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const isRoot = path === '';
    const entries = listFolder(join(root, path), isRoot);
    if (typeof entries === 'string') {
      unread.set(path, entries);
      continue;
    }
    entriesLeft -= isRoot ? 0 : entries.length;
    if (entriesLeft < 0) {
      throw tooLarge(`more than ${limits.entries} files and folders`);
    }
    for (const entry of entries) {
      const inside = isRoot ? entry.name : `${path}/${entry.name}`;
      if (isRoot && !FOLLOWED_FOLDERS.includes(entry.name)) {
        // Not followed.
      } else if (entry.isDirectory()) {
        open.push(inside);
      } else if (entry.isSymbolicLink()) {
        unread.set(inside, UNREAD.symlink);
      } else if (isFollowed(inside)) {
        const text = entry.isFile()
          ? readText(join(root, inside))
          : { unread: 'is not a regular file' };
        if (typeof text === 'string') {
          files.set(inside, text);
          bytesLeft -= Buffer.byteLength(text);
          if (bytesLeft < 0) {
            throw tooLarge(`more than ${limits.bytes} bytes of manifests`);
          }
        } else {
          unread.set(inside, text.unread);
        }
      }
    }
  }
  return { commit, files, unread };
}

function listFolder(path: string, isRoot: boolean): Dirent[] | string {
  let entries: Dirent[];
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    return `cannot be listed (${codeOf(error)})`;
  }
  return !isRoot && entries.some(({ name }) => name === '.git')
    ? UNREAD.submodule
    : entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

// What was a file a moment ago may be a link or a pipe when it is opened.
function readText(path: string): string | { unread: string } {
  let descriptor: number;
  try {
    descriptor = openSync(
      path,
      // eslint-disable-next-line no-bitwise
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch (error) {
    return { unread: `cannot be read (${codeOf(error)})` };
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) {
      return { unread: 'is not a regular file' };
    }
    if (stat.size > MAX_FILE_BYTES) {
      return { unread: UNREAD.large };
    }
    const buffer = Buffer.alloc(stat.size);
    const length = readSync(descriptor, buffer, 0, stat.size, 0);
    const bytes = buffer.subarray(0, length);
    return bytes.includes(0) ? NO_TEXT : utf8.decode(bytes);
  } catch {
    return NO_TEXT;
  } finally {
    closeSync(descriptor);
  }
}

function tooLarge(what: string): CannotRun {
  return new CannotRun(
    `the infra repository is too large to be read: bootstrap/ and apps/ have ${what}; move what is no manifest elsewhere`,
  );
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
