import { ByteStream } from './ByteStream';

/**
 * The bytes of a body, or undefined where there are more than a number of them; the rest is not read then.
 *
 * The body is cancelled here and not left to fetch: fetch forgets its abort handling when garbage is collected while
 * the body is being read (nodejs/undici), and a silent body would then never end.
 */
export async function readBytes(
  { body }: { body: ByteStream | null },
  signal: AbortSignal,
  maxBytes: number,
): Promise<Buffer | undefined> {
  if (!body) {
    return Buffer.alloc(0);
  }
  const reader = body.getReader();
  const cancel = () => {
    reader.cancel().catch(() => {});
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    while (length <= maxBytes) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) {
        return Buffer.concat(chunks);
      }
      if (value) {
        chunks.push(value);
        length += value.length;
      }
    }
    return undefined;
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

/** What a body says as JSON; undefined where it is none, or longer than a number of bytes. */
export async function readJson(
  answer: { body: ByteStream | null },
  signal: AbortSignal,
  maxBytes: number,
): Promise<unknown> {
  return parseJson(await readBytes(answer, signal, maxBytes));
}

/** What bytes say as JSON; undefined where they are none. */
export function parseJson(bytes: Buffer | undefined): unknown {
  try {
    return bytes && JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
