import { createFrontendPlugin } from '@backstage/frontend-plugin-api';
import { RiGitPullRequestLine } from '@remixicon/react';
import { environmentsCard } from './extensions/environmentsCard';
import { environmentsTab } from './extensions/environmentsTab';
import { gitopsApi } from './extensions/gitopsApi';
import {
  environmentsRouteRef,
  podsRouteRef,
  promotionRouteRef,
} from './routes';

/** The environments card and tab, and the client that they talk through. @public */
export const gitopsPlugin = createFrontendPlugin({
  pluginId: 'gitops',
  title: 'GitOps',
  icon: <RiGitPullRequestLine />,
  info: { packageJson: () => import('../package.json') },
  routes: {
    environments: environmentsRouteRef,
    pods: podsRouteRef,
    promotion: promotionRouteRef,
  },
  extensions: [gitopsApi, environmentsCard, environmentsTab],
});
