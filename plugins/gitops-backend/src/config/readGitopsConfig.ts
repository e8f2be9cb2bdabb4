import { isAbsolute } from 'node:path';
import { RootConfigService } from '@backstage/backend-plugin-api';
import { Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds, HumanDuration } from '@backstage/types';
import { PromotionPolicy } from '@gitops-infra/backstage-plugin-gitops-common';
import { ArgocdInstanceConfig, readInstance } from './argocd';
import { withoutTrailingSlash } from './connections';
import { readPromotionPolicy } from './promotionPolicy';
import {
  MergeMethod,
  PullRequestSettings,
  readMergeMethod,
  readPullRequest,
} from './pullRequests';
import { readRegistry, RegistryConfig } from './registries';
import {
  readApplicationRepositories,
  readRepository,
  RepositoryConfig,
} from './repositories';

const REPOSITORY_INTERVAL_DEFAULT: HumanDuration = { seconds: 20 };
const PROMOTION_INTERVAL_DEFAULT: HumanDuration = { seconds: 15 };
const ARGOCD_RESYNC_INTERVAL_DEFAULT: HumanDuration = { minutes: 5 };
const ARGOCD_IDLE_LIMIT_DEFAULT: HumanDuration = { seconds: 90 };

/** The plugin's configuration, parsed once. Intervals in milliseconds. */
export interface GitopsConfig {
  repositories: RepositoryConfig[];
  argocd: ArgocdInstanceConfig[];
  registries: RegistryConfig[];
  /** The program that overlays are rendered with: an absolute path or a name; absent where nothing is rendered. */
  kustomize?: string;
  /** Patterns of the repositories whose commits may be shown with a promotion. */
  applicationRepositories: string[];
  /** Where people open Backstage; pull requests link back to it. */
  appBaseUrl: string;
  repositoryIntervalMs: number;
  promotionIntervalMs: number;
  mergeMethod: MergeMethod;
  /** Whether pull requests are opened, merged and closed with the GitHub token of the person who asks. */
  asUser: boolean;
  pullRequest: PullRequestSettings;
  policy: PromotionPolicy;
  argocdResyncIntervalMs: number;
  argocdIdleLimitMs: number;
}

/**
 * Reads `gitops` from the configuration.
 *
 * @throws InputError where a repository's address is not that of a GitHub repository, a name is there twice, or an Argo CD
 * instance, a registry, Kustomize or the policy of promotions cannot be read as it is described.
 */
export function readGitopsConfig(config: RootConfigService): GitopsConfig {
  const gitops = config.getOptionalConfig('gitops');
  const repositories = (
    gitops?.getOptionalConfigArray('repositories') ?? []
  ).map(readRepository);
  const argocd = (gitops?.getOptionalConfigArray('argocd') ?? []).map(
    instance => readInstance(instance, config),
  );
  const registries = (gitops?.getOptionalConfigArray('registries') ?? []).map(
    registry => readRegistry(registry, config),
  );
  assertUnique(
    registries.flatMap(({ host, aliases }) => [host, ...aliases]),
    'gitops.registries',
  );
  assertUnique(
    repositories.map(({ url }) => url),
    'gitops.repositories',
  );
  assertUnique(
    argocd.map(({ name }) => name),
    'gitops.argocd',
  );
  return {
    repositories,
    argocd,
    registries,
    kustomize: readKustomize(gitops),
    applicationRepositories: readApplicationRepositories(gitops, repositories),
    appBaseUrl: withoutTrailingSlash(config.getString('app.baseUrl')),
    repositoryIntervalMs: readInterval(
      gitops,
      'repositoryInterval',
      REPOSITORY_INTERVAL_DEFAULT,
    ),
    promotionIntervalMs: readInterval(
      gitops,
      'promotionInterval',
      PROMOTION_INTERVAL_DEFAULT,
    ),
    mergeMethod: readMergeMethod(gitops),
    asUser: gitops?.getOptionalBoolean('promotions.asUser') ?? false,
    pullRequest: readPullRequest(
      gitops?.getOptionalConfig('promotions.pullRequest'),
    ),
    policy: readPromotionPolicy(gitops),
    argocdResyncIntervalMs: readInterval(
      gitops,
      'argocdResyncInterval',
      ARGOCD_RESYNC_INTERVAL_DEFAULT,
    ),
    argocdIdleLimitMs: readInterval(
      gitops,
      'argocdIdleLimit',
      ARGOCD_IDLE_LIMIT_DEFAULT,
    ),
  };
}

function readKustomize(gitops: Config | undefined): string | undefined {
  const program = gitops?.getOptionalString('rendering.kustomize');
  if (program !== undefined && !isAbsolute(program) && /[/\\]/.test(program)) {
    throw new InputError(
      `gitops.rendering.kustomize: ${program} depends on where the backend was started; give an absolute path, or a name that is on the PATH`,
    );
  }
  return program;
}

function readInterval(
  config: Config | undefined,
  key: string,
  fallback: HumanDuration,
): number {
  return durationToMilliseconds(
    config?.has(key) ? readDurationFromConfig(config, { key }) : fallback,
  );
}

function assertUnique(values: string[], where: string): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) {
    throw new InputError(`${where}: ${twice} is there twice`);
  }
}
