import { formatVersion } from '../../images';
import { isVersioned, mayRunFor } from '../../sharedImages';
import type { ApplicationStatus } from '../../argocd/ApplicationStatus';
import type { ImagePin } from '../../tree/kustomization';
import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Diagnosis } from '../Finding';
import type { FindingRule } from '../FindingRule';
import { degraded } from './degraded';
import { imageOverrides } from '../evidence/imageOverrides';
import { imagePullFailed } from './imagePullFailed';
import { manifestLocation, overlayLocation } from '../evidence/location';
import { hasFailed, isOfOlder, syncStep } from '../evidence/syncStep';
import {
  followingPins,
  liveVersions,
  waitingPins,
} from '../evidence/waitingPins';

// What Argo CD says of an operation that waits for a sync window; it goes on once the window opens.
const SYNC_WINDOW = 'blocked by sync window';

/**
 * Contract: Healthy, but an old version. Of the places that a change can be at on its way it names the one: not merged,
 * not seen by Argo CD, seen and not synced, synced and not running. What has a finding of its own is left to that: a
 * comparison that fails, Argo CD's repo server, an override in the cluster, an image that cannot be pulled, pods that
 * fail.
 */
export const notDeployed: FindingRule = {
  code: 'not-deployed',
  check(facts) {
    const found = facts.status && onItsWay(facts, facts.status);
    return [
      ...overriddenInGit(facts),
      ...(found ? [found] : []),
      ...notMerged(facts),
    ];
  },
};

function notMerged({ promotion }: EnvironmentFacts): Diagnosis[] {
  if (promotion?.state !== 'open' || !promotion.pullRequest) {
    return [];
  }
  const versions = promotion.changes.map(
    ({ name, after }) => `${name} ${formatVersion(after)}`,
  );
  return [
    {
      severity: 'info',
      what: `${versions.join(', ')} is not merged yet.`,
      why: `Pull request #${promotion.pullRequest.number} is open: ${promotion.title}.`,
      fix: 'Review and merge it.',
      evidence: promotion.pullRequest.url,
    },
  ];
}

// The manifest itself sets the image: what the overlay pins is deployed nowhere.
function overriddenInGit(facts: EnvironmentFacts): Diagnosis[] {
  return imageOverrides(facts)
    .filter(
      ({ inGit, name }) =>
        inGit && facts.overlay.pins.some(pin => pin.name === name),
    )
    .map(({ name, written }) => ({
      severity: 'warning',
      what: `What the overlay pins for ${name} is not deployed: the Application sets the image.`,
      why: `kustomize.images in ${facts.declared.location.path} has ${written}, which wins over the overlay.`,
      fix: 'Remove the entry from the manifest, and pin the version in the overlay.',
      where: manifestLocation(facts, 'imageOverrides'),
    }));
}

function onItsWay(
  facts: EnvironmentFacts,
  status: ApplicationStatus,
): Diagnosis | undefined {
  const waiting = waitingPins(facts);
  switch (syncStep(facts)) {
    case 'not-seen':
      return notRefreshed(facts, status);
    case 'unknown-distance':
      return waiting.length > 0 && status.sync.revision
        ? notAtHead(facts, status, waiting)
        : undefined;
    case 'syncing':
      return syncing(facts, status, waiting);
    case 'sync-failed':
      return notApplied(facts, status, waiting);
    case 'not-synced':
      // What differs may be no version; the sync status says that something does.
      return waiting.length > 0 ? notSynced(facts, status, waiting) : undefined;
    case 'synced':
      return syncFailed(facts, status) ?? rollingOut(facts, status, waiting);
    default:
      return undefined;
  }
}

