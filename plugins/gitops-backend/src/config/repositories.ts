import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { isRepositoryPattern } from '../github/repositoryPatterns';
import { withoutTrailingSlash } from './connections';

const BRANCH_DEFAULT = 'main';

/** An infra repository to follow. */
export interface RepositoryConfig {
  /** Page of the repository, without a trailing slash or `.git`. */
  url: string;
  owner: string;
  name: string;
  branch: string;
}

/** Reads one of `gitops.repositories`. */
export function readRepository(config: Config): RepositoryConfig {
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

/** Reads `gitops.applicationCommits.repositories`. Unless it is said, those that are of whom the infra repositories are of. */
export function readApplicationRepositories(
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
