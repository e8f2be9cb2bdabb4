/** Ages and moments in words. */

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

function inLargestUnit(
  milliseconds: number,
): [number, Intl.RelativeTimeFormatUnit] {
  const [unit, size] =
    UNITS.find(([, candidate]) => milliseconds >= candidate) ??
    UNITS[UNITS.length - 1];
  return [Math.floor(milliseconds / size), unit];
}

/** `4 min`: how long ago a moment was; never negative, as clocks differ. */
export function formatAge(
  moment: string,
  now: number,
  locale: string | undefined,
): string {
  const [count, unit] = inLargestUnit(
    Math.max(0, now - new Date(moment).getTime()),
  );
  return formatCount(count, unit, locale);
}

/** `1 hr 5 min`: how long something took, in its two largest units. */
export function formatDuration(
  seconds: number,
  locale: string | undefined,
): string {
  let rest = Math.max(0, Math.round(seconds)) * 1_000;
  const counts = UNITS.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return [count, unit] as const;
  });
  const largest = counts.findIndex(([count]) => count > 0);
  return counts
    .slice(largest < 0 ? -1 : largest)
    .slice(0, 2)
    .filter(([count], index) => index === 0 || count > 0)
    .map(([count, unit]) => formatCount(count, unit, locale))
    .join(' ');
}

function formatCount(
  count: number,
  unit: Intl.RelativeTimeFormatUnit,
  locale: string | undefined,
): string {
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
  }).format(count);
}

/** `20 sec. ago`; a moment in the future is now, as clocks differ. */
export function formatRelative(
  moment: string,
  now: number,
  locale: string | undefined,
): string {
  const [count, unit] = inLargestUnit(
    Math.max(0, now - new Date(moment).getTime()),
  );
  return new Intl.RelativeTimeFormat(locale, {
    numeric: count === 0 || unit === 'day' ? 'auto' : 'always',
    style: 'short',
  }).format(-count, unit);
}

/** The moment itself, for those who want it exactly. */
export function formatExact(
  moment: string,
  locale: string | undefined,
): string {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'long',
  }).format(new Date(moment));
}
