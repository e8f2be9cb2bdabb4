import type { ImageVersion, PinChange } from '../api/types';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import { comparedSinceOperation } from '../argocd/comparedSinceOperation';
import type { PodImages } from '../argocd/podImages';
import { parseImageReference } from '../images';
import { mayRunFor, pinsBeside } from '../sharedImages';
import type { ImagePin } from '../tree/kustomization';

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

/** What else is known of a promotion's target. @public */
export interface KnownOfTarget {
  /** The pins of its overlay, where that can be read. */
  pins?: Pick<ImagePin, 'name' | 'image' | 'version'>[];
  /**
   * What the pods run, where they were looked at; else what Argo CD sums up of all of them. A pod that has ended has run its
   * image and runs it no more. Where nothing but CronJobs makes pods, the next one has the new image. An image that no pod
   * has at any version, as with no replicas, is not waited for.
   */
  pods?: PodImages;
}

/**
 * Whether a merged promotion runs. Argo CD finishes an operation before health takes notice of it, so that Synced,
 * Succeeded and Healthy together can still mean the old pods: health has to be judged since, and what counts is what runs.
 * That is synced at or after the merge commit, no operation running or failed, Healthy, the new image live and no other
 * version of it that no other pin wants.
 *
 * Where another pin wants the old version of the same image, nothing tells whether a pod of it is still the changed pin's.
 * Then the new one has to run, and health, which waits for old pods to be replaced, to be known as judged since.
 *
 * @public
 */
export function hasArrived(
  changes: Change[],
  status: ApplicationStatus,
  containsMerge: ContainsMerge,
  { pins = [], pods }: KnownOfTarget = {},
): boolean {
  const compared = comparedSinceOperation(status);
  return (
    hasSynced(status, containsMerge) &&
    status.health.status === 'Healthy' &&
    compared !== false &&
    changes.length > 0 &&
    changes.every(change => {
      const others = othersOf(change, changes, pins);
      return (
        (runsAlone(change, others, pods ?? summedUp(status)) &&
          (compared === true || isToldApart(change, others))) ||
        // Health of before could be that of pods which are not there yet.
        (compared === true &&
          pods !== undefined &&
          runsNowhere(change, others, [pods, summedUp(status)]))
      );
    })
  );
}

type Change = Pick<PinChange, 'name' | 'image' | 'before' | 'after'>;
type OtherPin = Pick<ImagePin, 'version'>;

function summedUp({ images }: ApplicationStatus): PodImages {
  return { running: images, ended: [], onlyCronJobs: false };
}

function othersOf(
  change: Change,
  changes: Change[],
  pins: NonNullable<KnownOfTarget['pins']>,
): OtherPin[] {
  return [
    ...changes
      .filter(other => other !== change && other.image === change.image)
      .map(({ after }) => ({ version: after })),
    ...pinsBeside({ ...change, version: change.after }, pins),
  ];
}

// Whether a pod of the old version can be no other pin's.
function isToldApart({ before }: Change, others: OtherPin[]): boolean {
  return !others.some(pin => mayRunFor(pin, before));
}

function runsAlone(
  { image, after }: Change,
  others: OtherPin[],
  pods: PodImages,
): boolean {
  const own = { version: after };
  const running = versionsOf(image, pods.running);
  const ran = [...running, ...versionsOf(image, pods.ended)];
  return (
    (pods.onlyCronJobs || ran.some(version => mayRunFor(own, version))) &&
    running.every(version =>
      [own, ...others].some(pin => mayRunFor(pin, version)),
    )
  );
}

function runsNowhere(
  change: Change,
  others: OtherPin[],
  all: PodImages[],
): boolean {
  const beside = isToldApart(change, others) ? others : [];
  return all.every(({ running, ended }) =>
    versionsOf(change.image, [...running, ...ended]).every(version =>
      beside.some(pin => mayRunFor(pin, version)),
    ),
  );
}

function versionsOf(image: string, references: string[]): ImageVersion[] {
  return references
    .map(parseImageReference)
    .filter(reference => reference.image === image)
    .map(({ version }) => version);
}
