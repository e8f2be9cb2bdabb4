import { createFrontendPlugin } from '@backstage/frontend-plugin-api';
import { RiGitPullRequestLine } from '@remixicon/react';
import { environmentsCard } from './extensions/environmentsCard';
import { gitopsApi } from './extensions/gitopsApi';

/** The environments card and the client that it talks through. @public */
export const gitopsPlugin = createFrontendPlugin({
  pluginId: 'gitops',
  title: 'GitOps',
  icon: <RiGitPullRequestLine />,
  info: { packageJson: () => import('../package.json') },
  extensions: [gitopsApi, environmentsCard],
});
