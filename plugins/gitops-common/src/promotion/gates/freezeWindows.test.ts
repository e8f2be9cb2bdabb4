import { verdictOf } from '../../__testUtils__/gates';
import {
  FreezeWindow,
  freezeWindowsGate,
  isTimeZone,
  WEEKDAYS,
} from './freezeWindows';

const window = (different: Partial<FreezeWindow> = {}): FreezeWindow => ({
  name: 'Weekend',
  timeZone: 'Europe/Berlin',
  weekly: [],
  dates: [],
  appliesToRollbacks: false,
  ...different,
});
const at = (
  now: string,
  different: Partial<FreezeWindow>,
  context: { rollback?: boolean } = {},
) =>
  verdictOf(freezeWindowsGate([window(different)]), {
    now: new Date(now),
    ...context,
  });

const FRIDAY: FreezeWindow['weekly'] = [
  { days: ['friday'], from: '16:00', to: '24:00' },
];
const NIGHTS: FreezeWindow['weekly'] = [
  { days: ['friday', 'saturday'], from: '22:00', to: '06:00' },
];
const SMALL_HOURS: FreezeWindow['weekly'] = [
  { days: ['sunday'], from: '02:00', to: '03:00' },
];
const HOLIDAYS = [{ from: '2026-12-23T12:00', to: '2027-01-03T00:00' }];

