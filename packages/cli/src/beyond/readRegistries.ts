import type { RegistryAnswer } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  DOCKER_HUB,
  DOCKER_HUB_NAMES,
  DOCKER_HUB_URL,
  RegistryAccess,
  RegistryAdvice,
  RegistryClient,
  RegistryImage,
  registryImage,
} from '@gitops-infra/registry-client';
import { CannotRun, Terminal } from '../terminal';
import { registryCredentials } from './registryCredentials';

const ASKED_AT_A_TIME = 4;

const HOST = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d+)?$/;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3})(?::\d+)?$/;

const ADVICE: RegistryAdvice = {
  credentials:
    'with docker login, or in REGISTRY_USERNAME and REGISTRY_PASSWORD',
  url: 'with --registry <host>=<url>',
  ca: 'in NODE_EXTRA_CA_CERTS',
  plainHttp: 'say --registry <host>=http://…',
};

/** A registry that may be asked. */
export type NamedRegistry = Pick<RegistryAccess, 'host' | 'url'>;

/** A registry that is left alone once it did not answer. */
class AskedRegistry {
  readonly #client: RegistryClient;
  #away?: RegistryAnswer;

  constructor(access: RegistryAccess) {
    this.#client = new RegistryClient(access);
  }

  get host(): string {
    return this.#client.host;
  }

  async ask(image: RegistryImage): Promise<RegistryAnswer> {
    if (this.#away) {
      return this.#away;
    }
    const { signal } = new AbortController();
    const look = await this.#client.look(image, signal);
    if (look.state === 'unknown') {
      const { reason, away } = look;
      const answer: RegistryAnswer = { state: 'unknown', reason };
      this.#away = away ? answer : undefined;
      return answer;
    }
    if (look.state === 'missing' || look.digest === undefined) {
      return look;
    }
    const description = await this.#client.describe(image, look.digest, signal);
    return description.state === 'described'
      ? { ...look, facts: description.facts }
      : look;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

/** Reads `<host>` or `<host>=<url>`; undefined where it is neither. */
export function parseRegistry(text: string): NamedRegistry | undefined {
  const [, name, given] = /^([^=]+)(?:=(.*))?$/.exec(text) ?? [];
  const host = name?.toLocaleLowerCase('en-US') ?? '';
  if (!HOST.test(host)) {
    return undefined;
  }
  if (given !== undefined) {
    const url = URL.canParse(given) ? new URL(given) : undefined;
    return url && /^https?:$/.test(url.protocol) && !url.username
      ? { host: nameOf(host), url: given.replace(/\/+$/, '') }
      : undefined;
  }
  if (DOCKER_HUB_NAMES.has(host)) {
    return { host: DOCKER_HUB, url: DOCKER_HUB_URL };
  }
  return { host, url: `${LOOPBACK.test(host) ? 'http' : 'https'}://${host}` };
}

/**
 * What registries say of images. Only those that are named are asked. One that does not answer is not asked again: of its
 * images is known that they could not be checked.
 *
 * @param references - as `imageReference` writes them
 * @throws CannotRun where the credentials cannot be read.
 */
export async function readRegistries(
  registries: NamedRegistry[],
  references: string[],
  { env }: Pick<Terminal, 'env'>,
): Promise<ReadonlyMap<string, RegistryAnswer>> {
  const [account, ...others] = registries;
  if (env.REGISTRY_USERNAME && others.length > 0) {
    throw new CannotRun(
      'REGISTRY_USERNAME and REGISTRY_PASSWORD are for one registry; for several, use docker login',
    );
  }
  if (!account) {
    return new Map();
  }
  const asked = await Promise.all(
    registries.map(async registry => {
      const credentials = await registryCredentials(registry.host, env);
      return new AskedRegistry({
        ...registry,
        credentials: () => credentials,
        advice: ADVICE,
      });
    }),
  );
  const answers = new Map<string, RegistryAnswer>();
  const waiting = [...new Set(references)];
  const ask = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const image = registryImage(next);
      const registry = asked.find(({ host }) => host === image?.host);
      if (image && registry) {
        answers.set(next, await registry.ask(image));
      }
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_A_TIME }, ask));
  await Promise.all(asked.map(registry => registry.close()));
  return answers;
}

function nameOf(host: string): string {
  return DOCKER_HUB_NAMES.has(host) ? DOCKER_HUB : host;
}
