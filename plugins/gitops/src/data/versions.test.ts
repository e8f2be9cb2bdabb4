import { fullReference, liveDifference } from './versions';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

describe('liveDifference', () => {
  it.each([
    ['nothing is known', { tag: '2' }, [], { kind: 'none' }],
    ['the wanted runs', { tag: '2' }, [{ tag: '2' }], { kind: 'none' }],
    [
      'the wanted runs, by tag and digest',
      { tag: '2' },
      [{ tag: '2', digest: digest('a') }],
      { kind: 'none' },
    ],
    [
      'another runs',
      { tag: '2' },
      [{ tag: '1' }, { tag: '1' }],
      { kind: 'old', versions: ['1'] },
    ],
    [
      'both run',
      { tag: '2' },
      [{ tag: '1' }, { tag: '2' }],
      { kind: 'mixed', versions: ['1', '2'] },
    ],
    [
      'another digest runs',
      { digest: digest('a') },
      [{ digest: digest('b') }],
      { kind: 'old', versions: ['sha256:bbbbbbbbbbbb'] },
    ],
    [
      'nothing is pinned and a version runs',
      {},
      [{ tag: '1' }],
      { kind: 'old', versions: ['1'] },
    ],
  ])('%s', (_, desired, live, expected) => {
    expect(liveDifference({ desired, live })).toEqual(expected);
  });
});

describe('fullReference', () => {
  it.each([
    [{ tag: '1' }, 'demo:1'],
    [{ digest: 'sha256:a' }, 'demo@sha256:a'],
    [{ tag: '1', digest: 'sha256:a' }, 'demo:1@sha256:a'],
    [{}, 'demo'],
  ])('%p', (version, expected) => {
    expect(fullReference('demo', version)).toBe(expected);
  });
});
