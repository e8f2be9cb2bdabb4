import type { PinChange } from '../api/types';
import { goesBack, MergedChange } from './goesBack';

const pin = (before: string, after: string, name = 'demo') =>
  ({
    name,
    image: `r.test/${name}`,
    before: { tag: before },
    after: { tag: after },
  } as PinChange);

/** Promotions that were merged, newest first, from what they are called by: oldest first. */
function merged(
  ...oldestFirst: (Omit<MergedChange, 'id' | 'title' | 'undoes'> & {
    undoes?: number[];
  })[]
): MergedChange[] {
  return oldestFirst
    .map(({ undoes, ...change }, index) => ({
      ...change,
      id: String(index),
      title: '',
      undoes: undoes?.map(id => ({ id: String(id), title: '' })),
    }))
    .reverse();
}

const move = (before: string, after: string) => ({
  changes: [pin(before, after)],
});
const rollback = (before: string, after: string, ...undoes: number[]) => ({
  ...move(before, after),
  rollbackTo: after,
  undoes,
});

describe('goesBack', () => {
  it.each<
    [
      what: string,
      before: Parameters<typeof merged>,
      asked: ReturnType<typeof rollback>,
      expected: boolean,
    ]
  >([
    [
      'what a promotion took away',
      [move('1', '2')],
      rollback('2', '1', 0),
      true,
    ],
    [
      'what lies further down',
      [move('1', '2'), move('2', '3')],
      rollback('3', '1', 1, 0),
      true,
    ],
    [
      'what was there before any promotion',
      [move('1', '2')],
      rollback('2', '0', 0),
      true,
    ],
    [
      'further back after a rollback',
      [move('1', '2'), move('2', '3'), rollback('3', '2', 1)],
      rollback('2', '1', 2, 1, 0),
      true,
    ],
    [
      'what a rollback took away',
      [move('1', '2'), rollback('2', '1', 0)],
      rollback('1', '2', 1),
      false,
    ],
    [
      'what was taken away by deploying the older version',
      [move('1', '2'), move('2', '1')],
      rollback('1', '2', 1),
      false,
    ],
    [
      'what a rollback to before any promotion took away',
      [move('1', '2'), rollback('2', '0', 0)],
      rollback('0', '2', 1),
      false,
    ],
    [
      'what a rollback passed by',
      [move('1', '2'), move('2', '3'), rollback('3', '1', 1, 0)],
      rollback('1', '2', 2, 1),
      false,
    ],
    [
      'what was taken away, from a version that came after it',
      [move('1', '2'), rollback('2', '1', 0), move('1', '3')],
      rollback('3', '2', 2, 1),
      false,
    ],
    [
      'what lies below the version that came after a rollback',
      [move('1', '2'), rollback('2', '1', 0), move('1', '3')],
      rollback('3', '1', 2),
      true,
    ],
    [
      'what was taken away and came again',
      [move('1', '2'), rollback('2', '1', 0), move('1', '2'), move('2', '3')],
      rollback('3', '2', 3),
      true,
    ],
    [
      'what a promotion brought, from what came by hand',
      [move('1', '2')],
      rollback('3', '2'),
      true,
    ],
    [
      'what was taken away by hand',
      [move('1', '2')],
      rollback('1', '2'),
      false,
    ],
    [
      'what was taken away by hand, as the next promotion found',
      [move('1', '2'), move('1', '3')],
      rollback('3', '2', 1),
      false,
    ],
    ['what no promotion knows of', [], rollback('2', '1'), false],
    [
      'a version that was never there',
      [move('1', '2')],
      { ...move('2', '3'), rollbackTo: '', undoes: [] },
      false,
    ],
  ])('to %s', (_, before, asked, expected) => {
    const history = merged(...before, asked);
    expect(goesBack(history[0], history.slice(1))).toBe(expected);
  });

  it('needs no name of a rollback', () => {
    expect(goesBack(move('2', '1'), merged(move('1', '2')))).toBe(true);
    expect(goesBack(move('2', '3'), merged(move('1', '2')))).toBe(false);
  });

  it('is so where every pin goes back', () => {
    const history = merged(
      { changes: [pin('1', '2'), pin('1', '2', 'web')] },
      { changes: [pin('2', '1', 'web')] },
    );
    const asked = (...changes: PinChange[]) => goesBack({ changes }, history);
    expect(asked(pin('2', '1'))).toBe(true);
    expect(asked(pin('2', '1'), pin('1', '2', 'web'))).toBe(false);
    expect(asked()).toBe(false);
  });
});
