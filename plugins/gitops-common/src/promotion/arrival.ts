import type { ImageVersion, PinChange } from '../api/types';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import { comparedSinceOperation } from '../argocd/comparedSinceOperation';
import type { PodImages } from '../argocd/podImages';
import { parseImageReference, runsVersion } from '../images';

/** Whether a commit has a merge: it is the merge commit or a descendant of it. @public */
export type ContainsMerge = (revision: string) => boolean;

type Compared = Pick<ApplicationStatus, 'sync' | 'operation'>;

/**
 * Whether Argo CD has applied a merge: synced at or after the merge commit, nothing being operated, and the sync did not
 * fail. Of what runs that says nothing yet.
 *
 * @public
 */
export function hasSynced(
  status: Compared,
  containsMerge: ContainsMerge,
): boolean {
  const { sync, operation } = status;
  return (
    sync.status === 'Synced' &&
    hasCompared(status, containsMerge) &&
    operation?.phase !== 'Running' &&
    operation?.phase !== 'Terminating' &&
    !hasFailedToSync(status, containsMerge)
  );
}

/** Whether the commit that Argo CD last compared has a merge. @public */
export function hasCompared(
  { sync: { revision } }: Pick<ApplicationStatus, 'sync'>,
  containsMerge: ContainsMerge,
): boolean {
  return revision !== undefined && containsMerge(revision);
}

/**
 * Whether the last operation failed and was one that had a merge to apply. An Application can be Synced and Healthy all
 * the same, as where a hook fails after everything was applied. An operation from before the merge says nothing of it.
 *
 * @public
 */
export function hasFailedToSync(
  { operation }: Pick<ApplicationStatus, 'operation'>,
  containsMerge: ContainsMerge,
): boolean {
  return (
    (operation?.phase === 'Failed' || operation?.phase === 'Error') &&
    (operation.revision === undefined || containsMerge(operation.revision))
  );
}

/**
 * Whether a merged promotion runs. Argo CD finishes an operation before health takes notice of it, so that Synced,
 * Succeeded and Healthy together can still mean the old pods: health has to be judged since, and what counts is what runs.
 * That is synced at or after the merge commit, no operation running or failed, Healthy, the new image live and no other
 * version of it.
 *
 * @param pods - what the pods run, where they were looked at; else what Argo CD sums up of all of them. A pod that has
 * ended has run its image and runs it no more. Where nothing but CronJobs makes pods, the next one has the new image. An
 * image that no pod has at any version, as with no replicas, is not waited for.
 * @public
 */
export function hasArrived(
  changes: Pick<PinChange, 'image' | 'after'>[],
  status: ApplicationStatus,
  containsMerge: ContainsMerge,
  pods: PodImages | undefined = undefined,
): boolean {
  const compared = comparedSinceOperation(status);
  return (
    hasSynced(status, containsMerge) &&
    status.health.status === 'Healthy' &&
    compared !== false &&
    changes.every(
      change =>
        runsAlone(change, changes, pods ?? summedUp(status)) ||
        // Health of before could be that of pods which are not there yet.
        (compared === true &&
          pods !== undefined &&
          runsNowhere(change, [pods, summedUp(status)])),
    )
  );
}

type Change = Pick<PinChange, 'image' | 'after'>;

function summedUp({ images }: ApplicationStatus): PodImages {
  return { running: images, ended: [], onlyCronJobs: false };
}

function runsAlone(
  { image, after }: Change,
  changes: Change[],
  pods: PodImages,
): boolean {
  const running = versionsOf(image, pods.running);
  const ran = [...running, ...versionsOf(image, pods.ended)];
  // Several pins may run as one image, each at a version of its own.
  const wanted = changes.filter(change => change.image === image);
  return (
    (pods.onlyCronJobs || ran.some(version => runsVersion(version, after))) &&
    running.every(version =>
      wanted.some(change => runsVersion(version, change.after)),
    )
  );
}

function runsNowhere({ image }: Change, all: PodImages[]): boolean {
  return all.every(
    ({ running, ended }) =>
      versionsOf(image, [...running, ...ended]).length === 0,
  );
}

function versionsOf(image: string, references: string[]): ImageVersion[] {
  return references
    .map(parseImageReference)
    .filter(reference => reference.image === image)
    .map(({ version }) => version);
}
