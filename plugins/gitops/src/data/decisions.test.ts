import { promotion } from '../__testUtils__/responses';
import { decisions } from './decisions';

const all = { promote: true, merge: true, sync: true };

describe('decisions', () => {
  it.each([
    ['all rights', all, ['merge', 'close']],
    ['the right to promote', { ...all, merge: false }, ['close']],
    ['the right to merge', { ...all, promote: false }, ['merge']],
    ['neither', { promote: false, merge: false, sync: true }, []],
  ])('about an open pull request with %s', (_, rights, expected) => {
    expect(decisions(promotion(), rights)).toEqual(expected);
  });

  it.each([
    ['that is being opened', undefined, all, []],
    ['that cannot be opened', 'GitHub is away', all, ['withdraw']],
    [
      'that cannot be opened, without the right to promote',
      'GitHub is away',
      { ...all, promote: false },
      [],
    ],
  ])('about a promotion %s', (_, error, rights, expected) => {
    const requested = promotion({
      state: 'requested',
      pullRequest: undefined,
      error,
    });
    expect(decisions(requested, rights)).toEqual(expected);
  });

  it.each(['requested', 'merged', 'deployed', 'closed', 'superseded'] as const)(
    'about a promotion that is %s: none',
    state => {
      expect(decisions(promotion({ state }), all)).toEqual([]);
    },
  );
});
