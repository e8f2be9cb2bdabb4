import { Suspense } from 'react';
import { useParams } from 'react-router-dom';
import {
  useApiHolder,
  useRouteRef,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { useEntity, useEntityRefLink } from '@backstage/plugin-catalog-react';
import { Alert, Link, Text } from '@backstage/ui';
import { environmentPodsApiRef } from '../../environmentPodsApiRef';
import { environmentsRouteRef } from '../../routes';
import { gitopsTranslationRef } from '../../translation';
import shared from '../shared/shared.module.css';
import type { TabContext } from './EnvironmentsTab';
import { LoadingList } from './LoadingList';
import styles from './EnvironmentsTab.module.css';

/** The pods of the environment that the address names: the Kubernetes tab, for its namespace alone. */
export function PodsPage({ subject, response }: TabContext) {
  const { environment: name = '' } = useParams();
  const { t } = useTranslationRef(gitopsTranslationRef);
  const listPage = useRouteRef(environmentsRouteRef);
  const pageOf = useEntityRefLink();
  const { entity } = useEntity();
  const shown = useApiHolder().get(environmentPodsApiRef);
  const environment = response.environments.find(it => it.name === name);
  const { namespace } = environment ?? {};
  const tells = (what: 'notHere' | 'noNamespace' | 'noAnnotation' | 'none') => (
    <Alert
      role="alert"
      status="warning"
      icon
      title={t(`pods.${what}.title`)}
      description={t(`pods.${what}.description`, {
        environment: name,
        service: response.service,
      })}
    />
  );
  return (
    <section className={styles.page} aria-labelledby="pods-title">
      {listPage && (
        <Link href={listPage()} className={shared.link}>
          <span aria-hidden="true">← </span>
          {t('promotions.allPromotions')}
        </Link>
      )}
      <div className={styles.pageHeader}>
        <Text as="h2" variant="title-x-small" weight="bold" id="pods-title">
          {namespace
            ? t('pods.titleIn', { environment: name, namespace })
            : t('pods.title', { environment: name })}
        </Text>
        {subject.hasKubernetes && (
          <Link
            href={`${pageOf(subject.entity)}/kubernetes`}
            className={shared.link}
          >
            {t('pods.all')}
          </Link>
        )}
      </div>
      {!environment && tells('notHere')}
      {environment && !namespace && tells('noNamespace')}
      {namespace && !subject.hasKubernetes && tells('noAnnotation')}
      {namespace && subject.hasKubernetes && !shown && tells('none')}
      {namespace && subject.hasKubernetes && shown && (
        <Suspense fallback={<LoadingList text={t('pods.loading')} />}>
          <shown.Pods
            entity={entity}
            namespace={namespace}
            cluster={environment?.cluster}
          />
        </Suspense>
      )}
    </section>
  );
}
