import { once } from 'node:events';
import { Parser, ReadEntry } from 'tar';

/**
 * The wanted files of a gzipped tar as GitHub makes it, by path below its one folder. Links and folders are left out.
 * What is not wanted is let go as it comes, so that a large repository costs no memory. Rejects where it is no such
 * archive, or expands beyond measure.
 */
export async function readArchive(
  archive: AsyncIterable<Uint8Array>,
  isWanted: (path: string) => boolean,
): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      const path = entry.path.slice(entry.path.indexOf('/') + 1);
      if (entry.type !== 'File' || !isWanted(path)) {
        entry.resume();
        return;
      }
      const chunks: Buffer[] = [];
      entry.on('data', chunk => chunks.push(chunk));
      entry.on('end', () => files.set(path, Buffer.concat(chunks)));
    },
  });
  let failed = false;
  parser.once('error', () => {
    failed = true;
  });
  const feed = async () => {
    for await (const chunk of archive) {
      if (failed) {
        // Leaving the loop ends the download.
        return;
      }
      parser.write(Buffer.from(chunk));
    }
    parser.end();
  };
  await Promise.all([once(parser, 'end'), feed()]);
  return files;
}
