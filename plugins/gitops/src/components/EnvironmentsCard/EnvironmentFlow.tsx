import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  EnvironmentsResponse,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { placeEnvironments } from '../../data/steps';
import type { Subject } from '../../data/Subject';
import { gitopsTranslationRef } from '../../translation';
import { EnvironmentPanel } from './EnvironmentPanel';
import { PromotionStep } from './PromotionStep';
import styles from './EnvironmentsCard.module.css';

/** The environments in promotion order, each with the step that leads into it. */
export function EnvironmentFlow(props: {
  subject: Subject;
  response: EnvironmentsResponse;
  onPromotion: (promotion: Promotion) => void;
}) {
  const { subject, response, onPromotion } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const places = placeEnvironments(response.environments);
  return (
    <div className={styles.flowContainer}>
      <ol
        className={styles.flow}
        aria-label={t('environment.list')}
        data-count={Math.min(places.length, 4)}
      >
        {places.map(place => (
          <li
            key={place.environment.name}
            className={styles.place}
            data-step={place.from === undefined ? undefined : 'true'}
          >
            {place.from !== undefined && (
              <PromotionStep
                subject={subject}
                response={response}
                environment={place.environment}
                from={place.from}
                joined={place.joined}
                onPromotion={onPromotion}
              />
            )}
            <EnvironmentPanel
              environment={place.environment}
              repository={response.repository}
            />
          </li>
        ))}
      </ol>
    </div>
  );
}
