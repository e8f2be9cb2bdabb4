import { randomUUID } from 'node:crypto';
import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { metricsServiceRef } from '@backstage/backend-plugin-api/alpha';
import { parseEntityRef } from '@backstage/catalog-model';
import {
  DefaultGithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { ServiceUnavailableError } from '@backstage/errors';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import {
  FINDING_CODES,
  FINDING_RULES,
  FindingRule,
  gitopsPermissions,
  NO_POLICY,
  policyGates,
  PromotionGate,
} from '@gitops-infra/backstage-plugin-gitops-common';
import {
  findingRulesExtensionPoint,
  promotionGatesExtensionPoint,
} from '@gitops-infra/backstage-plugin-gitops-node';
import { RegistryClient } from '@gitops-infra/registry-client';
import {
  createApplicationCommands,
  createApplicationSource,
} from './argocd/createApplicationSource';
import { InstanceState } from './argocd/InstanceState';
import { readGitopsConfig } from './config';
import { DatabaseLeaseStore } from './database/DatabaseLeaseStore';
import { DatabasePromotionStore } from './database/DatabasePromotionStore';
import { PromotionTimelines } from './database/PromotionTimelines';
import { DatabaseUpstreamStore } from './database/DatabaseUpstreamStore';
import { openDatabase } from './database/openDatabase';
import { Additions, guardedRule } from './extensions';
import { createGithubRepository } from './github/createGithubRepository';
import { RateLimits } from './github/RateLimit';
import { SourceRepositories } from './github/SourceRepositories';
import { subscribeToWebhooks } from './github/webhooks';
import { ApplicationHistory } from './promotion/ApplicationHistory';
import { PolicyNames } from './promotion/PolicyNames';
import { PromotionEngine } from './promotion/PromotionEngine';
import { PromotionGates } from './promotion/PromotionGates';
import { Announcer } from './readmodel/Announcer';
import { Lease } from './readmodel/Lease';
import { countRequests, exposeReadModel } from './readmodel/metrics';
import { PromotionsUnderWay } from './readmodel/PromotionsUnderWay';
import { ReadModel } from './readmodel/ReadModel';
import { repeat } from './readmodel/repeat';
import { RepositoryState } from './readmodel/RepositoryState';
import { Side } from './readmodel/Side';
import { UpstreamFollowers } from './readmodel/UpstreamFollowers';
import { NamedImages } from './registry/NamedImages';
import { RegistryAnswers } from './registry/RegistryAnswers';
import { RegistryFollower } from './registry/RegistryFollower';
import { RegistryState } from './registry/RegistryState';
import { KustomizeRenderer } from './rendering/KustomizeRenderer';
import { RenderedHosts } from './rendering/RenderedHosts';
import { RenderingFollower } from './rendering/RenderingFollower';
import { ApplicationRequests } from './service/ApplicationRequests';
import { EntityServices } from './service/EntityServices';
import { ENVIRONMENTS_PATH } from './service/paths';
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
    const gates = new Additions<PromotionGate>(
      'promotion gate',
      ({ id }) => id,
      policyGates(NO_POLICY).map(({ id }) => id),
    );
    env.registerExtensionPoint(promotionGatesExtensionPoint, {
      addGates: (...added) => gates.add(...added),
    });
    const rules = new Additions<FindingRule>(
      'finding rule',
      ({ code }) => code,
      FINDING_CODES,
    );
    env.registerExtensionPoint(findingRulesExtensionPoint, {
      addRules: (...added) => rules.add(...added),
    });
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
        metrics: metricsServiceRef,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        signals: signalsServiceRef,
        userInfo: coreServices.userInfo,
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
        metrics,
        permissions,
        permissionsRegistry,
        signals,
        userInfo,
      }) {
        const gitops = readGitopsConfig(config);
        permissionsRegistry.addPermissions(gitopsPermissions);

        const knex = await openDatabase(database);
        const store = new DatabaseUpstreamStore(knex);
        const leases = new DatabaseLeaseStore(knex);
        // Names this process among those that share the database.
        const holder = randomUUID();
        const requests = countRequests(metrics);

        const integrations = ScmIntegrations.fromConfig(config);
        const credentials =
          DefaultGithubCredentialsProvider.fromIntegrations(integrations);
        const rateLimits = new RateLimits();
        const repositories = gitops.repositories.map(
          repository =>
            new RepositoryState({
              config: repository,
              github: createGithubRepository({
                repository,
                integrations,
                credentials,
                rateLimits,
                onRequest: requests.ofGithub,
              }),
              side: new Side(staleAfterMs(gitops.repositoryIntervalMs)),
              store,
              logger,
            }),
        );
        const instances = gitops.argocd.map(instance => ({
          state: new InstanceState({
            config: instance,
            side: new Side(staleAfterMs(gitops.argocdIdleLimitMs)),
            store,
          }),
          source: requests.counted(
            createApplicationSource(instance, { auth, discovery }),
          ),
        }));
        const promotions = new DatabasePromotionStore(knex);
        const underWay = new PromotionsUnderWay(promotions);
        const answers =
          gitops.registries.length > 0 ? new RegistryAnswers(store) : undefined;
        const registries = gitops.registries.map(registry => ({
          state: new RegistryState(registry, store),
          client: requests.countedRegistry(new RegistryClient(registry)),
        }));
        const rendered =
          gitops.kustomize === undefined ? undefined : new RenderedHosts(store);
        const readModel = new ReadModel({
          repositories,
          instances: instances.map(({ state }) => state),
          store,
          underWay,
          registries: answers,
          registryStates: registries.map(({ state }) => state),
          rendered,
          rules: [...FINDING_RULES, ...rules.all].map(rule =>
            guardedRule(rule, logger),
          ),
        });
        promotions.onWrite(() => readModel.expire());
        // What was known before a restart is shown before any upstream answers.
        await readModel.catchUp();
        exposeReadModel(metrics, readModel);

        const announcer = new Announcer(channel => {
          // The message says nothing: what changed is read from the API, where permissions are checked.
          signals
            .publish({
              recipients: { type: 'broadcast' },
              channel,
              message: {},
            })
            .catch(error => logger.warn('A signal was not sent', error));
        });
        const policyNames = new PolicyNames({
          policy: gitops.policy,
          repositories,
          logger,
        });
        repositories.forEach(repository =>
          repository.onChange(() => policyNames.warn()),
        );
        const announce = (services: string[]) => announcer.announce(services);
        const engine = new PromotionEngine({
          readModel,
          store: promotions,
          repositories: new Map(
            repositories.map(({ config: { url }, github }) => [url, github]),
          ),
          logger,
          pageUrl: entityRef => {
            const { kind, namespace, name } = parseEntityRef(entityRef);
            return `${gitops.appBaseUrl}/catalog/${namespace}/${kind}/${name}`;
          },
          onChange: service => announce([service]),
          history:
            answers &&
            new ApplicationHistory(
              answers,
              new SourceRepositories({
                integrations,
                credentials,
                rateLimits,
                allowed: gitops.applicationRepositories,
                onRequest: requests.ofGithub,
              }),
            ),
          gates: new PromotionGates({
            policy: gitops.policy,
            added: gates.all,
            logger,
          }),
          namedImages:
            answers &&
            new NamedImages({
              registries: new Map(
                registries.flatMap(({ state: { hosts }, client }) =>
                  hosts.map(host => [host, client]),
                ),
              ),
              answers,
            }),
          podImages: async (application, signal) => {
            const found = instances.find(
              ({ source }) => source.name === application.instance,
            );
            if (!found) {
              throw new ServiceUnavailableError(
                `Argo CD ${application.instance} is not configured any more`,
              );
            }
            return found.source.podImages(application, signal);
          },
          mergeMethod: gitops.mergeMethod,
          pullRequest: gitops.pullRequest,
        });

        const followers = new UpstreamFollowers({
          repositories,
          instances,
          registries:
            answers &&
            new RegistryFollower({
              registries,
              answers,
              images: () => readModel.imagesAtStake(),
              logger,
            }),
          rendering:
            gitops.kustomize !== undefined && rendered
              ? new RenderingFollower({
                  hosts: rendered,
                  repositories,
                  renderer: requests.countedRenderer(
                    new KustomizeRenderer({ program: gitops.kustomize }),
                  ),
                  logger,
                  announce,
                })
              : undefined,
          pace: {
            repositoryMs: gitops.repositoryIntervalMs,
            argocdResyncMs: gitops.argocdResyncIntervalMs,
            argocdIdleMs: gitops.argocdIdleLimitMs,
          },
          readModel,
          leases,
          holder,
          logger,
          announce,
          applicationsChanged: (source, service) => {
            const { url } = source.config;
            const waiting = underWay
              .of(url, service)
              .some(({ state }) => state === 'merged');
            if (waiting) {
              engine
                .settle(url, service)
                .catch(error =>
                  logger.warn('Promotions were not looked at', error),
                );
            }
          },
        });
        const reconciling = new Lease({
          id: 'promotions',
          holder,
          store: leases,
          logger,
          work: signal =>
            repeat(
              signal,
              () => engine.reconcileDelayMs(gitops.promotionIntervalMs),
              () => engine.reconcile(),
            ),
        });
        followers.start();
        reconciling.start();
        const applications = new ApplicationRequests({
          readModel,
          commands: new Map(
            gitops.argocd
              .filter(({ readOnly }) => !readOnly)
              .map(instance => [
                instance.name,
                requests.countedCommands(
                  createApplicationCommands(instance, { auth, discovery }),
                ),
              ]),
          ),
        });
        lifecycle.addShutdownHook(async () => {
          await Promise.all([
            followers.stop(),
            reconciling.stop(),
            applications.close(),
          ]);
          announcer.stop();
        });

        await subscribeToWebhooks({
          events,
          logger,
          onNews: async news => {
            const source = repositories.find(({ config: { url } }) =>
              isSameUrl(url, news.repositoryUrl),
            );
            if (news.kind === 'push') {
              await source?.refresh();
            } else if (source) {
              await engine.reconcilePullRequest(source.config.url, news.number);
            }
          },
        });

        httpRouter.addAuthPolicy({
          path: ENVIRONMENTS_PATH,
          allow: 'unauthenticated',
        });
        httpRouter.use(
          createRouter({
            readModel,
            underWay,
            engine,
            policyNames,
            applications,
            store: promotions,
            timelines: new PromotionTimelines(knex),
            entities: new EntityServices({ auth, catalog, permissions }),
            asUser: gitops.asUser,
            userInfo,
            auth,
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