function notRefreshed(
  { behind, declared, repository }: EnvironmentFacts,
  status: ApplicationStatus,
): Diagnosis {
  const count = behind?.commitsBehind ?? 0;
  const commits = behind?.commits ?? [];
  const many = behind?.commitsBehindIsAtLeast || count > 1;
  const seen = status.sync.revision?.slice(0, 7) ?? 'an older commit';
  return {
    severity: 'info',
    what: `${behind?.commitsBehindIsAtLeast ? 'At least ' : ''}${count} ${
      many ? 'commits are' : 'commit is'
    } merged and not yet seen by Argo CD.`,
    why: `It compared ${seen}${
      status.reconciledAt ? ` at ${status.reconciledAt}` : ''
    }; ${repository.branch} is at ${repository.head.slice(0, 7)}.`,
    fix: `Wait for Argo CD's next look, some minutes at most, or refresh ${
      declared.name
    }.${
      status.automated ? '' : ' Then sync it: auto-sync is off.'
    } If it stays so, Argo CD cannot fetch the repository.`,
    evidence:
      commits
        .map(({ sha, title }) => `${sha.slice(0, 7)} ${title}`)
        .join('\n') || undefined,
    command: 'refresh',
  };
}

function notAtHead(
  facts: EnvironmentFacts,
  status: ApplicationStatus,
  waiting: ImagePin[],
): Diagnosis {
  const { repository, declared } = facts;
  return {
    severity: 'info',
    what: `${named(waiting)} is not live.`,
    why: `Argo CD compared ${status.sync.revision?.slice(0, 7)}, and ${
      repository.branch
    } is at ${repository.head.slice(
      0,
      7,
    )}; which of them is newer could not be checked.`,
    fix: `Wait until both have been looked at again, or refresh ${declared.name}.`,
    where: pinLocation(facts, waiting),
    command: 'refresh',
  };
}

function syncing(
  facts: EnvironmentFacts,
  { operation, project }: ApplicationStatus,
  waiting: ImagePin[],
): Diagnosis | undefined {
  const { declared } = facts;
  const where = pinLocation(facts, waiting);
  if (operation?.message?.includes(SYNC_WINDOW)) {
    return {
      severity: 'warning',
      what: `${named(waiting)} waits for a sync window.`,
      why: `A sync window of the project ${
        project ?? declared.project
      } keeps Argo CD from syncing.`,
      fix: 'Wait until the window allows it; Argo CD goes on by itself.',
      evidence: operation.message,
      where,
    };
  }
  return waiting.length > 0
    ? {
        severity: 'info',
        what: `${named(waiting)} is being synced.`,
        why: `A sync of ${declared.name} is running.`,
        fix: 'Wait until it ends.',
        evidence: operation?.message,
        where,
      }
    : undefined;
}

function notApplied(
  facts: EnvironmentFacts,
  { operation, sync }: ApplicationStatus,
  waiting: ImagePin[],
): Diagnosis {
  return {
    severity: 'error',
    what: 'The last sync failed, so what Git says is not deployed.',
    why: `Argo CD could not apply ${
      (operation?.revision ?? sync.revision)?.slice(0, 7) ?? 'the manifests'
    }, and does not try the same commit again by itself.`,
    fix: `Correct what the message names and push it, or sync ${facts.declared.name} once more if the cause is gone.`,
    evidence: operation?.message,
    where: pinLocation(facts, waiting),
    command: 'sync',
  };
}

