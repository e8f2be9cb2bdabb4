import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { SyncState } from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../../translation';
import { ExternalLink } from '../shared/ExternalLink';
import { Moment } from '../shared/Moment';
import styles from './EnvironmentsCard.module.css';

/** The commits of this overlay that Argo CD has not synced yet: how many, and on request which. */
export function CommitsBehind({ sync }: { sync: SyncState }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { commitsBehind, commitsBehindIsAtLeast, commits = [] } = sync;
  if (!commitsBehind) {
    return commitsBehindIsAtLeast ? (
      <p className={styles.dim}>{t('environment.farBehind')}</p>
    ) : null;
  }
  const count = commitsBehindIsAtLeast
    ? t('environment.commitsBehindAtLeast', { count: commitsBehind })
    : t('environment.commitsBehind', { count: commitsBehind });
  const more = commitsBehind - commits.length;
  return (
    <details className={styles.behind}>
      <summary>{count}</summary>
      <ul>
        {commits.map(({ sha, title, author, authoredAt, url }) => (
          <li key={sha}>
            <ExternalLink href={url}>{title}</ExternalLink>{' '}
            <span className={styles.dim}>
              {author}
              {authoredAt && (
                <>
                  {' · '}
                  <Moment at={authoredAt} />
                </>
              )}
            </span>
          </li>
        ))}
        {more > 0 && (
          <li className={styles.dim}>
            {t('environment.commitsMore', { count: more })}
          </li>
        )}
      </ul>
    </details>
  );
}
