import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  Environment,
  EnvironmentImage,
  ImageVersion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { fullReference, liveDifference } from '../../data/versions';
import { useLocale } from '../../text/useLocale';
import { gitopsTranslationRef } from '../../translation';
import { Version } from '../shared/Version';
import { BuiltFrom } from './BuiltFrom';
import styles from './EnvironmentsCard.module.css';

/** The versions that an environment should run, each with what runs instead; or only what runs, where no pin says more. */
export function VersionList({ environment }: { environment: Environment }) {
  const { images, unpinned, findings, name } = environment;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const lines: VersionLine[] =
    images.length > 0 ? images.map(toLine) : unpinned;
  const unreadable = findings.some(({ severity }) => severity === 'error');
  if (lines.length === 0) {
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
      {lines.map(({ image, version, pin }) => (
        <li
          key={pin?.name ?? fullReference(image, version)}
          className={styles.versionLine}
        >
          <Version image={image} version={version} className={styles.version} />
          {lines.length > 1 && (
            <span className={styles.dim} title={image}>
              {pin?.name ?? image}
            </span>
          )}
          {pin?.origin && <BuiltFrom origin={pin.origin} />}
          {pin ? (
            <Live image={pin} />
          ) : (
            <span className={styles.live}>
              {t(unreadable ? 'environment.stillRuns' : 'environment.noPin')}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

interface VersionLine {
  image: string;
  version: ImageVersion;
  pin?: EnvironmentImage;
}

function toLine(pin: EnvironmentImage): VersionLine {
  return { image: pin.image, version: pin.desired, pin };
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
        : t('environment.sideBySide', { versions })}
    </span>
  );
}
