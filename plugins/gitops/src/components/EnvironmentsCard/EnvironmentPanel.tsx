import { useId, useState } from 'react';
import type { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button } from '@backstage/ui';
import { repositoryLinks } from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  Environment,
  EnvironmentsResponse,
  Finding,
  Promotion,
  RepositoryRef,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { quotable } from '../../data/quotable';
import type { Subject } from '../../data/Subject';
import { useApplicationRequest } from '../../data/useApplicationRequest';
import type {
  ApplicationCommand,
  ApplicationRequest,
} from '../../data/useApplicationRequest';
import { gitopsTranslationRef } from '../../translation';
import { DeployDialog } from '../DeployDialog/DeployDialog';
import { RollbackDialog } from '../RollbackDialog/RollbackDialog';
import { ExternalLink } from '../shared/ExternalLink';
import { FindingBox } from '../shared/FindingBox';
import { Moment } from '../shared/Moment';
import { Path } from '../shared/Path';
import { useFocusKept } from '../shared/useFocusKept';
import { CommitsBehind } from './CommitsBehind';
import { EnvironmentMenu } from './EnvironmentMenu';
import type { EnvironmentDialog } from './EnvironmentMenu';
import { PodsLink } from './PodsLink';
import { RequestState } from './RequestState';
import { StatusChips } from './StatusChips';
import { VersionList } from './VersionList';
import styles from './EnvironmentsCard.module.css';

/** Digits of a commit that are shown. */
const SHORT_REVISION_DIGITS = 7;

/** One environment: what should run, what runs, and how it is. */
export function EnvironmentPanel(props: {
  subject: Subject;
  response: EnvironmentsResponse;
  environment: Environment;
  onPromotion: (promotion: Promotion) => void;
  /** Called when Argo CD was asked to do something, to read what came of it. */
  onAsked: () => void;
}) {
  const { environment, response } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const titleId = useId();
  const [dialog, setDialog] = useState<EnvironmentDialog>();
  const section = useFocusKept(dialog !== undefined);
  const mayPromote = response.rights.promote;
  const mayDeploy = mayPromote && environment.images.length > 0;
  const { request, ask } = useApplicationRequest(
    props.subject.entity,
    environment,
    props.onAsked,
  );
  const { instance, readOnly, name: application } = environment.application;
  const mayAsk = response.rights.sync && instance !== undefined && !readOnly;
  return (
    <section
      ref={section}
      tabIndex={-1}
      className={styles.environment}
      aria-labelledby={titleId}
    >
      <div className={styles.environmentHeader}>
        <h4 id={titleId} className={styles.environmentName}>
          {environment.name}
        </h4>
        {environment.hosts.length > 0 && (
          <ul
            className={styles.hosts}
            aria-label={t('environment.hosts', {
              environment: environment.name,
            })}
          >
            {environment.hosts.map(({ host, url }) => (
              <li key={url}>
                <ExternalLink href={url}>{host}</ExternalLink>
              </li>
            ))}
          </ul>
        )}
        {(mayDeploy || mayAsk) && (
          <EnvironmentMenu
            environment={environment.name}
            onChoose={mayDeploy ? setDialog : undefined}
            onCommand={mayAsk ? ask : undefined}
            isBusy={request?.kind === 'asking'}
          />
        )}
      </div>
      <VersionList environment={environment} />
      <StatusChips environment={environment} />
      <Progress environment={environment} repository={response.repository} />
      <RequestState request={request} application={application} />
      <Places environment={environment} subject={props.subject} />
      {environment.findings.length > 0 && (
        <ul
          className={styles.findings}
          aria-label={t('environment.findings', {
            environment: environment.name,
          })}
        >
          {environment.findings.map((finding, index) => (
            <li key={`${finding.code} ${index}`}>
              <FindingBox
                finding={finding}
                action={
                  <>
                    {mayPromote && (
                      <QuoteButton
                        finding={finding}
                        environment={environment}
                        onPress={setDialog}
                      />
                    )}
                    {mayAsk && finding.command && (
                      <CommandButton
                        command={finding.command}
                        application={application}
                        request={request}
                        onPress={ask}
                      />
                    )}
                  </>
                }
              />
            </li>
          ))}
        </ul>
      )}
      {dialog?.kind === 'deploy' && (
        <DeployDialog
          {...props}
          service={response.service}
          to={environment.name}
          images={environment.images}
          wanted={dialog.wanted}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog?.kind === 'rollback' && (
        <RollbackDialog
          {...props}
          service={response.service}
          to={environment.name}
          onClose={() => setDialog(undefined)}
        />
      )}
    </section>
  );
}

/** Offers the pull request that mends a tag which is no string. */
function QuoteButton(props: {
  finding: Finding;
  environment: Environment;
  onPress: (dialog: EnvironmentDialog) => void;
}) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const wanted = quotable(props.finding, props.environment);
  return wanted ? (
    <Button
      size="small"
      variant="secondary"
      onPress={() => props.onPress({ kind: 'deploy', wanted })}
    >
      {t('finding.quote')}
    </Button>
  ) : null;
}

