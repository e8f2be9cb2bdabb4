import { isAbsolute } from 'node:path';
import { RootConfigService } from '@backstage/backend-plugin-api';
import { Config, readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds, HumanDuration } from '@backstage/types';
import {
  BODY_NAMES,
  parseLabelSelector,
  PromotionPolicy,
  PullRequestTemplates,
  TITLE_NAMES,
  unknownNames,
} from '@gitops-infra/backstage-plugin-gitops-common';
import {
  DOCKER_HUB,
  DOCKER_HUB_NAMES,
  DOCKER_HUB_URL,
  RegistryAccess,
  RegistryAdvice,
  RegistryCredentials,
} from '@gitops-infra/registry-client';
import { isRepositoryPattern } from './github/repositoryPatterns';
import { readPromotionPolicy } from './promotionPolicy';

const REPOSITORY_INTERVAL_DEFAULT: HumanDuration = { seconds: 20 };
const PROMOTION_INTERVAL_DEFAULT: HumanDuration = { seconds: 15 };
const ARGOCD_RESYNC_INTERVAL_DEFAULT: HumanDuration = { minutes: 5 };
const ARGOCD_IDLE_LIMIT_DEFAULT: HumanDuration = { seconds: 90 };
const BRANCH_DEFAULT = 'main';
const MERGE_METHODS = ['merge', 'squash', 'rebase'] as const;

/** How GitHub merges the pull request of a promotion. */
export type MergeMethod = (typeof MERGE_METHODS)[number];

/** What the pull request of a promotion looks like. */
export interface PullRequestSettings {
  templates: PullRequestTemplates;
  labels: string[];
  /** Logins. */
  reviewers: string[];
  /** Slugs. */
  teamReviewers: string[];
  draft: boolean;
}

// Where people change how registries are asked.
const REGISTRY_ADVICE: RegistryAdvice = {
  credentials: 'in gitops.registries',
  url: 'with url in gitops.registries',
  ca: 'in gitops.registries',
  plainHttp: 'say insecure: true in gitops.registries',
};

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
  /** It is only looked at: nothing is asked of it. */
  readOnly?: boolean;
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

/** A container registry that may be asked whether it has an image. One that is not configured is never asked. */
export interface RegistryConfig extends RegistryAccess {
  /** Other names that image references have for it. */
  aliases: string[];
}

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
    readOnly: config.getOptionalBoolean('readOnly'),
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

function readRegistry(config: Config, root: RootConfigService): RegistryConfig {
  const host = readRegistryHost(config.getString('host'));
  const where = `gitops.registries ${host}`;
  const [username, password, token] = ['username', 'password', 'token'].map(
    key => config.getOptionalString(key),
  );
  if ((username === undefined) !== (password === undefined)) {
    throw new InputError(
      `${where}: username and password belong together; give both, or neither`,
    );
  }
  if (username !== undefined && token !== undefined) {
    throw new InputError(
      `${where}: there are a password and a token; remove one of them`,
    );
  }
  return {
    host,
    aliases: (config.getOptionalStringArray('aliases') ?? []).map(
      readRegistryHost,
    ),
    url: readRegistryUrl(config, host, where),
    credentials: () => currentCredentials(root, host),
    ca: readCa(config, where),
    advice: REGISTRY_ADVICE,
  };
}

function readRegistryHost(text: string): string {
  const host = text.toLocaleLowerCase('en-US');
  if (
    !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$|^\[[0-9a-f:]+\](:\d+)?$/.test(
      host,
    )
  ) {
    throw new InputError(
      `gitops.registries: ${host} is no host; write it as image references do, such as ghcr.io or localhost:5001, and where it answers as url`,
    );
  }
  return DOCKER_HUB_NAMES.has(host) ? DOCKER_HUB : host;
}

function readRegistryUrl(config: Config, host: string, where: string): string {
  const insecure = config.getOptionalBoolean('insecure') ?? false;
  const isPlain = insecure || isLoopback(`http://${host}`);
  const url = withoutTrailingSlash(
    config.getOptionalString('url') ??
      (host === DOCKER_HUB
        ? DOCKER_HUB_URL
        : `${isPlain ? 'http' : 'https'}://${host}`),
  );
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new InputError(
      `${where}: url is no address; give it as https://registry.example.com`,
    );
  }
  if (parsed.username || parsed.password || parsed.search || parsed.hash) {
    throw new InputError(
      `${where}: url has more than an address; give credentials as username and password, or as token`,
    );
  }
  if (parsed.protocol === 'http:' && !insecure && !isLoopback(url)) {
    throw new InputError(
      `${where}: url is plain HTTP, which shows credentials to everybody on the way; use https, or say insecure: true`,
    );
  }
  return url;
}

function isLoopback(url: string): boolean {
  return (
    URL.canParse(url) &&
    /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)
  );
}

function currentCredentials(
  root: RootConfigService,
  host: string,
): RegistryCredentials | undefined {
  const config = root
    .getOptionalConfigArray('gitops.registries')
    ?.find(
      registry =>
        readRegistryHost(registry.getOptionalString('host') ?? host) === host,
    );
  const [username, password, token] = ['username', 'password', 'token'].map(
    key => config?.getOptionalString(key)?.trim(),
  );
  if (token) {
    return { token };
  }
  return username && password ? { username, password } : undefined;
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

// Unless it is said, those that are of whom the infra repositories are of.
function readApplicationRepositories(
  gitops: Config | undefined,
  infra: RepositoryConfig[],
): string[] {
  const key = 'applicationCommits.repositories';
  const patterns = gitops?.getOptionalStringArray(key);
  const wrong = patterns?.find(pattern => !isRepositoryPattern(pattern));
  if (wrong !== undefined) {
    throw new InputError(
      `gitops.${key}: ${wrong} names no repositories; write github.com/owner/name, or github.com/owner/* for all of an owner`,
    );
  }
  return (
    patterns ?? infra.map(({ url, owner }) => `${new URL(url).host}/${owner}/*`)
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

function readMergeMethod(gitops: Config | undefined): MergeMethod {
  const method = gitops?.getOptionalString('promotions.mergeMethod') ?? 'merge';
  const known = MERGE_METHODS.find(candidate => candidate === method);
  if (!known) {
    throw new InputError(
      `gitops.promotions.mergeMethod: ${method} is none; give one of ${MERGE_METHODS.join(
        ', ',
      )}`,
    );
  }
  return known;
}

function readPullRequest(config: Config | undefined): PullRequestSettings {
  return {
    templates: {
      title: readTemplate(config, 'titleTemplate', TITLE_NAMES),
      body: readTemplate(config, 'bodyTemplate', BODY_NAMES),
    },
    labels: config?.getOptionalStringArray('labels') ?? [],
    reviewers: config?.getOptionalStringArray('reviewers') ?? [],
    teamReviewers: config?.getOptionalStringArray('teamReviewers') ?? [],
    draft: config?.getOptionalBoolean('draft') ?? false,
  };
}

function readTemplate(
  config: Config | undefined,
  key: string,
  names: readonly string[],
): string | undefined {
  const template = config?.getOptionalString(key);
  const [unknown] = unknownNames(template ?? '', names);
  if (unknown !== undefined) {
    throw new InputError(
      `gitops.promotions.pullRequest.${key}: {{${unknown}}} is not known; there are ${names
        .map(name => `{{${name}}}`)
        .join(', ')}`,
    );
  }
  return template;
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
