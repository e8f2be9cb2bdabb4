import {
  AuthService,
  DiscoveryService,
  LoggerService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import { ServiceUnavailableError } from '@backstage/errors';
import {
  DefaultGithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { RegistryClient } from '@gitops-infra/registry-client';
import { ApplicationCommands } from './argocd/ApplicationCommands';
import { ApplicationSource } from './argocd/ApplicationSource';
import {
  createApplicationCommands,
  createApplicationSource,
} from './argocd/createApplicationSource';
import { InstanceState } from './argocd/InstanceState';
import { GitopsConfig } from './config';
import { UpstreamStore } from './database/UpstreamStore';
import { createGithubRepository } from './github/createGithubRepository';
import { RateLimits } from './github/RateLimit';
import { SourceRepositories } from './github/SourceRepositories';
import { countRequests } from './readmodel/metrics';
import { RepositoryState } from './readmodel/RepositoryState';
import { Side } from './readmodel/Side';
import { AskedRegistry } from './registry/RegistryFollower';
import { RegistryState } from './registry/RegistryState';
import { KustomizeRenderer } from './rendering/KustomizeRenderer';
import { OverlayRenderer } from './rendering/OverlayRenderer';

// A side is doubted when several looks in a row are missing.
const STALE_AFTER_INTERVALS = 4;
// A busy machine may be late by as much, whatever the interval.
const STALE_AFTER_AT_LEAST_MS = 30_000;

/** What the configuration names: the last known state of each, and how it is asked. */
export interface Upstreams {
  repositories: RepositoryState[];
  /** Where the commits of applications are read. */
  sourceRepositories: SourceRepositories;
  instances: { state: InstanceState; source: ApplicationSource }[];
  /** By the names of the instances; those that are only looked at have none. */
  commands: Map<string, ApplicationCommands>;
  /** Asks the instance of an Application. @throws ServiceUnavailableError where it is not configured any more. */
  podImages: ApplicationSource['podImages'];
  registries: { state: RegistryState; client: AskedRegistry }[];
  /** Absent where nothing is rendered. */
  renderer?: OverlayRenderer;
}

/** Connects to the upstreams that the configuration names. Nothing is asked of them yet; each request will be counted. */
export function connectUpstreams(options: {
  gitops: GitopsConfig;
  config: RootConfigService;
  auth: AuthService;
  discovery: DiscoveryService;
  store: UpstreamStore;
  requests: ReturnType<typeof countRequests>;
  logger: LoggerService;
}): Upstreams {
  const { gitops, config, auth, discovery, store, requests, logger } = options;
  const integrations = ScmIntegrations.fromConfig(config);
  const github = {
    integrations,
    credentials:
      DefaultGithubCredentialsProvider.fromIntegrations(integrations),
    rateLimits: new RateLimits(),
    onRequest: requests.ofGithub,
  };
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
  return {
    repositories: gitops.repositories.map(
      repository =>
        new RepositoryState({
          config: repository,
          github: createGithubRepository({ repository, ...github }),
          side: new Side(staleAfterMs(gitops.repositoryIntervalMs)),
          store,
          logger,
        }),
    ),
    sourceRepositories: new SourceRepositories({
      ...github,
      allowed: gitops.applicationRepositories,
    }),
    instances,
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
    registries: gitops.registries.map(registry => ({
      state: new RegistryState(registry, store),
      client: requests.countedRegistry(new RegistryClient(registry)),
    })),
    renderer:
      gitops.kustomize === undefined
        ? undefined
        : requests.countedRenderer(
            new KustomizeRenderer({ program: gitops.kustomize }),
          ),
  };
}

function staleAfterMs(intervalMs: number): number {
  return Math.max(STALE_AFTER_INTERVALS * intervalMs, STALE_AFTER_AT_LEAST_MS);
}
