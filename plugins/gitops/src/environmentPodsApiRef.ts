import type { ComponentType } from 'react';
import { createApiRef } from '@backstage/frontend-plugin-api';
import type { Entity } from '@backstage/catalog-model';

/** Whose pods are shown. @public */
export interface EnvironmentPodsProps {
  /** The entity whose page this is: its annotations say which resources are its own. */
  entity: Entity;
  /** The environment's namespace. */
  namespace: string;
  /** Name of the environment's cluster in Argo CD, where its Application has one. */
  cluster?: string;
}

/** Shows what runs in an environment. Where no module provides it, the page of an environment's pods says so. @public */
export interface EnvironmentPodsApi {
  Pods: ComponentType<EnvironmentPodsProps>;
}

/** @public */
export const environmentPodsApiRef = createApiRef<EnvironmentPodsApi>({
  id: 'plugin.gitops.environment-pods',
});
