import { useMemo } from 'react';
import {
  useApiHolder,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { detectErrors } from '@backstage/plugin-kubernetes-common';
import {
  Cluster,
  DetectedErrorsContext,
  ErrorPanel,
  ErrorReporting,
  kubernetesApiRef,
  useKubernetesObjects,
} from '@backstage/plugin-kubernetes-react';
import { Alert, Skeleton, VisuallyHidden } from '@backstage/ui';
import type { EnvironmentPodsProps } from '@gitops-infra/backstage-plugin-gitops';
import { inNamespace } from './inNamespace';
import { gitopsKubernetesTranslationRef } from './translation';

/** What the Kubernetes plugin shows on its tab, for one namespace. */
export function EnvironmentPods(props: EnvironmentPodsProps) {
  const { t } = useTranslationRef(gitopsKubernetesTranslationRef);
  return useApiHolder().get(kubernetesApiRef) ? (
    <Pods {...props} />
  ) : (
    <Alert
      role="alert"
      status="warning"
      icon
      title={t('notInstalled.title')}
      description={t('notInstalled.description')}
    />
  );
}

function Pods({ entity, namespace, cluster }: EnvironmentPodsProps) {
  const { t } = useTranslationRef(gitopsKubernetesTranslationRef);
  const { kubernetesObjects, error } = useKubernetesObjects(entity);
  const found = useMemo(
    () =>
      kubernetesObjects &&
      inNamespace(kubernetesObjects, { namespace, cluster }),
    [kubernetesObjects, namespace, cluster],
  );
  const { name } = entity.metadata;
  if (error !== undefined) {
    return <ErrorPanel entityName={name} errorMessage={error} />;
  }
  if (!found) {
    return (
      <div role="status">
        <VisuallyHidden>{t('loading')}</VisuallyHidden>
        <Skeleton height={120} />
      </div>
    );
  }
  if (found.items.length === 0) {
    return (
      <Alert
        status="info"
        icon
        title={t('nothing.title', { namespace })}
        description={t('nothing.description', { namespace, entity: name })}
      />
    );
  }
  const detected = detectErrors(found);
  const failing = found.items.filter(({ errors }) => errors.length > 0);
  return (
    <DetectedErrorsContext.Provider value={[...detected.values()].flat()}>
      {failing.length > 0 && (
        <ErrorPanel entityName={name} clustersWithErrors={failing} />
      )}
      <ErrorReporting
        detectedErrors={detected}
        clusters={found.items.map(item => item.cluster)}
      />
      {found.items.map(item => (
        <Cluster
          key={item.cluster.name}
          clusterObjects={item}
          podsWithErrors={
            new Set(
              (detected.get(item.cluster.name) ?? [])
                .filter(({ sourceRef }) => sourceRef.kind === 'Pod')
                .map(({ sourceRef }) => sourceRef.name),
            )
          }
        />
      ))}
    </DetectedErrorsContext.Provider>
  );
}
