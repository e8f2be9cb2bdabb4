import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  ApplicationCommits,
  CommitsBetween,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../../translation';
import { ExternalLink } from '../shared/ExternalLink';
import { Moment } from '../shared/Moment';
import styles from './ApplicationCommits.module.css';

/** The commits of an application's own repository that come with a change of its version, or that it takes back. */
export function ApplicationCommitsView(props: {
  application: ApplicationCommits;
}) {
  const { name, unknown, url, added, removed } = props.application;
  const { t } = useTranslationRef(gitopsTranslationRef);
  if (unknown !== undefined) {
    return (
      <p className={styles.commits}>
        {t('promote.commits.unknown', { name, reason: unknown })}
      </p>
    );
  }
  if (!added?.count && !removed?.count) {
    return (
      <p className={styles.commits}>{t('promote.commits.none', { name })}</p>
    );
  }
  return (
    <>
      {added !== undefined && added.count > 0 && (
        <CommitList
          title={t('promote.commits.added', { name, count: added.count })}
          between={added}
          url={url}
        />
      )}
      {removed !== undefined && removed.count > 0 && (
        <CommitList
          title={t('promote.commits.removed', { name, count: removed.count })}
          between={removed}
          url={url}
        />
      )}
    </>
  );
}

function CommitList(props: {
  title: string;
  between: CommitsBetween;
  url: string | undefined;
}) {
  const { title, between, url } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const more = between.count - between.commits.length;
  return (
    <section className={styles.commits} aria-label={title}>
      <p>
        {title}{' '}
        {url && (
          <ExternalLink href={url}>{t('promote.commits.compare')}</ExternalLink>
        )}
      </p>
      <ul>
        {between.commits.map(commit => (
          <li key={commit.sha}>
            <ExternalLink href={commit.url} plain>
              {commit.title || commit.sha.slice(0, 7)}
            </ExternalLink>{' '}
            <span className={styles.dim}>
              {commit.author}
              {commit.authoredAt && (
                <>
                  {' · '}
                  <Moment at={commit.authoredAt} />
                </>
              )}
            </span>
          </li>
        ))}
        {more > 0 && (
          <li className={styles.dim}>
            {t('promote.commits.more', { count: more })}
          </li>
        )}
      </ul>
    </section>
  );
}
