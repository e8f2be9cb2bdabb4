import { createApiRef } from '@backstage/frontend-plugin-api';
import type { GitopsApi } from '@gitops-infra/backstage-plugin-gitops-common';

/** The gitops backend, for this plugin's components and for those of others. @public */
export const gitopsApiRef = createApiRef<GitopsApi>({ id: 'plugin.gitops' });