/** Has Argo CD do what a finding asks for. */
function CommandButton(props: {
  command: NonNullable<Finding['command']>;
  application: string;
  request: ApplicationRequest | undefined;
  onPress: (command: ApplicationCommand) => void;
}) {
  const { command, application, request } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const isBusy = request?.kind === 'asking';
  return (
    <Button
      size="small"
      variant="secondary"
      isPending={isBusy && request.command === command}
      isDisabled={isBusy}
      onPress={() => props.onPress(command)}
      aria-label={t(`application.${command}Label`, { application })}
    >
      {t(`application.${command}`)}
    </Button>
  );
}

/** What Argo CD last did, to which commit. */
function Progress(props: {
  environment: Environment;
  repository: RepositoryRef;
}) {
  const { sync, operation } = props.environment;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const parts: ReactNode[] = [];
  if (operation?.phase === 'Succeeded' && operation.finishedAt) {
    parts.push(
      t('environment.synced', {
        replace: { when: <Moment at={operation.finishedAt} /> },
      }),
    );
  }
  const revision = sync.appliedRevision ?? sync.revision;
  if (revision) {
    parts.push(
      <ExternalLink
        plain
        href={repositoryLinks.commit(props.repository.url, revision)}
        title={t('environment.revision', { revision })}
      >
        <code className={styles.revision}>
          {revision.slice(0, SHORT_REVISION_DIGITS)}
        </code>
      </ExternalLink>,
    );
  }
  return (
    <>
      <Operation operation={operation} />
      {parts.length > 0 && (
        <p className={styles.dim}>
          {parts.map((part, index) => (
            <span key={index} className={styles.part}>
              {part}
            </span>
          ))}
        </p>
      )}
      <CommitsBehind sync={sync} />
    </>
  );
}

/** The sync operation, when it is running or has failed. */
function Operation({ operation }: Pick<Environment, 'operation'>) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  switch (operation?.phase) {
    case 'Running':
      return (
        <p className={styles.operation} data-tone="moving">
          {operation.startedAt &&
            t('operation.running', {
              replace: { when: <Moment at={operation.startedAt} /> },
            })}
          {operation.message && ` · ${operation.message}`}
        </p>
      );
    case 'Terminating':
      return (
        <p className={styles.operation} data-tone="warning">
          {t('operation.terminating')}
        </p>
      );
    case 'Failed':
    case 'Error':
      return (
        <p className={styles.operation} data-tone="bad">
          {operation.message
            ? t('operation.failedBecause', { message: operation.message })
            : t('operation.failed')}
        </p>
      );
    default:
      return null;
  }
}

/** Where the environment lives: namespace, Application, overlay. */
function Places(props: { environment: Environment; subject: Subject }) {
  const { environment, subject } = props;
  const { namespace, application, overlay } = environment;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const instance =
    application.instance &&
    t('environment.instance', {
      name: `${application.namespace}/${application.name}`,
      instance: application.instance,
    });
  return (
    <dl className={styles.places}>
      {namespace && (
        <div>
          <dt>{t('environment.namespace')}</dt>
          <dd>
            {namespace}
            {subject.hasKubernetes && (
              <PodsLink environment={environment.name} />
            )}
          </dd>
        </div>
      )}
      <div>
        <dt>{t('environment.application')}</dt>
        <dd>
          <ExternalLink href={application.url} title={instance}>
            {application.name}
          </ExternalLink>
        </dd>
      </div>
      <div>
        <dt>{t('environment.overlay')}</dt>
        <dd>
          <ExternalLink href={overlay.url}>
            <Path path={overlay.path} />
          </ExternalLink>
        </dd>
      </div>
      {overlay.revision && (
        <div>
          <dt>{t('environment.targetRevision')}</dt>
          <dd>{overlay.revision}</dd>
        </div>
      )}
    </dl>
  );
}
