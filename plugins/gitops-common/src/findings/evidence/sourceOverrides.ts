import type {
  ApplicationSourceState,
  ApplicationStatus,
} from '../../argocd/ApplicationStatus';
import { repositoryIdentity, withoutCredentials } from '../../repository';
import { resolveInTree } from '../../tree/paths';
import type { EnvironmentFacts } from '../EnvironmentFacts';

type SourceField = 'repoURL' | 'path' | 'targetRevision';

/** A field of the deployed source that the Application in the cluster has otherwise than the manifest in Git. */
export interface SourceOverride {
  field: SourceField;
  inGit: string;
  inCluster: string;
}

/** What the Application deploys from elsewhere than its manifest says; what one of the two does not say is not judged. */
export function sourceOverrides({
  declared,
  status,
  defaultBranch,
}: Pick<
  EnvironmentFacts,
  'declared' | 'status' | 'defaultBranch'
>): SourceOverride[] {
  const source = status && deployedSource(declared, status);
  if (!source) {
    return [];
  }
  const compared: [
    field: SourceField,
    inGit: string,
    inCluster: string | undefined,
    meant: (written: string) => string | undefined,
  ][] = [
    ['repoURL', declared.repoURL, source.repoURL, repositoryIdentity],
    ['path', declared.overlayPath, source.path, inTree],
    [
      'targetRevision',
      declared.targetRevision || 'HEAD',
      source.targetRevision || 'HEAD',
      revision => revisionMeant(revision, defaultBranch),
    ],
  ];
  return compared.flatMap(([field, inGit, inCluster, meant]) => {
    const [git, cluster] = [inGit, inCluster].map(it => it && meant(it));
    return git && cluster && git !== cluster
      ? [
          {
            field,
            inGit: withoutCredentials(inGit),
            inCluster: withoutCredentials(inCluster ?? ''),
          },
        ]
      : [];
  });
}

// Of several sources the one that the manifest means, where the cluster has it.
function deployedSource(
  declared: EnvironmentFacts['declared'],
  { sources, repoURL, path }: ApplicationStatus,
): Omit<ApplicationSourceState, 'revision'> {
  const isMeant = (source: ApplicationSourceState) =>
    inTree(source.path ?? '') === declared.overlayPath &&
    repositoryIdentity(source.repoURL ?? '') ===
      repositoryIdentity(declared.repoURL);
  return (
    sources.find(isMeant) ?? {
      repoURL,
      path,
      targetRevision: sources.find(source => source.path === path)
        ?.targetRevision,
    }
  );
}

function inTree(path: string): string {
  return resolveInTree('', path) ?? path;
}

// Undefined for the default branch where its name is not known: it may be any.
function revisionMeant(
  revision: string,
  defaultBranch: string | undefined,
): string | undefined {
  return revision === 'HEAD'
    ? defaultBranch
    : revision.replace(/^refs\/(heads|tags)\//, '');
}
