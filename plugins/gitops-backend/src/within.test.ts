import { TimeLimitError, within } from './within';

describe('within', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const running = () => new AbortController().signal;
  const never = () => new Promise<never>(() => {});

  it('gives what comes in time', async () => {
    await expect(within(1_000, running(), async () => 5)).resolves.toBe(5);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('passes on what fails in time', async () => {
    const failing = within(1_000, running(), async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
  });

  it('ends what takes too long, and tells it so', async () => {
    let ended: AbortSignal | undefined;
    const late = within(1_000, running(), signal => {
      ended = signal;
      return never();
    });
    const failure = late.catch(error => error);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await failure).toBeInstanceOf(TimeLimitError);
    expect(ended?.aborted).toBe(true);
  });

  it('ends when the signal aborts, whether that is listened to or not', async () => {
    const stop = new AbortController();
    const stopped = within(1_000, stop.signal, never);
    const failure = stopped.catch(error => error);
    stop.abort();
    expect(await failure).toMatchObject({ name: 'AbortError' });
    expect(jest.getTimerCount()).toBe(0);
    const run = jest.fn(never);
    await expect(within(1_000, stop.signal, run)).rejects.toThrow('aborted');
    expect(run).not.toHaveBeenCalled();
  });
});
