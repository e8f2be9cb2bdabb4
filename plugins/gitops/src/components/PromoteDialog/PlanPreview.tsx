import type { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert } from '@backstage/ui';
import {
  bySource,
  samePinChanges,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  Finding,
  PinSkipped,
  PromotionPlan,
  PromotionPreviewResponse,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { gitopsTranslationRef } from '../../translation';
import { FindingBox } from '../shared/FindingBox';
import { PullRequestLink } from '../shared/PullRequestLink';
import { Version } from '../shared/Version';
import { ApplicationCommitsView } from './ApplicationCommitsView';
import { DiffView } from './DiffView';
import styles from './PromoteDialog.module.css';

/** What a promotion changes, what it leaves alone, and what speaks against it. */
export function PlanPreview(props: {
  preview: PromotionPreviewResponse;
  /** What the gates say. */
  gates: ReactNode;
}) {
  const { plan, open } = props.preview;
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <>
      {open && (
        <Alert
          status="info"
          icon
          title={
            open.pullRequest
              ? t(
                  samePinChanges(open.changes, plan.changes)
                    ? 'promote.findsOpen'
                    : 'promote.anotherOpen',
                  {
                    replace: {
                      pullRequest: <PullRequestLink promotion={open} />,
                      to: plan.to,
                    },
                  },
                )
              : t('promote.anotherOpening', { to: plan.to })
          }
        />
      )}
      {plan.changes.length > 0 ? (
        <ChangesTable plan={plan} />
      ) : (
        <p className={styles.nothing}>
          {bySource(plan, {
            from: from => t('promote.nothing', { from, to: plan.to }),
            version: version =>
              t('promote.nothingDeploy', { version, to: plan.to }),
            rollbackTo: () => t('promote.nothingRollback', { to: plan.to }),
          })}
        </p>
      )}
      {plan.skipped.length > 0 && (
        <ul className={styles.skipped}>
          {plan.skipped.map(skipped => (
            <li key={skipped.name}>
              <Skipped skipped={skipped} plan={plan} />
            </li>
          ))}
        </ul>
      )}
      {plan.applicationCommits?.map(application => (
        <ApplicationCommitsView
          key={application.name}
          application={application}
        />
      ))}
      {plan.undoes && (
        <div>
          <p className={styles.nothing}>{t('rollback.undoes')}</p>
          <ul className={styles.skipped}>
            {plan.undoes.map(undone => (
              <li key={undone.id}>
                <PullRequestLink promotion={undone} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {plan.files.map(file => (
        <DiffView key={file.path} file={file} />
      ))}
      {props.gates}
      {plan.findings.length > 0 && (
        <ul className={styles.findings} aria-label={t('promote.findings')}>
          {bySeverity(plan.findings).map((finding, index) => (
            <li key={`${finding.code} ${index}`}>
              <FindingBox finding={finding} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function ChangesTable({ plan }: { plan: PromotionPlan }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <table className={styles.table} aria-label={t('promote.tableLabel')}>
      <thead>
        <tr>
          <th scope="col">{t('promote.image')}</th>
          <th scope="col">{t('promote.now', { to: plan.to })}</th>
          <th scope="col">{t('promote.after')}</th>
        </tr>
      </thead>
      <tbody>
        {plan.changes.map(({ name, image, before, after }) => (
          <tr key={name}>
            <th scope="row">{image}</th>
            <td>
              <Version image={image} version={before} />
            </td>
            <td className={styles.after}>
              <Version image={image} version={after} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const SKIPPED = {
  from: {
    'same-version': 'promote.skipped.sameVersion',
    'only-in-source': 'promote.skipped.onlyInSource',
    'only-in-target': 'promote.skipped.onlyInTarget',
    'tag-against-digest': 'promote.skipped.tagAgainstDigest',
    'no-version': 'promote.skipped.noVersion',
    'not-chosen': 'promote.skipped.notChosen',
  },
  version: {
    'same-version': 'promote.skipped.hasVersion',
    'only-in-source': 'promote.skipped.onlyInSource',
    'only-in-target': 'promote.skipped.notChosen',
    'tag-against-digest': 'promote.skipped.pinnedOtherwise',
    'no-version': 'promote.skipped.hasNoVersion',
    'not-chosen': 'promote.skipped.notChosen',
  },
  rollbackTo: {
    'same-version': 'promote.skipped.hadSameVersion',
    'only-in-source': 'promote.skipped.notPinnedNow',
    'only-in-target': 'promote.skipped.notPinnedThen',
    'tag-against-digest': 'promote.skipped.pinnedOtherwiseThen',
    'no-version': 'promote.skipped.noVersionThen',
    'not-chosen': 'promote.skipped.notChosen',
  },
} as const;

function Skipped(props: { skipped: PinSkipped; plan: PromotionPlan }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { name, reason } = props.skipped;
  const { from = '', to } = props.plan;
  const texts = bySource<(typeof SKIPPED)[keyof typeof SKIPPED]>(props.plan, {
    from: () => SKIPPED.from,
    version: () => SKIPPED.version,
    rollbackTo: () => SKIPPED.rollbackTo,
  });
  return <>{t(texts[reason], { name, from, to })}</>;
}

const SEVERITY_RANK: Record<Finding['severity'], number> = {
  error: 0,
  warning: 1,
  info: 2,
};

function bySeverity(findings: Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) => SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity],
  );
}
