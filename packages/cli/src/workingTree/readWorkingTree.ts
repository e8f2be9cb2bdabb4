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
import type { InfraSnapshot } from '@gitops-infra/backstage-plugin-gitops-common';

const FOLDERS = ['bootstrap', 'apps'];
const FOLLOWED = /(?:\.ya?ml|\.json|^Kustomization)$/;

// A hand-written manifest is a few kilobytes; what is larger is not read.
const MAX_FILE_BYTES = 512 * 1024;

const NO_TEXT = { unread: 'is not UTF-8 text' };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the followed files of a folder: YAML, JSON and Kustomizations under `bootstrap/` and `apps/`. It never leaves the folder:
 * a symbolic link is not followed, wherever it points.
 *
 * @param commit - that the working tree is based on
 */
export function readWorkingTree(root: string, commit: string): InfraSnapshot {
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
    for (const entry of entries) {
      const inside = isRoot ? entry.name : `${path}/${entry.name}`;
      if (isRoot && !FOLDERS.includes(entry.name)) {
        // Not followed.
      } else if (entry.isDirectory()) {
        open.push(inside);
      } else if (entry.isSymbolicLink()) {
        unread.set(inside, 'is a symbolic link');
      } else if (FOLLOWED.test(entry.name)) {
        const text = entry.isFile()
          ? readText(join(root, inside))
          : { unread: 'is not a regular file' };
        if (typeof text === 'string') {
          files.set(inside, text);
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
    ? 'is a submodule'
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
      return { unread: `is larger than ${MAX_FILE_BYTES / 1024} KiB` };
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

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
