import { ArgocdInstance } from './argocd/ArgocdInstance';
import { Timings } from './argocd/timings';
import { DEMO_IMAGE } from './actions';
import { Emulator } from './github/Emulator';
import { EmulatedRepository } from './github/EmulatedRepository';
import { GithubFront } from './github/GithubFront';
import { APPLICATION_REPOSITORY, REPOSITORY, TOKEN } from './identity';
import { Registry } from './registry/Registry';
import { DemoApplication } from './seed/DemoApplication';
import { seedRepository } from './seed/seedRepository';
import { patchAfter, tagOf } from './seed/tag';
import { readWorkingTree } from './seed/workingTree';

/** What the servers show, and a reset replaces. */
export interface Content {
  repository: EmulatedRepository;
  front: GithubFront;
  argocd: ArgocdInstance;
  /** What the demo service is built from. */
  application: DemoApplication;
}

/** Fills an empty emulator and the registry from a directory, and has an Argo CD that has synced it all. */
export async function makeContent(options: {
  emulator: Emulator;
  githubUrl: string;
  directory: string;
  paths?: string[];
  registry: Registry;
  timings: Timings;
}): Promise<Content> {
  const { emulator, githubUrl, directory, paths, registry, timings } = options;
  const repositoryUrl = `${githubUrl}/${REPOSITORY.owner}/${REPOSITORY.name}`;
  const repository = new EmulatedRepository(emulator, REPOSITORY);
  const files = await readWorkingTree(directory, paths);
  await seedRepository(repository, files, repositoryUrl);
  const applicationRepository = new EmulatedRepository(
    emulator,
    APPLICATION_REPOSITORY,
  );
  const application = new DemoApplication(
    applicationRepository,
    `${githubUrl}/${APPLICATION_REPOSITORY.owner}/${APPLICATION_REPOSITORY.name}`,
  );
  await fillRegistry(registry, repository, application);
  let onChange = () => {};
  const front = new GithubFront({
    emulator,
    repository,
    otherRepositories: [applicationRepository],
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
  return { repository, front, argocd, application };
}

// Every version that Git ever pinned, and the one that a build has pushed since.
async function fillRegistry(
  registry: Registry,
  repository: EmulatedRepository,
  application: DemoApplication,
): Promise<void> {
  registry.clear();
  const push = async (tag: string, at: Date) =>
    registry.add(DEMO_IMAGE, tag, await application.build(tag, at));
  const commits = await repository.commits(await repository.head());
  for (const { sha, author } of commits.reverse()) {
    for (const file of await repository.tree(sha)) {
      if (
        /^apps\/demo\/overlays\/[^/]+\/kustomization\.yaml$/.test(file.path)
      ) {
        const tag = tagOf((await repository.blob(file.sha)).toString('utf8'));
        if (tag && !registry.tags(DEMO_IMAGE).includes(tag)) {
          await push(tag, new Date(author.date));
        }
      }
    }
  }
  const newest = registry.tags(DEMO_IMAGE).pop();
  if (newest) {
    await push(patchAfter(newest), new Date());
  }
}
