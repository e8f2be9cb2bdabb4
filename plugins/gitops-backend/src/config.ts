import { RootConfigService } from '@backstage/backend-plugin-api';
import { Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds, HumanDuration } from '@backstage/types';
import { parseLabelSelector } from '@gitops-infra/backstage-plugin-gitops-common';

const REPOSITORY_INTERVAL_DEFAULT: HumanDuration = { seconds: 20 };
const PROMOTION_INTERVAL_DEFAULT: HumanDuration = { seconds: 15 };
const ARGOCD_RESYNC_INTERVAL_DEFAULT: HumanDuration = { minutes: 5 };
const ARGOCD_IDLE_LIMIT_DEFAULT: HumanDuration = { seconds: 90 };
const BRANCH_DEFAULT = 'main';

/** An infra repository to follow. */
export interface RepositoryConfig {
  /** Page of the repository, without a trailing slash or `.git`. */
  url: string;
  owner: string;
  name: string;
  branch: string;
}

/** An Argo CD instance to follow, whichever way it is read. */
export type ArgocdInstanceConfig = ArgocdApiConfig | ArgocdKubernetesConfig;

interface InstanceConfig {
  name: string;
  /** Where people open it; Applications have no link where that is not known. */
  uiUrl?: string;
  /** Only Applications of these projects; of all where there are none. */
  projects: string[];
  /** Only Applications that this label selector selects. */
  selector?: string;
}

/** An Argo CD instance that is read by its HTTP API. */
export interface ArgocdApiConfig extends InstanceConfig {
  transport: 'api';
  /** Base of the API, without a trailing slash. */
  url: string;
  uiUrl: string;
  /** The token as the configuration has it now. */
  token: () => string;
  /** The CA that its certificate is of, where no public one is. */
  ca?: string;
  /** Only Applications of this namespace. */
  appNamespace?: string;
}

/** An Argo CD instance whose Applications are read in its cluster. */
export interface ArgocdKubernetesConfig extends InstanceConfig {
  transport: 'kubernetes';
  /** As the Kubernetes plugin calls it. */
  cluster: string;
  /** Only Applications of these namespaces; of all where there are none. */
  namespaces: string[];
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
  argocdIdleLimitMs: number;
}

/**
 * Reads `gitops` from the configuration.
 *
 * @throws InputError where a repository's address is not that of a GitHub repository, a name is there twice, or an Argo CD
 * instance cannot be read as it is described.
 */
export function readGitopsConfig(config: RootConfigService): GitopsConfig {
  const gitops = config.getOptionalConfig('gitops');
  const repositories = (
    gitops?.getOptionalConfigArray('repositories') ?? []
  ).map(readRepository);
  const argocd = (gitops?.getOptionalConfigArray('argocd') ?? []).map(
    instance => readInstance(instance, config),
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
    argocdIdleLimitMs: readInterval(
      gitops,
      'argocdIdleLimit',
      ARGOCD_IDLE_LIMIT_DEFAULT,
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

function readInstance(
  config: Config,
  root: RootConfigService,
): ArgocdInstanceConfig {
  const name = config.getString('name');
  const where = `gitops.argocd ${name}`;
  const uiUrl = config.getOptionalString('uiUrl');
  const common = {
    name,
    projects: config.getOptionalStringArray('projects') ?? [],
    selector: readSelector(config, where),
  };
  const kubernetes = config.getOptionalConfig('kubernetes');
  if (!kubernetes) {
    const url = withoutTrailingSlash(config.getString('url'));
    config.getString('token');
    return {
      ...common,
      transport: 'api',
      url,
      uiUrl: withoutTrailingSlash(uiUrl ?? url),
      token: () => currentToken(root, name),
      ca: readCa(config, where),
      appNamespace: config.getOptionalString('appNamespace'),
    };
  }
  const other = ['url', 'token', 'ca', 'appNamespace'].find(key =>
    config.has(key),
  );
  if (other) {
    throw new InputError(
      `${where}: ${other} belongs to an instance that is read by its API, and this one has kubernetes; remove one of them`,
    );
  }
  return {
    ...common,
    transport: 'kubernetes',
    uiUrl: uiUrl && withoutTrailingSlash(uiUrl),
    cluster: kubernetes.getString('cluster'),
    namespaces: kubernetes.getOptionalStringArray('namespaces') ?? [],
  };
}

// The root configuration changes when its files do; a part of it that was taken before does not.
function currentToken(root: RootConfigService, instance: string): string {
  return (
    root
      .getOptionalConfigArray('gitops.argocd')
      ?.find(config => config.getOptionalString('name') === instance)
      ?.getOptionalString('token') ?? ''
  );
}

function readSelector(config: Config, where: string): string | undefined {
  const selector = config.getOptionalString('selector');
  if (selector !== undefined && !parseLabelSelector(selector)) {
    throw new InputError(
      `${where}: ${selector} is no label selector; write it as a=b,c!=d,e in (f,g)`,
    );
  }
  return selector;
}

function readCa(config: Config, where: string): string | undefined {
  const ca = config.getOptionalString('ca');
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new InputError(
      `${where}: ca is no certificate in PEM; give the file as ca: { $file: path }`,
    );
  }
  return ca;
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
