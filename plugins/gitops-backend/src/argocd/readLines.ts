import { ServiceUnavailableError } from '@backstage/errors';

// An Application with a long history is some hundred kilobytes.
const MAX_LINE_CHARACTERS = 16 * 1024 * 1024;

/** The lines of a body that never ends, as they come; empty ones are left out. A last line without its end is dropped. */
export async function* readLines(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) {
      throw new ServiceUnavailableError(
        `A line of the stream is longer than ${MAX_LINE_CHARACTERS} characters`,
      );
    }
    for (const line of lines) {
      if (line.trim()) {
        yield line;
      }
    }
  }
}
