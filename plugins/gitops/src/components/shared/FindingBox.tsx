import type { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  Finding,
  SourceLocation,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../../translation';
import { ExternalLink } from './ExternalLink';
import { FindingCode } from './FindingCode';
import { Path } from './Path';
import styles from './shared.module.css';

/** Evidence longer than this is folded away. */
const EVIDENCE_SHOWN_CHARACTERS = 160;

/** A diagnosis: what is wrong, where, why, what to do, and what was seen. */
export function FindingBox(props: {
  finding: Finding;
  /** What mends it at once. */
  action?: ReactNode;
}) {
  const { finding } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <div className={styles.finding} data-severity={finding.severity}>
      <p className={styles.findingWhat}>
        <span className={styles.findingSeverity}>
          {t(`finding.${finding.severity}`)}:
        </span>{' '}
        {finding.what}
      </p>
      {finding.where && (
        <p>
          <Location location={finding.where} />
        </p>
      )}
      <p>
        <span className={styles.findingLabel}>{t('finding.why')}:</span>{' '}
        {finding.why}
      </p>
      <p>
        <span className={styles.findingLabel}>{t('finding.fix')}:</span>{' '}
        {finding.fix}
      </p>
      {finding.evidence && <Evidence text={finding.evidence} />}
      <p>
        <FindingCode finding={finding} />
      </p>
      {props.action}
    </div>
  );
}

/** `path:line:column`, linked to the place at the commit that it was read at. */
export function Location({ location }: { location: SourceLocation }) {
  const { path, line, column, url } = location;
  return (
    <ExternalLink href={url}>
      <code className={styles.code}>
        <Path
          path={[path, line, column]
            .filter(part => part !== undefined)
            .join(':')}
        />
      </code>
    </ExternalLink>
  );
}

function Evidence({ text }: { text: string }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const long = text.length > EVIDENCE_SHOWN_CHARACTERS || text.includes('\n');
  return long ? (
    <details className={styles.evidence}>
      <summary>{t('finding.evidence')}</summary>
      <pre className={styles.code}>{text}</pre>
    </details>
  ) : (
    <p>
      <span className={styles.findingLabel}>{t('finding.evidence')}:</span>{' '}
      <code className={styles.code}>{text}</code>
    </p>
  );
}
