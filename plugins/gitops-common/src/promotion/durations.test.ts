import fc from 'fast-check';
import type { Promotion, PromotionTimelineEntry } from '../api/types';
import { promotionDurations } from './durations';

type Entry = Pick<PromotionTimelineEntry, 'event' | 'at'>;

/** A moment of the day that the tests take place on. */
const at = (time: string) => `2026-11-24T${time}.000Z`;
const entry = (event: Entry['event'], time: string): Entry => ({
  event,
  at: at(time),
});

const REQUESTED = entry('requested', '10:00:00');
const OPENED = entry('opened', '10:00:05');
const MERGED = entry('merged', '10:10:05');
const SYNCED = entry('synced', '10:10:35');
const ARRIVED = entry('arrived', '10:12:05');

/** What a person would read: `requested → opened 5`, `merged …` while it lasts; the whole last. */
function told(
  state: Promotion['state'],
  entries: Entry[],
  row: Partial<Promotion> = {},
): (string | undefined)[] {
  const { phases, seconds } = promotionDurations(
    { state, createdAt: REQUESTED.at, ...row },
    entries,
  );
  return [
    ...phases.map(phase =>
      phase.until
        ? `${phase.after} → ${phase.until} ${phase.seconds}`
        : `${phase.after} … since ${phase.startedAt.slice(11, 19)}`,
    ),
    seconds === undefined ? undefined : `${seconds}`,
  ];
}

describe('promotionDurations', () => {
  it.each<[Promotion['state'], Entry[], (string | undefined)[]]>([
    ['requested', [REQUESTED], ['requested … since 10:00:00', undefined]],
    [
      'open',
      [REQUESTED, OPENED],
      ['requested → opened 5', 'opened … since 10:00:05', undefined],
    ],
    [
      'merged',
      [REQUESTED, OPENED, MERGED],
      [
        'requested → opened 5',
        'opened → merged 600',
        'merged … since 10:10:05',
        undefined,
      ],
    ],
    [
      'merged',
      [REQUESTED, OPENED, MERGED, SYNCED],
      [
        'requested → opened 5',
        'opened → merged 600',
        'merged → synced 30',
        'synced … since 10:10:35',
        undefined,
      ],
    ],
    [
      'deployed',
      [REQUESTED, OPENED, MERGED, SYNCED, ARRIVED],
      [
        'requested → opened 5',
        'opened → merged 600',
        'merged → synced 30',
        'synced → arrived 90',
        '725',
      ],
    ],
    [
      'closed',
      [REQUESTED, entry('refused', '10:00:07')],
      ['requested → refused 7', '7'],
    ],
    [
      'closed',
      [REQUESTED, OPENED, entry('closed', '11:00:05')],
      ['requested → opened 5', 'opened → closed 3600', '3605'],
    ],
    [
      'superseded',
      [REQUESTED, OPENED, MERGED, entry('replaced', '10:20:05')],
      [
        'requested → opened 5',
        'opened → merged 600',
        'merged → replaced 600',
        '1205',
      ],
    ],
  ])('of one that is %s', (state, entries, expected) => {
    expect(told(state, entries)).toEqual(expected);
  });

  it('counts what was tried again, updated and overridden to the phase that it happened in', () => {
    const noise: Entry[] = [
      entry('overridden', '10:00:00'),
      entry('noted', '10:00:06'),
      entry('updated', '10:05:00'),
      entry('updated', '10:06:00'),
    ];
    const entries = [REQUESTED, OPENED, MERGED, SYNCED, ARRIVED];
    expect(told('deployed', [...entries, ...noise])).toEqual(
      told('deployed', entries),
    );
  });

  it('takes what seems to come before the milestone that it follows to be at once', () => {
    const earlyMerge = entry('merged', '10:00:01');
    expect(told('deployed', [REQUESTED, OPENED, earlyMerge, ARRIVED])).toEqual([
      'requested → opened 5',
      'opened → merged 0',
      'merged → arrived 720',
      '725',
    ]);
  });

  it('of one from before there was a timeline gives what its row says, and no end that nobody kept', () => {
    const row = { mergedAt: MERGED.at };
    expect(told('deployed', [REQUESTED], row)).toEqual([
      'requested → merged 605',
      undefined,
    ]);
    expect(told('deployed', [], row)).toEqual([
      'requested → merged 605',
      undefined,
    ]);
    expect(told('merged', [], row)).toEqual([
      'requested → merged 605',
      'merged … since 10:10:05',
      undefined,
    ]);
    expect(told('closed', [REQUESTED])).toEqual([undefined]);
  });

  describe('whatever happened, and when', () => {
    const ENDS: [Promotion['state'], Entry['event'] | undefined][] = [
      ['merged', undefined],
      ['deployed', 'arrived'],
      ['superseded', 'replaced'],
    ];
    const life = fc
      .record({
        end: fc.constantFrom(...ENDS),
        moments: fc.array(fc.integer({ min: 0, max: 1e9 }), {
          minLength: 5,
          maxLength: 5,
        }),
        synced: fc.boolean(),
      })
      .map(({ end: [state, last], moments, synced }) => ({
        state,
        entries: [
          'requested' as const,
          'opened' as const,
          'merged' as const,
          ...(synced ? ['synced' as const] : []),
          ...(last ? [last] : []),
        ].map((event, index) => ({
          event,
          at: new Date(moments[index]).toISOString(),
        })),
      }));
    const of = (state: Promotion['state'], entries: Entry[]) =>
      promotionDurations({ state, createdAt: entries[0].at }, entries);

    it('the phases make up the whole, each begins where the one before ended, and only the last can be under way', () => {
      fc.assert(
        fc.property(life, ({ state, entries }) => {
          const { phases, seconds } = of(state, entries);
          let next = Date.parse(phases[0].startedAt);
          for (const phase of phases) {
            expect(Date.parse(phase.startedAt)).toBe(next);
            expect(phase.seconds ?? 0).toBeGreaterThanOrEqual(0);
            next += Math.round((phase.seconds ?? 0) * 1000);
          }
          expect(phases.slice(0, -1).every(({ until }) => until)).toBe(true);
          expect(phases.at(-1)!.until === undefined).toBe(state === 'merged');
          expect(seconds).toBe(
            state === 'merged'
              ? undefined
              : (next - Date.parse(phases[0].startedAt)) / 1000,
          );
        }),
      );
    });

    it('the order of the entries, and what is no milestone, change nothing', () => {
      fc.assert(
        fc.property(
          life.chain(({ state, entries }) =>
            fc.record({
              state: fc.constant(state),
              entries: fc.constant(entries),
              shuffled: fc.shuffledSubarray(
                [...entries, entry('noted', '10:00:00')],
                { minLength: entries.length + 1 },
              ),
            }),
          ),
          ({ state, entries, shuffled }) => {
            expect(
              promotionDurations({ state, createdAt: entries[0].at }, shuffled),
            ).toEqual(of(state, entries));
          },
        ),
      );
    });
  });
});
