import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DOCKER_HUB, RegistryCredentials } from '@gitops-infra/registry-client';
import { CannotRun } from '../terminal';

// How docker login writes Docker Hub down.
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/**
 * Who a registry is asked as: whom the environment names, else whom `docker login` wrote down, else nobody. What a
 * credential helper keeps is not read: it is another program.
 */
export async function registryCredentials(
  host: string,
  env: NodeJS.ProcessEnv,
): Promise<RegistryCredentials | undefined> {
  const { REGISTRY_USERNAME: username, REGISTRY_PASSWORD: password } = env;
  if (username && password) {
    return { username, password };
  }
  const folder = env.DOCKER_CONFIG ?? join(env.HOME ?? homedir(), '.docker');
  const { auths } = await readConfig(join(folder, 'config.json'));
  const keys =
    host === DOCKER_HUB ? [DOCKER_HUB_KEY] : [host, `https://${host}`];
  const auth = keys
    .map(key => auths?.[key]?.auth)
    .find(found => typeof found === 'string');
  const [, user, secret] =
    /^([^:]+):(.+)$/s.exec(
      Buffer.from(auth ?? '', 'base64').toString('utf8'),
    ) ?? [];
  return user && secret ? { username: user, password: secret } : undefined;
}

async function readConfig(
  path: string,
): Promise<{ auths?: Record<string, { auth?: string } | undefined> }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return {};
  }
  try {
    return JSON.parse(text) ?? {};
  } catch {
    // What is in it is nobody's business.
    throw new CannotRun(`${path} is no JSON, so no credentials can be read`);
  }
}