describe('freeze-windows', () => {
  it.each<
    [
      what: string,
      now: string,
      window: Partial<FreezeWindow>,
      state: 'passed' | 'failed',
    ]
  >([
    ['before it', '2026-03-06T14:59:59Z', { weekly: FRIDAY }, 'passed'],
    ['its first second', '2026-03-06T15:00:00Z', { weekly: FRIDAY }, 'failed'],
    ['its last second', '2026-03-06T22:59:59Z', { weekly: FRIDAY }, 'failed'],
    ['the next day', '2026-03-06T23:00:00Z', { weekly: FRIDAY }, 'passed'],
    // 16:00 in Berlin is 15:00 UTC in winter, and 14:00 in summer.
    ['the summer hour', '2026-07-03T14:00:00Z', { weekly: FRIDAY }, 'failed'],
    ['before it then', '2026-07-03T13:59:59Z', { weekly: FRIDAY }, 'passed'],
    [
      'its own time zone',
      '2026-03-06T06:59:00Z',
      { weekly: FRIDAY, timeZone: 'Asia/Tokyo' },
      'passed',
    ],
    [
      'the day as it is there',
      '2026-03-06T07:00:00Z',
      { weekly: FRIDAY, timeZone: 'Asia/Tokyo' },
      'failed',
    ],
    ['over midnight', '2026-03-06T21:00:00Z', { weekly: NIGHTS }, 'failed'],
    ['the morning after', '2026-03-07T04:59:00Z', { weekly: NIGHTS }, 'failed'],
    ['after the morning', '2026-03-07T05:00:00Z', { weekly: NIGHTS }, 'passed'],
    ['the last morning', '2026-03-08T04:59:00Z', { weekly: NIGHTS }, 'failed'],
    ['no morning before', '2026-03-06T04:00:00Z', { weekly: NIGHTS }, 'passed'],
    // On 29 March 2026 the clock goes from 02:00 to 03:00: the window is not there.
    ['before a gap', '2026-03-29T00:59:59Z', { weekly: SMALL_HOURS }, 'passed'],
    ['after a gap', '2026-03-29T01:00:00Z', { weekly: SMALL_HOURS }, 'passed'],
    // On 25 October 2026 it goes from 03:00 back to 02:00: the window is there twice.
    [
      'the first time',
      '2026-10-25T00:30:00Z',
      { weekly: SMALL_HOURS },
      'failed',
    ],
    ['the second', '2026-10-25T01:30:00Z', { weekly: SMALL_HOURS }, 'failed'],
    ['after both', '2026-10-25T02:00:00Z', { weekly: SMALL_HOURS }, 'passed'],
    ['before dates', '2026-12-23T10:59:00Z', { dates: HOLIDAYS }, 'passed'],
    ['the first date', '2026-12-23T11:00:00Z', { dates: HOLIDAYS }, 'failed'],
    ['the last date', '2027-01-02T22:59:00Z', { dates: HOLIDAYS }, 'failed'],
    ['after dates', '2027-01-02T23:00:00Z', { dates: HOLIDAYS }, 'passed'],
  ])('%s, at %s', async (_, now, different, state) => {
    await expect(at(now, different)).resolves.toMatch(RegExp(`^${state}: `));
  });

  it('says which window it is', async () => {
    await expect(at('2026-03-06T15:00:00Z', { weekly: FRIDAY })).resolves.toBe(
      'failed: stage is frozen: Weekend until 2026-03-07 00:00 (Europe/Berlin). Wait until it is over.',
    );
    await expect(at('2026-03-05T15:00:00Z', { weekly: FRIDAY })).resolves.toBe(
      'passed: Weekend: not now.',
    );
  });

  const ALWAYS: FreezeWindow['weekly'] = [
    { days: [...WEEKDAYS], from: '00:00', to: '24:00' },
  ];
  const WEEKEND: FreezeWindow['weekly'] = [
    ...FRIDAY,
    { days: ['saturday', 'sunday'], from: '00:00', to: '24:00' },
  ];
  it.each<
    [what: string, now: string, window: Partial<FreezeWindow>, end: string]
  >([
    [
      'an evening',
      '2026-11-27T16:00:00Z',
      { weekly: FRIDAY },
      'until 2026-11-28 00:00',
    ],
    [
      'the next one',
      '2026-12-04T16:00:00Z',
      { weekly: FRIDAY },
      'until 2026-12-05 00:00',
    ],
    [
      'a night, before midnight',
      '2026-03-06T22:00:00Z',
      { weekly: NIGHTS },
      'until 2026-03-07 06:00',
    ],
    [
      'a night, after midnight',
      '2026-03-06T23:30:00Z',
      { weekly: NIGHTS },
      'until 2026-03-07 06:00',
    ],
    [
      'times that follow on one another',
      '2026-03-06T15:00:00Z',
      { weekly: WEEKEND },
      'until 2026-03-09 00:00',
    ],
    [
      'the last of these',
      '2026-03-08T15:00:00Z',
      { weekly: WEEKEND },
      'until 2026-03-09 00:00',
    ],
    [
      'dates',
      '2026-12-24T15:00:00Z',
      { dates: HOLIDAYS },
      'until 2027-01-03 00:00',
    ],
    [
      'times that end in dates, which end in others',
      '2026-12-19T15:00:00Z',
      {
        weekly: WEEKEND,
        dates: [
          { from: '2026-12-21T00:00', to: '2027-01-02T10:00' },
          { from: '2026-12-24T00:00', to: '2026-12-25T00:00' },
        ],
      },
      'until 2027-01-04 00:00',
    ],
    [
      'a window in which the clock goes forward',
      '2026-03-28T23:30:00Z',
      { weekly: [{ days: ['saturday'], from: '22:00', to: '04:00' }] },
      'until 2026-03-29 04:00',
    ],
    ['always', '2026-03-08T15:00:00Z', { weekly: ALWAYS }, 'for over a year'],
  ])('says until when: %s', async (_, now, different, end) => {
    await expect(at(now, different)).resolves.toContain(
      `Weekend ${end} (Europe/Berlin).`,
    );
  });

  it('is for the environments that it names, and for all where it names none', async () => {
    const now = '2026-03-06T15:00:00Z';
    await expect(
      at(now, { weekly: FRIDAY, environments: ['prod', 'stage'] }),
    ).resolves.toMatch(/^failed/);
    await expect(
      at(now, { weekly: FRIDAY, environments: ['prod'] }),
    ).resolves.toBeUndefined();
  });

  it('lets rollbacks through unless it says otherwise', async () => {
    const now = '2026-03-06T15:00:00Z';
    await expect(
      at(now, { weekly: FRIDAY }, { rollback: true }),
    ).resolves.toBeUndefined();
    await expect(
      at(now, { weekly: FRIDAY, appliesToRollbacks: true }, { rollback: true }),
    ).resolves.toMatch(/^failed/);
  });

  it('names each of several windows that is open', async () => {
    const gate = freezeWindowsGate([
      window({ name: 'Holidays', dates: HOLIDAYS }),
      window({ name: 'Friday', weekly: FRIDAY }),
    ]);
    const says = (now: string) => verdictOf(gate, { now: new Date(now) });
    await expect(says('2026-03-06T15:00:00Z')).resolves.toContain(
      'frozen: Friday until 2026-03-07 00:00 (Europe/Berlin). Wait',
    );
    await expect(says('2026-12-25T15:00:00Z')).resolves.toContain(
      'frozen: Holidays until 2027-01-03 00:00 (Europe/Berlin), Friday until 2026-12-26 00:00 (Europe/Berlin). Wait',
    );
  });
});

describe('isTimeZone', () => {
  it.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['Europe/Atlantis', false],
    ['', false],
  ])('%j is %j', (name, known) => {
    expect(isTimeZone(name)).toBe(known);
  });
});
