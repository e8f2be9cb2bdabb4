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
      for (const window of own) {
        const since = openSince(window, now);
        if (since) {
          return {
            state: 'failed',
            message: `${environment} is frozen: ${window.name}, ${since} (${window.timeZone}). Wait until it is over.`,
          };
        }
      }
      return {
        state: 'passed',
        message: `${own.map(({ name }) => name).join(', ')}: not now.`,
      };
    },
  };
}

// The times that now is in, in words.
function openSince(window: FreezeWindow, now: Date): string | undefined {
  const there = DateTime.fromJSDate(now, { zone: window.timeZone });
  const minute = there.toFormat('HH:mm');
  const local = `${there.toFormat('yyyy-MM-dd')}T${minute}`;
  const once = window.dates.find(({ from, to }) => from <= local && local < to);
  if (once) {
    return `${spoken(once.from)} to ${spoken(once.to)}`;
  }
  const today = WEEKDAYS[there.weekday - 1];
  const yesterday = WEEKDAYS[(there.weekday + 5) % 7];
  const weekly = window.weekly.find(({ days, from, to }) => {
    const overnight = to <= from;
    return overnight
      ? (days.includes(today) && from <= minute) ||
          (days.includes(yesterday) && minute < to)
      : days.includes(today) && from <= minute && minute < to;
  });
  return weekly && `${weekly.days.join(', ')} ${weekly.from} to ${weekly.to}`;
}

function spoken(local: string): string {
  return local.replace('T', ' ');
}
