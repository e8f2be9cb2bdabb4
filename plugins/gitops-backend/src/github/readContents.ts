import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  MAX_FILE_BYTES,
  UNREAD,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { InfraRepository } from './InfraRepository';
import { inParallel } from './inParallel';

const PARALLEL_READS = 4;

// From so many contents on, the whole archive in one call is the cheaper way.
const ARCHIVE_FROM = 50;

/** What a file says, or why it is not read. */
export type Content =
  | { text: string; unread?: undefined }
  | { text?: undefined; unread: string };

/**
 * Reads contents of files of a commit, by SHA: one call for each, or one for all of them where they are many. Equal
 * contents are read once.
 *
 * @param shas - by path
 */
export async function readContents(
  repository: Pick<InfraRepository, 'blob' | 'archive'>,
  commit: string,
  shas: ReadonlyMap<string, string>,
): Promise<Map<string, Content>> {
  const contents = new Map<string, Content>();
  const wanted = new Set(shas.values());
  if (wanted.size >= ARCHIVE_FROM) {
    const archived = await repository.archive(commit, path => shas.has(path));
    for (const [path, bytes] of archived) {
      const sha = blobSha(bytes);
      // What the archive does not have as Git has it is left to be read alone.
      if (shas.get(path) === sha) {
        contents.set(sha, toContent(bytes));
        wanted.delete(sha);
      }
    }
  }
  await inParallel([...wanted], PARALLEL_READS, async sha => {
    contents.set(sha, toContent(await repository.blob(sha)));
  });
  return contents;
}

/** What a file with these bytes says, or why it is not read. */
export function toContent(bytes: Buffer): Content {
  if (bytes.length > MAX_FILE_BYTES) {
    return { unread: UNREAD.large };
  }
  // YAML has no NUL, and a database that keeps texts may take none.
  return isUtf8(bytes) && !bytes.includes(0)
    ? { text: bytes.toString('utf8') }
    : { unread: UNREAD.binary };
}

// As Git computes it: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
function blobSha(content: Buffer): string {
  return createHash('sha1')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex');
}
