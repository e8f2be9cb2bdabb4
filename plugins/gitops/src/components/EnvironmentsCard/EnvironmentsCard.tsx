import { useId } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Card, CardBody, CardHeader, Text } from '@backstage/ui';
import type { Subject } from '../../data/Subject';
import { useEnvironments } from '../../data/useEnvironments';
import { gitopsTranslationRef } from '../../translation';
import { EmptyService, LoadProblem, ReloadProblem } from './CardProblems';
import { EnvironmentFlow } from './EnvironmentFlow';
import { FreshnessIndicator } from './FreshnessIndicator';
import { LoadingEnvironments } from './LoadingEnvironments';
import styles from './EnvironmentsCard.module.css';

/** Which version of a service is in which environment, and the way from one to the next. */
export function EnvironmentsCard({ subject }: { subject: Subject }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const titleId = useId();
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
            <FreshnessIndicator environments={data.environments} />
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
