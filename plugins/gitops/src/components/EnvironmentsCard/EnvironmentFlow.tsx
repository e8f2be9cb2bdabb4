import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  EnvironmentsResponse,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { placeEnvironments } from '../../data/steps';
import type { PlacedEnvironment } from '../../data/steps';
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
  onAsked: () => void;
}) {
  const { subject, response, onPromotion, onAsked } = props;
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
            data-step={hasStep(place) ? 'true' : undefined}
          >
            {hasStep(place) && (
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
              subject={subject}
              response={response}
              environment={place.environment}
              onPromotion={onPromotion}
              onAsked={onAsked}
            />
          </li>
        ))}
      </ol>
    </div>
  );
}

// Where nothing is promoted from there may be a promotion of a version that a person named, or a rollback.
function hasStep({ from, environment }: PlacedEnvironment): boolean {
  return from !== undefined || environment.promotion !== undefined;
}
