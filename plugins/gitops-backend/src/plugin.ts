import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { parseEntityRef } from '@backstage/catalog-model';
import {
  DefaultGithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import {
  gitopsPermissions,
  serviceSignalChannel,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { createApplicationSource } from './argocd/createApplicationSource';
import { InstanceState } from './argocd/InstanceState';
import { readGitopsConfig } from './config';
import { DatabasePromotionStore } from './database/DatabasePromotionStore';
import { GithubRepository } from './github/GithubRepository';
import { subscribeToWebhooks } from './github/webhooks';
import { PromotionEngine } from './promotion/PromotionEngine';
import { ReadModel } from './readmodel/ReadModel';
import { RepositoryState } from './readmodel/RepositoryState';
import { Side } from './readmodel/Side';
import { UpstreamFollowers } from './readmodel/UpstreamFollowers';
import { EntityServices } from './service/EntityServices';
import { createRouter } from './service/router';

// A side is doubted when several looks in a row are missing.
const STALE_AFTER_INTERVALS = 4;
// A busy machine may be late by as much, whatever the interval.
const STALE_AFTER_AT_LEAST_MS = 30_000;

/**
 * Reads infra repositories and Argo CD, answers the environments API and opens promotion pull requests.
 *
 * @public
 */
export const gitopsPlugin = createBackendPlugin({
  pluginId: 'gitops',
  register(env) {
    env.registerInit({
      deps: {
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        discovery: coreServices.discovery,
        events: eventsServiceRef,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        scheduler: coreServices.scheduler,
        signals: signalsServiceRef,
      },
      async init({
        auditor,
        auth,
        catalog,
        config,
        database,
        discovery,
        events,
        httpAuth,
        httpRouter,
        lifecycle,
        logger,
        permissions,
        permissionsRegistry,
        scheduler,
        signals,
      }) {
        const gitops = readGitopsConfig(config);
        permissionsRegistry.addPermissions(gitopsPermissions);

        const integrations = ScmIntegrations.fromConfig(config);
        const credentials =
          DefaultGithubCredentialsProvider.fromIntegrations(integrations);
        const repositories = gitops.repositories.map(
          repository =>
            new RepositoryState({
              config: repository,
              github: new GithubRepository({
                repository,
                integrations,
                credentials,
              }),
              side: new Side(staleAfterMs(gitops.repositoryIntervalMs)),
              logger,
            }),
        );
        const instances = gitops.argocd.map(
          instance =>
            new InstanceState(
              instance,
              new Side(staleAfterMs(gitops.argocdIdleLimitMs)),
            ),
        );
        const announce = (services: string[]) => {
          for (const service of services) {
            // The message says nothing: what changed is read from the API, where permissions are checked.
            signals
              .publish({
                recipients: { type: 'broadcast' },
                channel: serviceSignalChannel(service),
                message: {},
              })
              .catch(error => logger.warn('A signal was not sent', error));
          }
        };
        const readModel = new ReadModel(repositories, instances);
        const store = await DatabasePromotionStore.create({ database });
        const engine = new PromotionEngine({
          readModel,
          store,
          repositories: new Map(
            repositories.map(({ config: { url }, github }) => [url, github]),
          ),
          logger,
          pageUrl: entityRef => {
            const { kind, namespace, name } = parseEntityRef(entityRef);
            return `${gitops.appBaseUrl}/catalog/${namespace}/${kind}/${name}`;
          },
          onChange: service => announce([service]),
        });

        const followers = new UpstreamFollowers({
          repositories,
          instances: instances.map(state => ({
            state,
            source: createApplicationSource(state.config, { auth, discovery }),
          })),
          argocdResyncIntervalMs: gitops.argocdResyncIntervalMs,
          argocdIdleLimitMs: gitops.argocdIdleLimitMs,
          readModel,
          logger,
          announce,
          applicationsChanged: (source, service) =>
            engine
              .settle(source.config.url, service)
              .catch(error =>
                logger.warn('Promotions were not looked at', error),
              ),
        });
        await followers.start(scheduler, gitops.repositoryIntervalMs);
        await scheduler.scheduleTask({
          id: 'reconcile-promotions',
          frequency: { milliseconds: gitops.promotionIntervalMs },
          timeout: { minutes: 2 },
          scope: 'local',
          fn: () => engine.reconcile(),
        });
        await subscribeToWebhooks({
          events,
          logger,
          onNews: async news => {
            const source = repositories.find(({ config: { url } }) =>
              isSameUrl(url, news.repositoryUrl),
            );
            if (news.kind === 'push' && news.branch === source?.config.branch) {
              await source.refresh();
            } else if (news.kind === 'pullRequest' && source) {
              await engine.reconcilePullRequest(source.config.url, news.number);
            }
          },
        });
        lifecycle.addShutdownHook(() => followers.stop());

        httpRouter.use(
          createRouter({
            readModel,
            engine,
            store,
            entities: new EntityServices({ catalog, permissions }),
            httpAuth,
            auditor,
            logger,
          }),
        );
      },
    });
  },
});

function staleAfterMs(intervalMs: number): number {
  return Math.max(STALE_AFTER_INTERVALS * intervalMs, STALE_AFTER_AT_LEAST_MS);
}

// GitHub takes names of owners and repositories in any case.
function isSameUrl(one: string, other: string): boolean {
  return one.toLocaleLowerCase('en-US') === other.toLocaleLowerCase('en-US');
}
