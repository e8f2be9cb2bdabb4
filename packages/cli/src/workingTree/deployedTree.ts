import { createHash } from 'node:crypto';
import {
  ApplicationDeclaration,
  ApplicationStatus,
  FOLLOWED_FOLDERS,
  InfraSnapshot,
  isFollowed,
  overlayInputs,
  repositoryIdentity,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { blobsAt, deploys, GitState, Upstream } from './git';

// Of a path, or of an alias in somebody's SSH configuration, it is not known which repository it is.
const HOSTED = /^(?:(?:https?|ssh|git):\/\/|[^/@:]+@[^/:]+:)/;

/**
 * Tells of an environment why the tree is not what Argo CD deploys of it, as the end of a sentence; undefined where it is. It is
 * where the current branch follows the deployed one, and nothing that the environment is built from differs from it:
 * uncommitted, not pushed, or not pulled.
 */
export async function readDeployedTree(
  root: string,
  snapshot: InfraSnapshot,
  git: GitState | undefined,
): Promise<(declared: ApplicationDeclaration) => string | undefined> {
  if (!git) {
    return () => 'the folder is in no Git repository';
  }
  const { upstream } = git;
  if (!upstream) {
    return () => 'the checked out branch follows no branch of a remote';
  }
  const blobs = await blobsAt(root, upstream.commit, FOLLOWED_FOLDERS);
  if (!blobs) {
    return () => `${upstream.name} cannot be read`;
  }
  const changed = withFoldersAbove(differingPaths(snapshot, blobs));
  return declared => {
    if (!isSameRepository(upstream, declared)) {
      return `${upstream.name} is of another repository than the one that is deployed`;
    }
    if (!deploys(upstream, declared.targetRevision)) {
      return `the checked out branch follows ${upstream.name}, which is not deployed`;
    }
    const isChanged =
      changed.size > 0 &&
      [
        declared.location.path,
        ...overlayInputs(snapshot, declared.overlayPath),
      ].some(path => changed.has(path));
    return isChanged
      ? `files differ from ${upstream.name}, as it was last fetched`
      : undefined;
  };
}

/** What of a status can be judged without the tree: what compares the two finds nothing in it to compare. */
export function withoutComparison(
  status: ApplicationStatus,
  declared: ApplicationDeclaration,
): ApplicationStatus {
  return {
    ...status,
    sync: { status: status.sync.status },
    automated: declared.automated ?? false,
    images: [],
    imageOverrides: [],
    externalURLs: [],
  };
}

function isSameRepository(
  { url }: Upstream,
  { repoURL }: ApplicationDeclaration,
): boolean {
  return (
    !HOSTED.test(url) || repositoryIdentity(url) === repositoryIdentity(repoURL)
  );
}

// Git is not asked: it would run the filters that the repository's own configuration names, and be told to overlook files.
function differingPaths(
  { files, unread }: InfraSnapshot,
  blobs: ReadonlyMap<string, string>,
): string[] {
  const changed = [...files].filter(
    ([path, text]) => !isBlob(text, blobs.get(path)),
  );
  const missing = [...blobs.keys()].filter(
    path => isFollowed(path) && !files.has(path) && !unread.has(path),
  );
  return [...changed.map(([path]) => path), ...missing];
}

function isBlob(text: string, id: string | undefined): boolean {
  return (
    id !== undefined &&
    // As Git checks it out on Windows.
    [text, text.replaceAll('\r\n', '\n')].some(
      content => blobId(content, id.length) === id,
    )
  );
}

function blobId(text: string, digits: number): string {
  return createHash(digits === 64 ? 'sha256' : 'sha1')
    .update(`blob ${Buffer.byteLength(text)}\0`)
    .update(text)
    .digest('hex');
}

function withFoldersAbove(paths: string[]): Set<string> {
  const all = new Set(paths);
  for (const path of paths) {
    for (
      let at = path.lastIndexOf('/');
      at > 0;
      at = path.lastIndexOf('/', at - 1)
    ) {
      all.add(path.slice(0, at));
    }
  }
  return all;
}
