import { AnswerError } from './AnswerError';
import { ByteStream, readText } from './readText';

// An Application with a long history is some hundred kilobytes.
const MAX_LINE_CHARACTERS = 16 * 1024 * 1024;

/**
 * The lines of a body that never ends, as they come, until the signal aborts; empty ones are left out. A last line
 * without its end is dropped.
 */
export async function* readLines(
  body: ByteStream,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let rest = '';
  for await (const text of readText(body, signal)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) {
      throw new AnswerError(
        `a line of the stream is longer than ${MAX_LINE_CHARACTERS} characters`,
      );
    }
    yield* lines.filter(line => line.trim());
  }
}
