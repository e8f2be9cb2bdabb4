import {
  configApiRef,
  useApi,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { findingDocs } from '@gitops-infra/backstage-plugin-gitops-common';
import type { Finding } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../../translation';
import { ExternalLink } from './ExternalLink';
import styles from './shared.module.css';

/** The code of a finding, with the page about it where there is one. */
export function FindingCode({
  finding,
}: {
  finding: Pick<Finding, 'code' | 'docs'>;
}) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const docs = findingDocs(
    finding,
    useApi(configApiRef).getOptionalString('gitops.findingDocsUrl'),
  );
  return docs ? (
    <ExternalLink href={docs} title={t('finding.docsTitle')}>
      {t('finding.docs', { code: finding.code })}
    </ExternalLink>
  ) : (
    <code className={styles.code}>{finding.code}</code>
  );
}
