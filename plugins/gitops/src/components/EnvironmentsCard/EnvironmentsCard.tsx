import { useId } from 'react';
import { useRouteRef, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Card, CardBody, CardHeader, Link, Text } from '@backstage/ui';
import type { Subject } from '../../data/Subject';
import { useEnvironments } from '../../data/useEnvironments';
import { environmentsRouteRef } from '../../routes';
import { gitopsTranslationRef } from '../../translation';
import shared from '../shared/shared.module.css';
import { EmptyService, LoadProblem, ReloadProblem } from './CardProblems';
import { EnvironmentFlow } from './EnvironmentFlow';
import { FreshnessIndicator } from './FreshnessIndicator';
import { LoadingEnvironments } from './LoadingEnvironments';
import styles from './EnvironmentsCard.module.css';

/** Which version of a service is in which environment, and the way from one to the next. */
export function EnvironmentsCard({ subject }: { subject: Subject }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const titleId = useId();
  const promotionsPage = useRouteRef(environmentsRouteRef);
  const { data, error, reload, recordPromotion } = useEnvironments(
    subject.entity,
    subject.reference.service,
  );

  let content = <LoadingEnvironments />;
  if (data) {
    content =
      data.environments.length > 0 ? (
        <EnvironmentFlow
          subject={subject}
          response={data}
          onPromotion={recordPromotion}
          onAsked={reload}
        />
      ) : (
        <EmptyService response={data} />
      );
  } else if (error) {
    content = <LoadProblem error={error} subject={subject} onRetry={reload} />;
  }

  return (
    <Card className={styles.card} aria-labelledby={titleId}>
      <CardHeader>
        <div className={styles.header}>
          <Text
            as="h3"
            variant="title-x-small"
            weight="bold"
            id={titleId}
            className={styles.title}
          >
            {t('card.title')}
          </Text>
          {data && data.environments.length > 0 && (
            <div className={styles.headerEnd}>
              <FreshnessIndicator environments={data.environments} />
              {promotionsPage && (
                <Link href={promotionsPage()} className={shared.link}>
                  {t('promotions.allPromotions')}
                </Link>
              )}
            </div>
          )}
        </div>
      </CardHeader>
      <CardBody>
        {data && error ? (
          <ReloadProblem error={error} onRetry={reload} />
        ) : null}
        {content}
      </CardBody>
    </Card>
  );
}
