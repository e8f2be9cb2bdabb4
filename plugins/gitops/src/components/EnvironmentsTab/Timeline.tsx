import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  PromotionDetails,
  PromotionTimelineEntry,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type { ListStart } from '../../data/readUpTo';
import { formatDuration } from '../../text/time';
import { useLocale } from '../../text/useLocale';
import { gitopsTranslationRef } from '../../translation';
import { FindingCode } from '../shared/FindingCode';
import { Moment } from '../shared/Moment';
import { Person } from '../shared/Person';
import { ShowEarlier } from './ShowEarlier';
import styles from './EnvironmentsTab.module.css';

/** What people do; the rest happens. */
const ACTS = [
  'requested',
  'opened',
  'updated',
  'overridden',
  'merged',
  'closed',
] as const;

/** What happened to a promotion, newest first. */
export function Timeline(props: {
  promotion: PromotionDetails;
  timeline: ListStart<PromotionTimelineEntry>;
  isPending: boolean;
  onEarlier: () => void;
}) {
  const { promotion, timeline } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <section className={styles.part} aria-label={t('timeline.title')}>
      <h3 className={styles.partTitle}>{t('timeline.title')}</h3>
      <ol className={styles.timeline} reversed aria-label={t('timeline.list')}>
        {timeline.items.map((entry, index) => (
          <Entry
            // The newest come first, so that one counts from the other end.
            key={timeline.items.length - index}
            entry={entry}
            promotion={promotion}
          />
        ))}
      </ol>
      <ShowEarlier
        hasMore={timeline.hasMore}
        isPending={props.isPending}
        onPress={props.onEarlier}
      />
    </section>
  );
}

function Entry(props: {
  entry: PromotionTimelineEntry;
  promotion: PromotionDetails;
}) {
  const { at, event, who, detail, code } = props.entry;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const locale = useLocale();
  const ended = props.promotion.durations.phases.find(
    ({ until }) => until === event,
  );
  return (
    <li className={styles.entry} data-event={event}>
      <p className={styles.entryText}>
        {who !== undefined && isAct(event)
          ? t(`timeline.by.${event}`, {
              replace: { person: <Person entityRef={who} /> },
            })
          : t(`timeline.${event}`)}
      </p>
      {detail && <p className={styles.dim}>{detail}</p>}
      {code && (
        <p className={styles.dim}>
          <FindingCode finding={{ code }} />
        </p>
      )}
      <p className={styles.dim}>
        <Moment at={at} />
        {ended?.seconds !== undefined &&
          ` · ${t('timeline.after', {
            duration: formatDuration(ended.seconds, locale),
          })}`}
      </p>
    </li>
  );
}

function isAct(
  event: PromotionTimelineEntry['event'],
): event is (typeof ACTS)[number] {
  return ACTS.some(act => act === event);
}
