import type { ImageVersion, PinChange } from '../api/types';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import type { PodImages } from '../argocd/podImages';
import { parseImageReference, runsVersion } from '../images';

/**
 * Whether Argo CD has applied a merge: synced at or after the merge commit, and nothing being operated. Of what runs
 * that says nothing yet.
 *
 * @param containsMerge - whether the synced revision is the merge commit or a descendant of it
 * @public
 */
export function hasSynced(
  { sync, operation }: Pick<ApplicationStatus, 'sync' | 'operation'>,
  containsMerge: boolean,
): boolean {
  return (
    containsMerge &&
    sync.status === 'Synced' &&
    operation?.phase !== 'Running' &&
    operation?.phase !== 'Terminating'
  );
}

/**
 * Whether a merged promotion runs. Argo CD finishes an operation before health takes notice of it, so that Synced,
 * Succeeded and Healthy together can still mean the old pods; what counts is what runs:
 * synced at or after the merge commit, no operation running, Healthy, the new image live and no other version of it.
 *
 * @param containsMerge - whether the synced revision is the merge commit or a descendant of it
 * @param pods - what the pods run, where they were looked at; else what Argo CD sums up of all of them. A pod that has
 * ended has run its image and runs it no more. Where nothing but CronJobs makes pods, the next one has the new image.
 * @public
 */
export function hasArrived(
  changes: Pick<PinChange, 'image' | 'after'>[],
  status: ApplicationStatus,
  containsMerge: boolean,
  pods: PodImages = { running: status.images, ended: [], onlyCronJobs: false },
): boolean {
  return (
    hasSynced(status, containsMerge) &&
    status.health.status === 'Healthy' &&
    changes.every(({ image, after }) => {
      const running = versionsOf(image, pods.running);
      const ran = [...running, ...versionsOf(image, pods.ended)];
      // Several pins may run as one image, each at a version of its own.
      const wanted = changes.filter(change => change.image === image);
      return (
        (pods.onlyCronJobs ||
          ran.some(version => runsVersion(version, after))) &&
        running.every(version =>
          wanted.some(change => runsVersion(version, change.after)),
        )
      );
    })
  );
}

function versionsOf(image: string, references: string[]): ImageVersion[] {
  return references
    .map(parseImageReference)
    .filter(reference => reference.image === image)
    .map(({ version }) => version);
}
