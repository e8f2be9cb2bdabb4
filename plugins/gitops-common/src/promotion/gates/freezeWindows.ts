import { DateTime, IANAZone } from 'luxon';
import type { PromotionGate } from './PromotionGate';

/** Names of days, as freeze windows are written with; Monday is the first. @public */
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;

/** @public */
export type Weekday = (typeof WEEKDAYS)[number];

/**
 * Times in which nothing is promoted. All of them are what a clock on the wall shows in `timeZone`, so that a window
 * lasts from and to the same hour the whole year; an hour that comes twice is in it twice.
 *
 * @public
 */
export interface FreezeWindow {
  name: string;
  /** Names of environments; all when absent. */
  environments?: string[];
  /** IANA name, such as `Europe/Berlin`. */
  timeZone: string;
  /** Each week. One that ends at or before its beginning goes on into the next day. */
  weekly: {
    days: Weekday[];
    /** `HH:mm`, the first minute in it. */
    from: string;
    /** `HH:mm`, the first minute after it; `24:00` is the end of the day. */
    to: string;
  }[];
  /** Once: `YYYY-MM-DDTHH:mm`, the first minute in it and the first one after it. */
  dates: { from: string; to: string }[];
  /** Whether nothing is rolled back either. */
  appliesToRollbacks: boolean;
}

/** Whether a time zone is known by that name. @public */
export function isTimeZone(name: string): boolean {
  return IANAZone.isValidZone(name);
}

/** No freeze window of the target is open. @public */
export function freezeWindowsGate(windows: FreezeWindow[]): PromotionGate {
  return {
    id: 'freeze-windows',
    title: 'No freeze window',
    required: true,
    overridable: true,
    atMerge: true,
    check({ target, rollback, now }) {
      const { environment } = target.declared;
      const own = windows.filter(
        ({ environments, appliesToRollbacks }) =>
          (!environments || environments.includes(environment)) &&
          (!rollback || appliesToRollbacks),
      );
      if (own.length === 0) {
        return undefined;
      }
      // All that are open, and until when: what is overridden in one freeze is not overridden in another.
      const open = own.flatMap(window => openText(window, now) ?? []);
      if (open.length > 0) {
        return {
          state: 'failed',
          message: `${environment} is frozen: ${open.join(
            ', ',
          )}. Wait until it is over.`,
        };
      }
      return {
        state: 'passed',
        message: `${own.map(({ name }) => name).join(', ')}: not now.`,
      };
    },
  };
}

// What a clock on the wall shows, as a time of UTC: nothing is reckoned over a change of the clocks.
type WallTime = DateTime;

const WALL_TIME = "yyyy-MM-dd'T'HH:mm";

function openText(window: FreezeWindow, now: Date): string | undefined {
  const { name, timeZone } = window;
  const local = DateTime.fromJSDate(now, { zone: timeZone }).setZone('utc', {
    keepLocalTime: true,
  });
  const end = endAt(window, local);
  if (!end) {
    return undefined;
  }
  const last = endWithoutGap(window, local, end);
  return `${name} ${
    last ? `until ${last.toFormat('yyyy-MM-dd HH:mm')}` : 'for over a year'
  } (${timeZone})`;
}

// Times of a window that follow on one another are one freeze, as Friday evening and the weekend are.
function endWithoutGap(
  window: FreezeWindow,
  from: WallTime,
  firstEnd: WallTime,
): WallTime | undefined {
  const aYearOn = from.plus({ years: 1 });
  let end = firstEnd;
  for (let next = endAt(window, end); next; next = endAt(window, end)) {
    if (next > aYearOn) {
      return undefined;
    }
    end = next;
  }
  return end;
}

// When what the time is in of the window ends; the last of these ends.
function endAt(
  { weekly, dates }: FreezeWindow,
  time: WallTime,
): WallTime | undefined {
  const minute = time.toFormat(WALL_TIME);
  const once = dates
    .filter(({ from, to }) => from <= minute && minute < to)
    .map(({ to }) => DateTime.fromISO(to, { zone: 'utc' }));
  const today = time.startOf('day');
  const weeklyOf = (day: WallTime) =>
    weekly
      .filter(({ days }) => days.includes(WEEKDAYS[day.weekday - 1]))
      .map(({ from, to }) => ({
        begin: onDay(day, from),
        end: onDay(to <= from ? day.plus({ days: 1 }) : day, to),
      }))
      .filter(({ begin, end }) => begin <= time && time < end)
      .map(({ end }) => end);
  const ends = [
    ...once,
    ...weeklyOf(today.minus({ days: 1 })),
    ...weeklyOf(today),
  ];
  return ends.length > 0 ? DateTime.max(...ends) : undefined;
}

function onDay(day: WallTime, clock: string): WallTime {
  const [hours, minutes] = clock.split(':').map(Number);
  return day.plus({ hours, minutes });
}
