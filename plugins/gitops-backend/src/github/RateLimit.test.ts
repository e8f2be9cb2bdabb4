import { RateLimit, RateLimits } from './RateLimit';

const NOW = Date.parse('2026-11-24T01:00:00Z');
const INTERVAL = 20_000;
const HOUR = 3_600_000;

describe('RateLimit', () => {
  let monotonic: number;
  let wallClock: number;
  let limit: RateLimit;

  beforeEach(() => {
    monotonic = 1_000;
    wallClock = NOW;
    limit = new RateLimit({
      monotonic: () => monotonic,
      wallClock: () => wallClock,
    });
  });

  const pass = (ms: number) => {
    monotonic += ms;
    wallClock += ms;
  };

  const answer = (
    remaining: number,
    resetInS = 1_800,
    more: Record<string, string> = {},
  ) => ({
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': `${remaining}`,
    'x-ratelimit-reset': `${NOW / 1000 + resetInS}`,
    'x-ratelimit-resource': 'core',
    date: new Date(NOW).toUTCString(),
    ...more,
  });

  const saw = (
    headers: Record<string, string | undefined>,
    { refused = false } = {},
  ) => limit.saw({ headers, refused });

  it('knows nothing at first and lets everything through', () => {
    expect(limit.status()).toBeUndefined();
    expect(limit.pollDelayMs(INTERVAL)).toBe(INTERVAL);
    expect(() => limit.assertOpen()).not.toThrow();
  });

  it('says what is left, and that all is when the hour is over', () => {
    saw(answer(4_321));
    const resetAt = new Date(NOW + 1_800_000);
    expect(limit.status()).toEqual({ limit: 5_000, remaining: 4_321, resetAt });
    pass(1_800_001);
    expect(limit.status()).toEqual({ limit: 5_000, remaining: 5_000, resetAt });
  });

  it.each<[what: string, headers: Record<string, string | undefined>]>([
    ['a later answer with more left', answer(4_900)],
    ['an answer of the hour before', answer(10, -60)],
    ['another limit', answer(3, 60, { 'x-ratelimit-resource': 'search' })],
    ['an answer without a limit', {}],
    ['nonsense', { 'x-ratelimit-remaining': 'many', 'x-ratelimit-reset': '' }],
  ])('is not misled by %s', (_, headers) => {
    saw(answer(4_000));
    saw(headers);
    expect(limit.status()?.remaining).toBe(4_000);
  });

  it('takes the next hour as it comes', () => {
    saw(answer(100));
    saw(answer(4_999, 5_400));
    expect(limit.status()?.remaining).toBe(4_999);
  });

  describe('polling', () => {
    it.each<[remaining: number, delay: number]>([
      [4_999, INTERVAL],
      [500, INTERVAL],
      [499, 18_182],
      [250, 36_000],
      [50, 180_000],
      [5, 1_800_000],
      [1, 1_800_000],
    ])(
      'with %s of 5000 left for half an hour waits %s ms',
      (remaining, delay) => {
        saw(answer(remaining));
        expect(limit.pollDelayMs(INTERVAL)).toBe(Math.max(delay, INTERVAL));
      },
    );

    it('leaves as much for each of those who share the limit', () => {
      const [one, other] = [{}, {}];
      [one, other, one].forEach(sharer => limit.sharedBy(sharer));
      saw(answer(250));
      expect(limit.pollDelayMs(INTERVAL)).toBe(72_000);
    });

    it('goes on as ever after the reset', () => {
      saw(answer(1));
      pass(1_800_000);
      expect(limit.pollDelayMs(INTERVAL)).toBe(INTERVAL);
    });

    it('never gets faster than asked for', () => {
      saw(answer(1, 1));
      expect(limit.pollDelayMs(INTERVAL)).toBe(INTERVAL);
    });

    it('waits for as long as GitHub refuses', () => {
      saw({ 'retry-after': '120' }, { refused: true });
      expect(limit.pollDelayMs(INTERVAL)).toBe(120_000);
    });
  });

  describe('a refusal', () => {
    it.each<[what: string, headers: Record<string, string>, seconds: number]>([
      ['a time to wait', { 'retry-after': '30' }, 30],
      ['a time to wait and a reset', answer(0, 900, { 'retry-after': '7' }), 7],
      ['nothing left', answer(0, 900), 900],
      ['nothing but itself', {}, 60],
      ['requests left, as the secondary limits do', answer(4_000), 60],
    ])('that says %s is waited for', (_, headers, seconds) => {
      saw(headers, { refused: true });
      expect(() => limit.assertOpen()).toThrow(
        `GitHub's rate limit is reached; try again in ${seconds} s`,
      );
      pass(seconds * 1000 - 1);
      expect(() => limit.assertOpen()).toThrow('try again in 1 s');
      pass(1);
      expect(() => limit.assertOpen()).not.toThrow();
    });

    it('is foreseen when the last request was answered', () => {
      saw(answer(0, 900));
      expect(() => limit.assertOpen()).toThrow('try again in 900 s');
    });

    it('is not shortened by a later answer', () => {
      saw({ 'retry-after': '30' }, { refused: true });
      saw(answer(4_000));
      saw({ 'retry-after': '1' }, { refused: true });
      expect(() => limit.assertOpen()).toThrow('try again in 30 s');
    });

    it('is believed for an hour at most', () => {
      saw({ 'retry-after': '999999999' }, { refused: true });
      pass(HOUR);
      expect(() => limit.assertOpen()).not.toThrow();
    });
  });

  describe('a clock', () => {
    it.each([-86_400_000, 86_400_000])(
      'that jumps by %s ms makes no difference',
      jump => {
        saw(answer(50));
        saw({ 'retry-after': '30' }, { refused: true });
        wallClock += jump;
        expect(limit.pollDelayMs(INTERVAL)).toBe(180_000);
        expect(() => limit.assertOpen()).toThrow('try again in 30 s');
      },
    );

    it('that is wrong by hours makes no difference, since GitHub says its own time', () => {
      wallClock = NOW + 5 * HOUR;
      saw(answer(0, 900), { refused: true });
      expect(() => limit.assertOpen()).toThrow('try again in 900 s');
    });

    it('is what counts where GitHub says no time', () => {
      const { date: _, ...headers } = answer(0, 900);
      saw(headers, { refused: true });
      expect(() => limit.assertOpen()).toThrow('try again in 900 s');
    });
  });

  it('is one for the same credentials at the same GitHub', () => {
    const limits = new RateLimits();
    const ours = limits.of('https://api.github.com', 'token a');
    expect(limits.of('https://api.github.com', 'token a')).toBe(ours);
    expect(limits.of('https://api.github.com', 'token b')).not.toBe(ours);
    expect(limits.of('https://ghe.test/api/v3', 'token a')).not.toBe(ours);
  });

  it('of those who came long ago is forgotten, since people bring ever more tokens', () => {
    const limits = new RateLimits();
    const [used, unused] = ['used', 'unused'].map(token =>
      limits.of('https://api.github.com', token),
    );
    for (let person = 0; person < 1_500; person += 1) {
      limits.of('https://api.github.com', `token ${person}`);
      limits.of('https://api.github.com', 'used');
    }
    expect(limits.of('https://api.github.com', 'used')).toBe(used);
    expect(limits.of('https://api.github.com', 'unused')).not.toBe(unused);
  });
});
