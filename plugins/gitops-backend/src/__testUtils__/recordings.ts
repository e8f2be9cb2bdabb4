import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../../../packages/sandbox/recordings');

/** A recorded answer of Argo CD or of kube-apiserver. */
export function recorded<T = unknown>(
  path: string,
): { status: number; body: T } {
  const { response } = JSON.parse(read(path));
  return { status: response.status ?? 200, body: response.body };
}

/** The lines of a recorded stream, as they were sent. */
export function recordedLines(path: string): string[] {
  return read(path).split('\n').filter(Boolean);
}

function read(path: string): string {
  return readFileSync(join(FOLDER, path), 'utf8');
}
