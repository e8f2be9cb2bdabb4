import {
  repositoryIdentity,
  RepositoryRef,
  withoutCredentials,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type { GitState } from './git';

/**
 * Which repository the working tree is. A clone's remote may be a fork, or a path: it counts where an Application names it
 * too. Else it is the one that most Applications name, of equally many the first.
 */
export function infraRepository(
  given: string | undefined,
  git: GitState | undefined,
  named: string[],
): RepositoryRef {
  const counts = new Map<string, { url: string; count: number }>();
  for (const url of named.filter(text => text !== '')) {
    const identity = repositoryIdentity(url);
    const counted = counts.get(identity) ?? { url, count: 0 };
    counts.set(identity, { ...counted, count: counted.count + 1 });
  }
  const remote = git?.remotes.find(url => counts.has(repositoryIdentity(url)));
  const [mostNamed] = [...counts.values()].sort((a, b) => b.count - a.count);
  const url = withoutCredentials(given ?? remote ?? mostNamed?.url ?? '');
  return {
    url: url.replace(/\.git$/, ''),
    slug: repositoryIdentity(url).split('/').slice(1).join('/'),
    branch: git?.upstream?.branch ?? 'HEAD',
    head: git?.upstream?.commit ?? git?.head ?? '',
  };
}
