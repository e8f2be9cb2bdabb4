import {
  CheckData,
  countChecks,
  countReviews,
  toMergeability,
} from './pullRequestStatus';

const run = (status: string, conclusion: string | null = null): CheckData => ({
  status,
  conclusion,
});

describe('countChecks', () => {
  it.each<[check: CheckData, as: 'passed' | 'failing' | 'pending']>([
    [run('queued'), 'pending'],
    [run('in_progress'), 'pending'],
    [run('completed', 'success'), 'passed'],
    [run('completed', 'neutral'), 'passed'],
    [run('completed', 'skipped'), 'passed'],
    [run('completed', 'failure'), 'failing'],
    [run('completed', 'cancelled'), 'failing'],
    [run('completed', 'timed_out'), 'failing'],
    [run('completed', 'action_required'), 'failing'],
    [{ state: 'success' }, 'passed'],
    [{ state: 'pending' }, 'pending'],
    [{ state: 'failure' }, 'failing'],
    [{ state: 'error' }, 'failing'],
  ])('takes %j as %s', (check, as) => {
    expect(countChecks([check])).toEqual({
      passed: 0,
      failing: 0,
      pending: 0,
      [as]: 1,
    });
  });
});

describe('countReviews', () => {
  it.each<[said: string[], approved: number, changesRequested: number]>([
    [[], 0, 0],
    [['ann APPROVED', 'bob APPROVED'], 2, 0],
    [['ann CHANGES_REQUESTED', 'ann APPROVED'], 1, 0],
    [['ann APPROVED', 'ann COMMENTED'], 1, 0],
    [['ann APPROVED', 'ann DISMISSED'], 0, 0],
    [['ann APPROVED', 'bob CHANGES_REQUESTED'], 1, 1],
  ])('of %j', (said, approved, changesRequested) => {
    const reviews = said.map(text => {
      const [login, state] = text.split(' ');
      return { user: { login }, state };
    });
    expect(countReviews(reviews)).toEqual({ approved, changesRequested });
  });
});

describe('toMergeability', () => {
  it.each([
    ['has_hooks', 'clean'],
    ['dirty', 'dirty'],
    ['a new word', 'unknown'],
    [undefined, 'unknown'],
  ])('of %s is %s', (state, is) => {
    expect(toMergeability(state)).toBe(is);
  });
});
