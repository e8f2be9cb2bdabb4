import { ArgocdInstance } from './argocd/ArgocdInstance';
import { Timings } from './argocd/timings';
import { DEMO_IMAGE } from './actions';
import { Emulator } from './github/Emulator';
import { EmulatedRepository } from './github/EmulatedRepository';
import { GithubFront } from './github/GithubFront';
import { REPOSITORY, TOKEN } from './identity';
import { Registry } from './registry/Registry';
import { seedRepository } from './seed/seedRepository';
import { patchAfter, tagOf } from './seed/tag';

/** What the servers show, and a reset replaces. */
export interface Content {
  repository: EmulatedRepository;
  front: GithubFront;
  argocd: ArgocdInstance;
}

/** Fills an empty emulator and the registry from a directory, and has an Argo CD that has synced it all. */
export async function makeContent(options: {
  emulator: Emulator;
  githubUrl: string;
  directory: string;
  registry: Registry;
  timings: Timings;
}): Promise<Content> {
  const { emulator, githubUrl, directory, registry, timings } = options;
  const repositoryUrl = `${githubUrl}/${REPOSITORY.owner}/${REPOSITORY.name}`;
  const repository = new EmulatedRepository(emulator, REPOSITORY);
  await seedRepository(repository, directory, repositoryUrl);
  await fillRegistry(registry, repository);
  let onChange = () => {};
  const front = new GithubFront({
    emulator,
    repository,
    token: TOKEN,
    onChange: () => onChange(),
  });
  const argocd = await ArgocdInstance.start({
    repository,
    repositoryUrl,
    resolve: wanted => front.exclusive(() => repository.branchHead(wanted)),
    hasImage: image => registry.hasImage(image),
    timings,
  });
  onChange = () => argocd.follow();
  return { repository, front, argocd };
}

// Every version that Git ever pinned, and the one that a build has pushed since.
async function fillRegistry(
  registry: Registry,
  repository: EmulatedRepository,
): Promise<void> {
  registry.clear();
  const commits = await repository.commits(await repository.head());
  for (const { sha } of commits.reverse()) {
    for (const file of await repository.tree(sha)) {
      if (
        /^apps\/demo\/overlays\/[^/]+\/kustomization\.yaml$/.test(file.path)
      ) {
        const tag = tagOf((await repository.blob(file.sha)).toString('utf8'));
        if (tag) {
          registry.add(DEMO_IMAGE, tag);
        }
      }
    }
  }
  const newest = registry.tags(DEMO_IMAGE).pop();
  if (newest) {
    registry.add(DEMO_IMAGE, patchAfter(newest));
  }
}
