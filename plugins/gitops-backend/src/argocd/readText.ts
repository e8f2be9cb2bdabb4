/** A body of bytes, of whichever fetch. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array }>;
    cancel(): Promise<void>;
  };
  cancel(): Promise<void>;
}

/**
 * The text of a body, piece by piece as it comes, until the signal aborts.
 *
 * The body is cancelled here and not left to fetch: fetch forgets its abort handling when garbage is collected while
 * the body is being read (nodejs/undici), and a silent body would then never end.
 */
export async function* readText(
  body: ByteStream,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const reader = body.getReader();
  const cancel = () => {
    reader.cancel().catch(() => {});
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const decoder = new TextDecoder();
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) {
        return;
      }
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

/** The beginning of a body, up to a number of characters. */
export async function readBeginning(
  body: ByteStream,
  signal: AbortSignal,
  characters: number,
): Promise<string> {
  let beginning = '';
  for await (const text of readText(body, signal)) {
    beginning += text;
    if (beginning.length >= characters) {
      break;
    }
  }
  return beginning.slice(0, characters);
}
