import { RootConfigService } from '@backstage/backend-plugin-api';
import { Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds, HumanDuration } from '@backstage/types';

const REPOSITORY_INTERVAL_DEFAULT: HumanDuration = { seconds: 20 };
const PROMOTION_INTERVAL_DEFAULT: HumanDuration = { seconds: 15 };
const ARGOCD_RESYNC_INTERVAL_DEFAULT: HumanDuration = { seconds: 60 };
const BRANCH_DEFAULT = 'main';

/** An infra repository to follow. */
export interface RepositoryConfig {
  /** Page of the repository, without a trailing slash or `.git`. */
  url: string;
  owner: string;
  name: string;
  branch: string;
}

/** An Argo CD instance to follow. */
export interface ArgocdInstanceConfig {
  name: string;
  /** Base of the API, without a trailing slash. */
  url: string;
  uiUrl: string;
  token: string;
}

/** The plugin's configuration, parsed once. Intervals in milliseconds. */
export interface GitopsConfig {
  repositories: RepositoryConfig[];
  argocd: ArgocdInstanceConfig[];
  /** Where people open Backstage; pull requests link back to it. */
  appBaseUrl: string;
  repositoryIntervalMs: number;
  promotionIntervalMs: number;
  argocdResyncIntervalMs: number;
}

/**
 * Reads `gitops` from the configuration.
 *
 * @throws InputError where a repository's address is not that of a GitHub repository, or a name is there twice.
 */
export function readGitopsConfig(config: RootConfigService): GitopsConfig {
  const gitops = config.getOptionalConfig('gitops');
  const repositories = (
    gitops?.getOptionalConfigArray('repositories') ?? []
  ).map(readRepository);
  const argocd = (gitops?.getOptionalConfigArray('argocd') ?? []).map(
    readInstance,
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
    argocdResyncIntervalMs: readInterval(
      gitops,
      'argocdResyncInterval',
      ARGOCD_RESYNC_INTERVAL_DEFAULT,
    ),
  };
}

function readRepository(config: Config): RepositoryConfig {
  const url = withoutTrailingSlash(config.getString('url')).replace(
    /\.git$/,
    '',
  );
  const [, owner, name] =
    /^https?:\/\/[^/]+\/([A-Za-z0-9-]+)\/([A-Za-z0-9._-]+)$/.exec(url) ?? [];
  if (!owner || !name) {
    throw new InputError(
      `gitops.repositories: ${url} is not the address of a repository; give it as https://github.com/owner/name`,
    );
  }
  return {
    url,
    owner,
    name,
    branch: config.getOptionalString('branch') ?? BRANCH_DEFAULT,
  };
}

function readInstance(config: Config): ArgocdInstanceConfig {
  const url = withoutTrailingSlash(config.getString('url'));
  return {
    name: config.getString('name'),
    url,
    uiUrl: withoutTrailingSlash(config.getOptionalString('uiUrl') ?? url),
    token: config.getString('token'),
  };
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

function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
