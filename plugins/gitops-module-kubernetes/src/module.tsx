import { lazy } from 'react';
import {
  ApiBlueprint,
  createFrontendModule,
} from '@backstage/frontend-plugin-api';
import { environmentPodsApiRef } from '@gitops-infra/backstage-plugin-gitops';

// The Kubernetes plugin's components are large, and most people never look at pods.
const Pods = lazy(() =>
  import('./EnvironmentPods').then(module => ({
    default: module.EnvironmentPods,
  })),
);

/** Has the gitops plugin show pods by the Kubernetes plugin, which the app needs as well. @public */
export const gitopsKubernetesModule = createFrontendModule({
  pluginId: 'gitops',
  extensions: [
    ApiBlueprint.make({
      name: 'environment-pods',
      params: defineParams =>
        defineParams({
          api: environmentPodsApiRef,
          deps: {},
          factory: () => ({ Pods }),
        }),
    }),
  ],
});
