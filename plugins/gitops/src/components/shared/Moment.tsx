import { useNow } from '../../text/Now';
import { formatExact, formatRelative } from '../../text/time';
import { useLocale } from '../../text/useLocale';

/** How long ago something was, with the exact time on hover. */
export function Moment({ at }: { at: string }) {
  const locale = useLocale();
  return (
    <time dateTime={at} title={formatExact(at, locale)}>
      {formatRelative(at, useNow(), locale)}
    </time>
  );
}
