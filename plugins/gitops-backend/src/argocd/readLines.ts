import { ServiceUnavailableError } from '@backstage/errors';

// An Application with a long history is some hundred kilobytes.
const MAX_LINE_CHARACTERS = 16 * 1024 * 1024;

/**
 * The lines of a body that never ends, as they come, until the signal aborts; empty ones are left out. A last line
 * without its end is dropped.
 *
 * The body is cancelled here and not left to fetch: fetch forgets its abort handling when garbage is collected while
 * the body is being read (nodejs/undici), and a silent stream would then never end.
 */
export async function* readLines(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const reader = body.getReader();
  const cancel = () => {
    reader.cancel().catch(() => {});
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) {
        return;
      }
      const lines = (rest + decoder.decode(value, { stream: true })).split(
        '\n',
      );
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARACTERS) {
        throw new ServiceUnavailableError(
          `A line of the stream is longer than ${MAX_LINE_CHARACTERS} characters`,
        );
      }
      yield* lines.filter(line => line.trim());
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}
