import { mergeStreams } from './mergeStreams';

const never = () => new Promise<void>(() => {});

describe('mergeStreams', () => {
  const running = () => new AbortController().signal;

  async function* values(...given: string[]) {
    yield* given;
  }

  it('gives what any of them gives, until one ends, and ends the others', async () => {
    const found: string[] = [];
    let ended = false;
    async function* quiet(signal: AbortSignal) {
      signal.addEventListener('abort', () => {
        ended = true;
      });
      yield 'q';
      await never();
    }
    for await (const value of mergeStreams(
      [quiet, () => values('a', 'b', 'c')],
      running(),
    )) {
      found.push(value);
    }
    expect(found.sort()).toEqual(['a', 'b', 'c', 'q']);
    expect(ended).toBe(true);
  });

  it('fails when one fails', async () => {
    async function* failing(): AsyncGenerator<string> {
      throw new Error('gone');
    }
    async function* quiet(): AsyncGenerator<string> {
      await never();
    }
    const merged = mergeStreams([quiet, failing], running());
    await expect(merged.next()).rejects.toThrow('gone');
  });

  it('asks a stream for the next value only when the last one is taken', async () => {
    let asked = 0;
    async function* eager() {
      for (;;) {
        yield asked++;
      }
    }
    const merged = mergeStreams([eager], running());
    await merged.next();
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(asked).toBeLessThan(4);
    await merged.return(undefined);
  });
});
