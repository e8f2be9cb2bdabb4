import { once } from 'node:events';
import { Parser, ReadEntry } from 'tar';

/**
 * The wanted files of a gzipped tar as GitHub makes it, by path below its one folder. Links and folders are left out.
 * Rejects where it is no such archive, or expands beyond measure.
 */
export async function readArchive(
  archive: Buffer,
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
  const ended = once(parser, 'end');
  parser.end(archive);
  await ended;
  return files;
}
