import { useState } from 'react';
import { useParams } from 'react-router-dom';
import { useRouteRef, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Link, Text } from '@backstage/ui';
import { describeProblem } from '../../data/errors';
import { whyStuck } from '../../data/promotionLook';
import { usePromotion } from '../../data/usePromotion';
import { environmentsRouteRef } from '../../routes';
import { gitopsTranslationRef } from '../../translation';
import { FindingBox } from '../shared/FindingBox';
import { useFocusKept } from '../shared/useFocusKept';
import shared from '../shared/shared.module.css';
import type { TabContext } from './EnvironmentsTab';
import { LoadingList } from './LoadingList';
import { PageProblem } from './PageProblem';
import { Phases } from './Phases';
import { PromotionActions } from './PromotionActions';
import type { PromotionDialog } from './PromotionActions';
import { PromotionState } from './PromotionState';
import { PromotionSummary } from './PromotionSummary';
import { Timeline } from './Timeline';
import styles from './EnvironmentsTab.module.css';

/** The promotion that the address names. */
export function PromotionPage(context: TabContext) {
  const { id = '' } = useParams();
  const { t } = useTranslationRef(gitopsTranslationRef);
  const listPage = useRouteRef(environmentsRouteRef);
  return (
    <div className={styles.page}>
      {listPage && (
        <Link href={listPage()} className={shared.link}>
          <span aria-hidden="true">← </span>
          {t('promotions.allPromotions')}
        </Link>
      )}
      <PromotionView key={id} id={id} {...context} />
    </div>
  );
}

function PromotionView(props: TabContext & { id: string }) {
  const { id, ...context } = props;
  const { subject, response, environments } = context;
  const followed = usePromotion(id, response.service);
  const { data, error, wanted, wantMore } = followed;
  const [dialog, setDialog] = useState<PromotionDialog>();
  const section = useFocusKept(dialog !== undefined);
  if (!data) {
    if (error === undefined) {
      return <LoadingList />;
    }
    return describeProblem(error).kind === 'notFound' ? (
      <NotHere service={response.service} />
    ) : (
      <PageProblem {...context} page={followed} />
    );
  }
  const { promotion, timeline } = data;
  if (promotion.service !== response.service) {
    return <NotHere service={response.service} />;
  }
  const stuck = whyStuck(promotion, response);
  return (
    <>
      <PageProblem {...context} page={followed} />
      <section
        ref={section}
        tabIndex={-1}
        className={styles.promotion}
        aria-labelledby="promotion-title"
      >
        <div className={styles.itemHeader}>
          {/* Said when it changes. */}
          <span role="status">
            <PromotionState promotion={promotion} response={response} />
          </span>
          <Text
            as="h2"
            variant="title-x-small"
            weight="bold"
            id="promotion-title"
            className={styles.itemTitle}
          >
            {promotion.title}
          </Text>
        </div>
        <PromotionSummary promotion={promotion} />
        {stuck && <FindingBox finding={stuck} />}
        <PromotionActions
          subject={subject}
          response={response}
          promotion={promotion}
          dialog={dialog}
          onDialog={setDialog}
          onPromotion={changed => {
            if (changed.id === promotion.id) {
              followed.record(changed);
            }
            environments.recordPromotion(changed);
          }}
        />
        <Phases promotion={promotion} />
        <Timeline
          promotion={promotion}
          timeline={timeline}
          isPending={timeline.wanted < wanted && error === undefined}
          onEarlier={wantMore}
        />
      </section>
    </>
  );
}

function NotHere({ service }: { service: string }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <Alert
      role="alert"
      status="warning"
      icon
      title={t('promotions.notHere.title')}
      description={t('promotions.notHere.description', { service })}
    />
  );
}
