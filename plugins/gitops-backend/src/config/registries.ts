import { RootConfigService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  DOCKER_HUB,
  DOCKER_HUB_NAMES,
  DOCKER_HUB_URL,
  RegistryAccess,
  RegistryAdvice,
  RegistryCredentials,
} from '@gitops-infra/registry-client';
import { readCa, withoutTrailingSlash } from './connections';

// Where people change how registries are asked.
const REGISTRY_ADVICE: RegistryAdvice = {
  credentials: 'in gitops.registries',
  url: 'with url in gitops.registries',
  ca: 'in gitops.registries',
  plainHttp: 'say insecure: true in gitops.registries',
};

/** A container registry that may be asked whether it has an image. One that is not configured is never asked. */
export interface RegistryConfig extends RegistryAccess {
  /** Other names that image references have for it. */
  aliases: string[];
}

/** Reads one of `gitops.registries`. */
export function readRegistry(
  config: Config,
  root: RootConfigService,
): RegistryConfig {
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
