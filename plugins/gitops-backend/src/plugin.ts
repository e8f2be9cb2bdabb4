import { randomUUID } from 'node:crypto';
import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { metricsServiceRef } from '@backstage/backend-plugin-api/alpha';
import { parseEntityRef } from '@backstage/catalog-model';
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
import { readGitopsConfig } from './config';
import { connectUpstreams } from './connectUpstreams';
import { DatabaseLeaseStore } from './database/DatabaseLeaseStore';
import { DatabasePromotionStore } from './database/DatabasePromotionStore';
import { PromotionTimelines } from './database/PromotionTimelines';
import { DatabaseUpstreamStore } from './database/DatabaseUpstreamStore';
import { openDatabase } from './database/openDatabase';
import { Additions, guardedRule } from './extensions';
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
import { UpstreamFollowers } from './readmodel/UpstreamFollowers';
import { NamedImages } from './registry/NamedImages';
import { RegistryAnswers } from './registry/RegistryAnswers';
import { RegistryFollower } from './registry/RegistryFollower';
import { RenderedHosts } from './rendering/RenderedHosts';
import { RenderingFollower } from './rendering/RenderingFollower';
import { ApplicationRequests } from './service/ApplicationRequests';
import { EntityServices } from './service/EntityServices';
import { OWN_AUTH_PATHS } from './service/paths';
import { createRouter } from './service/router';

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

        const upstreams = connectUpstreams({
          gitops,
          config,
          auth,
          discovery,
          store,
          requests: countRequests(metrics),
          logger,
        });
        const { repositories, instances, registries } = upstreams;
        const promotions = new DatabasePromotionStore(knex);
        const underWay = new PromotionsUnderWay(promotions);
        const answers =
          registries.length > 0 ? new RegistryAnswers(store) : undefined;
        const rendering = upstreams.renderer && {
          hosts: new RenderedHosts(store),
          renderer: upstreams.renderer,
        };
        const readModel = new ReadModel({
          repositories,
          instances: instances.map(({ state }) => state),
          store,
          underWay,
          registries: answers,
          registryStates: registries.map(({ state }) => state),
          rendered: rendering?.hosts,
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
            new ApplicationHistory(answers, upstreams.sourceRepositories),
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
          podImages: upstreams.podImages,
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
            rendering &&
            new RenderingFollower({
              ...rendering,
              repositories,
              logger,
              announce,
            }),
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
          commands: upstreams.commands,
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

        for (const path of OWN_AUTH_PATHS) {
          httpRouter.addAuthPolicy({ path, allow: 'unauthenticated' });
        }
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

// GitHub takes names of owners and repositories in any case.
function isSameUrl(one: string, other: string): boolean {
  return one.toLocaleLowerCase('en-US') === other.toLocaleLowerCase('en-US');
}
