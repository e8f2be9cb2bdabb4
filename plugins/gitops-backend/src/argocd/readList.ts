import { AnswerError } from './AnswerError';
import { ByteStream, readText } from './readText';

const MAX_CHARACTERS = 16 * 1024 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

class ListText {
  readonly #onItem: (item: unknown) => void;
  /** What was read but for the items, each of which it has as a 0. It is JSON if the whole was. */
  #surroundings = '';
  #item = '';
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inItems = false;

  constructor(onItem: (item: unknown) => void) {
    this.#onItem = onItem;
  }

  push(text: string): void {
    // From where on the text was not taken yet.
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const character = text.charCodeAt(at);
      if (this.#inString) {
        this.#readString(character);
      } else if (character === QUOTE) {
        this.#inString = true;
      } else if (character === OPEN_BRACE || character === OPEN_BRACKET) {
        if (this.#inItems && this.#depth === 2 && character === OPEN_BRACE) {
          this.#take(text.slice(from, at));
          from = at;
        } else if (this.#depth === 1 && character === OPEN_BRACKET) {
          this.#take(text.slice(from, at));
          from = at;
          this.#inItems = /"items"\s*:\s*$/.test(this.#surroundings);
        }
        this.#depth++;
      } else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) {
        this.#depth--;
        if (this.#inItems && this.#depth === 2) {
          this.#take(text.slice(from, at + 1), true);
          from = at + 1;
          this.#finishItem();
        } else if (this.#depth === 1) {
          this.#take(text.slice(from, at + 1));
          from = at + 1;
          this.#inItems = false;
        }
      }
    }
    this.#take(text.slice(from), this.#inItems && this.#depth > 2);
  }

  end(): Record<string, unknown> {
    const list = parse(this.#surroundings);
    if (typeof list !== 'object' || list === null || !('items' in list)) {
      throw notAList();
    }
    return list as Record<string, unknown>;
  }

  #readString(character: number): void {
    if (this.#escaped) {
      this.#escaped = false;
    } else if (character === BACKSLASH) {
      this.#escaped = true;
    } else if (character === QUOTE) {
      this.#inString = false;
    }
  }

  #take(text: string, isItem = false): void {
    if (isItem) {
      this.#item += text;
    } else {
      this.#surroundings += text;
    }
    if (
      Math.max(this.#item.length, this.#surroundings.length) > MAX_CHARACTERS
    ) {
      throw new AnswerError(
        `a part of the list is longer than ${MAX_CHARACTERS} characters`,
      );
    }
  }

  #finishItem(): void {
    const item = parse(this.#item);
    this.#item = '';
    this.#surroundings += '0';
    this.#onItem(item);
  }
}

/**
 * Reads `{"metadata": …, "items": [{…}, …]}` item by item, so that a list of thousands of Applications, tens of megabytes
 * of JSON, is never in memory at once.
 *
 * @param onItem - called with each item, parsed, in its order
 * @returns what surrounds the items; `items` in it tells only how many there were, or is null
 * @throws AnswerError where the body is no such list, or not a whole one
 */
export async function readList(
  body: ByteStream,
  signal: AbortSignal,
  onItem: (item: unknown) => void,
): Promise<Record<string, unknown>> {
  const list = new ListText(onItem);
  for await (const text of readText(body, signal)) {
    list.push(text);
  }
  return list.end();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notAList();
  }
}

function notAList(): Error {
  return new AnswerError('the answer is not a whole list in JSON');
}
