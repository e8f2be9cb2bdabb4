import fc from 'fast-check';
import type { PromotionState } from '../api/types';
import {
  nextPromotionState,
  OPEN_PROMOTION_STATES,
  PROMOTION_STATES,
  PromotionEvent,
  UNDER_WAY_PROMOTION_STATES,
} from './states';

const STATES = Object.keys(PROMOTION_STATES) as PromotionState[];
const EVENTS: PromotionEvent[] = [
  'opened',
  'refused',
  'merged',
  'closed',
  'arrived',
  'replaced',
];

// The whole life; what is not here leaves the state as it is.
const TABLE: [PromotionState, PromotionEvent, PromotionState][] = [
  ['requested', 'opened', 'open'],
  ['requested', 'refused', 'closed'],
  ['requested', 'closed', 'closed'],
  ['open', 'merged', 'merged'],
  ['open', 'closed', 'closed'],
  ['merged', 'arrived', 'deployed'],
  ['merged', 'replaced', 'superseded'],
];

// How far along a state is.
const PROGRESS: Record<PromotionState, number> = {
  requested: 0,
  open: 1,
  merged: 2,
  deployed: 3,
  superseded: 3,
  closed: 3,
};

describe('the life of a promotion', () => {
  it.each(
    STATES.flatMap(state => EVENTS.map(event => [state, event] as const)),
  )('from %s, on %s', (state, event) => {
    const row = TABLE.find(([from, on]) => from === state && on === event);
    expect(nextPromotionState(state, event)).toBe(row ? row[2] : state);
  });

  it('never goes backwards, whatever comes, how often and in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...EVENTS), { maxLength: 20 }),
        events => {
          let state: PromotionState = 'requested';
          for (const event of events) {
            const next = nextPromotionState(state, event);
            expect(next === state || PROGRESS[next] > PROGRESS[state]).toBe(
              true,
            );
            expect(nextPromotionState(next, event)).toBe(next);
            state = next;
          }
        },
      ),
    );
  });

  it('reaches every state', () => {
    const reached = new Set<PromotionState>(['requested']);
    for (const state of reached) {
      EVENTS.forEach(event => reached.add(nextPromotionState(state, event)));
    }
    expect([...reached].sort()).toEqual([...STATES].sort());
  });

  it('is under way exactly while something can still happen', () => {
    expect([...UNDER_WAY_PROMOTION_STATES].sort()).toEqual(
      STATES.filter(state =>
        EVENTS.some(event => nextPromotionState(state, event) !== state),
      ).sort(),
    );
  });

  it('holds its target exactly while it can still be closed', () => {
    expect([...OPEN_PROMOTION_STATES].sort()).toEqual(
      STATES.filter(
        state =>
          state !== 'closed' &&
          nextPromotionState(state, 'closed') === 'closed',
      ).sort(),
    );
  });
});
