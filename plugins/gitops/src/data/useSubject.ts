import {
  RELATION_OWNED_BY,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import type { Entity } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { useEntity } from '@backstage/plugin-catalog-react';
import { serviceReference } from '@gitops-infra/backstage-plugin-gitops-common';
import { personName } from '../text/people';
import { gitopsTranslationRef } from '../translation';
import type { Subject } from './Subject';

/** With one of these the Kubernetes plugin has a tab on an entity's page. */
const KUBERNETES_ANNOTATIONS = [
  'backstage.io/kubernetes-id',
  'backstage.io/kubernetes-label-selector',
];

/**
 * What is shown about the entity whose page this is; undefined where it refers to no service. Where the key is another
 * one, so is all that is shown.
 */
export function useSubject(): { subject: Subject; key: string } | undefined {
  const { entity } = useEntity();
  const { t } = useTranslationRef(gitopsTranslationRef);
  const reference = serviceReference(entity.metadata.annotations);
  if (!reference) {
    return undefined;
  }
  return {
    key: [
      stringifyEntityRef(entity),
      reference.annotation,
      reference.value,
      reference.applicationNamespace,
    ].join(' '),
    subject: {
      entity: {
        kind: entity.kind,
        namespace: entity.metadata.namespace ?? 'default',
        name: entity.metadata.name,
      },
      reference,
      owner:
        ownerOf(entity) ??
        t('problem.anOwner', { entity: entity.metadata.name }),
      hasKubernetes: KUBERNETES_ANNOTATIONS.some(
        annotation => entity.metadata.annotations?.[annotation],
      ),
    },
  };
}

function ownerOf(entity: Entity): string | undefined {
  const owner =
    entity.relations?.find(({ type }) => type === RELATION_OWNED_BY)
      ?.targetRef ?? entity.spec?.owner;
  return typeof owner === 'string' ? personName(owner) : undefined;
}
