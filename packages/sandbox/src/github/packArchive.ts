import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Header, Pax } from 'tar';

const BLOCK_BYTES = 512;
const END = Buffer.alloc(2 * BLOCK_BYTES);

/** A file as it goes into an archive. */
export interface ArchivedFile {
  path: string;
  /** As Git has it, such as `100644`; the content of a link is what it points at. */
  mode: string;
  content: Buffer;
}

/**
 * The archive of a commit as GitHub makes it: a gzipped tar whose one folder is named after the repository and the
 * commit, which stands in a global header as well.
 */
export async function packArchive(
  commit: string,
  folder: string,
  files: ArchivedFile[],
): Promise<Buffer> {
  const mtime = new Date(0);
  const parts = [new Pax({ comment: commit, mtime }, true).encode()];
  for (const file of files) {
    const { path, mode } = file;
    const isLink = mode === '120000';
    const content = isLink ? Buffer.alloc(0) : file.content;
    const header = new Header({
      path: `${folder}/${path}`,
      mode: mode === '100755' ? 0o775 : 0o664,
      size: content.length,
      type: isLink ? 'SymbolicLink' : 'File',
      linkpath: isLink ? file.content.toString('utf8') : undefined,
      mtime,
    });
    const block = Buffer.alloc(BLOCK_BYTES);
    if (header.encode(block, 0)) {
      // The path does not fit in the header.
      parts.push(new Pax({ path: `${folder}/${path}`, mtime }).encode());
    }
    parts.push(block, content, padding(content.length));
  }
  return promisify(gzip)(Buffer.concat([...parts, END]));
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}
