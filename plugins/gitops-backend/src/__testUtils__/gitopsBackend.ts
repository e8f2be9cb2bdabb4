import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { Sandbox } from '@gitops-infra/sandbox';
import gitopsPlugin from '../index';

/** What a test says of the surroundings of a backend, and sees of it. */
export interface Surroundings {
  /** Names of the permissions that nobody has. */
  denied: string[];
  audited: { eventId: string; outcome: string; meta?: object }[];
}

/** The plugin before a sandbox, with the component `demo` in its catalog. */
export async function startGitopsBackend(
  sandbox: Sandbox,
  surroundings: Surroundings,
  config: { argocd?: object; gitops?: object } = {},
) {
  return startTestBackend({
    features: [
      gitopsPlugin,
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'http://backstage.test' },
          backend: { baseUrl: 'http://backstage.test' },
          integrations: {
            github: [
              {
                host: new URL(sandbox.urls.github).host,
                apiBaseUrl: sandbox.urls.github,
                token: sandbox.tokens.github,
              },
            ],
          },
          gitops: {
            repositories: [{ url: sandbox.urls.repository }],
            argocd: [
              {
                name: 'main',
                url: sandbox.urls.argocd,
                token: sandbox.tokens.argocd,
                ...config.argocd,
              },
            ],
            repositoryInterval: { milliseconds: 200 },
            promotionInterval: { milliseconds: 200 },
            ...config.gitops,
          },
        },
      }),
      catalogServiceMock.factory({
        entities: [
          {
            apiVersion: 'backstage.io/v1alpha1',
            kind: 'Component',
            metadata: {
              name: 'demo',
              namespace: 'default',
              annotations: { 'gitops-infra.dev/service': 'demo' },
            },
            spec: {},
          },
        ],
      }),
      mockServices.permissions.mock({
        authorize: async requests =>
          requests.map(({ permission }) => ({
            result: surroundings.denied.includes(permission.name)
              ? AuthorizeResult.DENY
              : AuthorizeResult.ALLOW,
          })),
      }).factory,
      mockServices.auditor.mock({
        createEvent: async ({ eventId, meta }) => ({
          success: async () => {
            surroundings.audited.push({ eventId, meta, outcome: 'success' });
          },
          fail: async () => {
            surroundings.audited.push({ eventId, meta, outcome: 'fail' });
          },
        }),
      }).factory,
    ],
  });
}
