import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  Environment,
  EnvironmentImage,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { liveDifference } from '../../data/versions';
import { useLocale } from '../../text/useLocale';
import { gitopsTranslationRef } from '../../translation';
import { Version } from '../shared/Version';
import styles from './EnvironmentsCard.module.css';

/** The versions that an environment should run, each with what runs instead. */
export function VersionList({ environment }: { environment: Environment }) {
  const { images, findings, name } = environment;
  const { t } = useTranslationRef(gitopsTranslationRef);
  if (images.length === 0) {
    const unreadable = findings.some(({ severity }) => severity === 'error');
    return (
      <p className={styles.noVersion}>
        {t(unreadable ? 'environment.unknownVersion' : 'environment.noPin')}
      </p>
    );
  }
  return (
    <ul
      className={styles.versions}
      aria-label={t('environment.images', { environment: name })}
    >
      {images.map(image => (
        <li key={image.name} className={styles.versionLine}>
          <Version
            image={image.image}
            version={image.desired}
            className={styles.version}
          />
          {images.length > 1 && (
            <span className={styles.dim} title={image.image}>
              {image.name}
            </span>
          )}
          <Live image={image} />
        </li>
      ))}
    </ul>
  );
}

/** What runs, where it is not what should. */
function Live({ image }: { image: EnvironmentImage }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const locale = useLocale();
  const difference = liveDifference(image);
  if (difference.kind === 'none') {
    return null;
  }
  const versions = new Intl.ListFormat(locale).format(difference.versions);
  return (
    <span className={styles.live}>
      {difference.kind === 'old'
        ? t('environment.stillServes', { versions })
        : t('environment.running', { versions })}
    </span>
  );
}