function notSynced(
  facts: EnvironmentFacts,
  status: ApplicationStatus,
  waiting: ImagePin[],
): Diagnosis {
  const { declared } = facts;
  const where = pinLocation(facts, waiting);
  if (!status.automated) {
    return {
      severity: 'warning',
      what: declared.automated
        ? `${named(waiting)} is not deployed: auto-sync is off.`
        : `${named(waiting)} is not deployed: it is synced by hand.`,
      why: `Argo CD has seen it and finds ${
        declared.name
      } OutOfSync, but applies nothing by itself${
        declared.automated
          ? `, although ${declared.location.path} says so`
          : `, as ${declared.location.path} says`
      }.`,
      fix: `Sync ${declared.name}${
        declared.automated
          ? `, and switch auto-sync on again: \`argocd app set ${declared.name} --sync-policy automated\``
          : ''
      }.`,
      evidence: liveText(waiting, status),
      where,
      command: 'sync',
    };
  }
  return {
    severity: 'info',
    what: `${named(waiting)} is seen by Argo CD and not applied yet.`,
    why: `${declared.name} is OutOfSync, auto-sync is on, and no sync is running.`,
    fix: `Mostly a matter of seconds. If it stays so, a sync window of the project ${
      status.project ?? declared.project
    } may forbid it, or the same commit was synced and changed in the cluster since: sync ${
      declared.name
    }.`,
    evidence: liveText(waiting, status),
    where,
    command: 'sync',
  };
}

// As where a hook fails after everything was applied: Argo CD finds the Application Synced all the same.
function syncFailed(
  { declared, promotion }: EnvironmentFacts,
  status: ApplicationStatus,
): Diagnosis | undefined {
  const { operation, sync } = status;
  if (!hasFailed(status)) {
    return undefined;
  }
  const ofOlder = isOfOlder(status);
  if (ofOlder && promotion?.state !== 'merged') {
    // What failed may have been taken back since.
    return undefined;
  }
  return {
    severity: ofOlder ? 'warning' : 'error',
    what: 'The last sync failed, although nothing is different from Git.',
    why: `Argo CD's sync of ${
      (operation?.revision ?? sync.revision)?.slice(0, 7) ?? 'the manifests'
    } failed, as one does whose hook fails when the rest is applied. It finds ${
      declared.name
    } Synced, so it does not sync again by itself.`,
    fix: `Correct what the message names and push it, or sync ${declared.name} once more if the cause is gone.`,
    evidence: operation?.message,
    command: 'sync',
  };
}

function rollingOut(
  facts: EnvironmentFacts,
  status: ApplicationStatus,
  waiting: ImagePin[],
): Diagnosis | undefined {
  const { declared } = facts;
  const isPaused = status.health.status === 'Suspended';
  const isChanging = isPaused || status.health.status === 'Progressing';
  const following = isChanging ? followingPins(facts).filter(isVersioned) : [];
  // While the old and the new run side by side.
  const pins = (waiting.length > 0 ? waiting : following).filter(pin =>
    hasUnpinned(facts, status, pin),
  );
  const explained = [imagePullFailed, degraded].some(
    rule => rule.check(facts).length > 0,
  );
  if (pins.length === 0 || explained) {
    return undefined;
  }
  const shown = {
    severity: 'info' as const,
    evidence: liveText(pins, status),
    where: pinLocation(facts, pins),
  };
  // Argo CD sums up the images of all pods, so which of them still run is not known.
  if (!isChanging) {
    return {
      ...shown,
      what: `${named(
        pins,
      )} is applied; another version is listed among its images.`,
      why: 'Argo CD lists the images of all pods together, those of pods that are being replaced and of Jobs that have ended too.',
      fix: 'Wait where pods are being replaced. What a Job ran is listed until its pod is gone.',
    };
  }
  return {
    ...shown,
    what: isPaused
      ? `The rollout of ${named(pins)} is paused.`
      : `${named(pins)} is rolling out.`,
    why: `Argo CD has applied it and finds ${declared.name} ${status.health.status}; another version is listed among its images.`,
    fix: isPaused
      ? 'Resume it where it was paused.'
      : `Wait until ${declared.name} is Healthy.`,
  };
}

// Whether there is another version of a pin's image than the overlay pins, for whichever pin.
function hasUnpinned(
  { overlay }: EnvironmentFacts,
  status: ApplicationStatus,
  { image }: ImagePin,
): boolean {
  const pins = overlay.pins.filter(pin => pin.image === image);
  return (liveVersions(status).get(image) ?? []).some(
    version => !pins.some(pin => mayRunFor(pin, version)),
  );
}

function named(pins: ImagePin[]): string {
  return (
    pins
      .map(({ name, version }) => `${name} ${formatVersion(version)}`)
      .join(', ') || 'A change'
  );
}

function liveText(pins: ImagePin[], status: ApplicationStatus): string {
  const live = liveVersions(status);
  const texts = new Set(
    pins.flatMap(({ image }) =>
      (live.get(image) ?? []).map(
        version => `${image} ${formatVersion(version)}`,
      ),
    ),
  );
  return `live: ${[...texts].join(', ')}`;
}

function pinLocation(facts: EnvironmentFacts, [pin]: ImagePin[]) {
  return pin && overlayLocation(facts, pin.position);
}
