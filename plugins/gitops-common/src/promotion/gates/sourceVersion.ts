import type { ImageVersion, PinChange } from '../../api/types';
import type { PodImages } from '../../argocd/podImages';
import type { EnvironmentFacts } from '../../findings/EnvironmentFacts';
import {
  formatVersion,
  parseImageReference,
  runsVersion,
  sameVersion,
} from '../../images';
import { pinsBeside, versionsOfPin } from '../../sharedImages';
import type { GateVerdict } from './PromotionGate';

/**
 * The versions of a change's image that are among images, as the source names it. Once what is going to be promoted is
 * among them, those that other pins of the source run as the same image are left out.
 *
 * @param seen - where that is looked for as well
 */
export function versionsIn(
  images: string[],
  { name, image, after }: PinChange,
  { overlay: { pins } }: EnvironmentFacts,
  seen: string[] = [],
): ImageVersion[] {
  const runsAs = pins.find(pin => pin.name === name)?.image ?? image;
  const versionsOf = (references: string[]) =>
    references
      .map(parseImageReference)
      .filter(reference => reference.image === runsAs)
      .map(({ version }) => version);
  const pin = { name, image: runsAs, version: after };
  return versionsOfPin(
    pin,
    versionsOf(images),
    pinsBeside(pin, pins),
    versionsOf(seen),
  );
}

/** Whether what is going to be promoted runs, and no other version of it. */
export function runsAlone(
  running: ImageVersion[],
  { after }: PinChange,
): boolean {
  return (
    running.length > 0 && running.every(version => runsVersion(version, after))
  );
}

/** What runs, for people. */
export function runningText(running: ImageVersion[]): string {
  return [...new Set(running.map(formatVersion))].join(' and ') || 'nothing';
}

/** Whether the source runs what is going to be promoted, by its pods. Says nothing where it simply does. */
export function judgeByPods(
  change: PinChange,
  source: EnvironmentFacts,
  pods: PodImages,
): GateVerdict | undefined {
  const { environment } = source.declared;
  const { name, after } = change;
  const version = formatVersion(after);
  const running = versionsIn(pods.running, change, source, pods.ended);
  const ended = versionsIn(pods.ended, change, source);
  if (runsAlone(running, change)) {
    return undefined;
  }
  if (running.length > 0 || (ended.length === 0 && !pods.onlyCronJobs)) {
    return {
      state: 'failed',
      message: `${environment} runs ${runningText(
        running,
      )} of ${name}, not ${version} alone; wait until ${version} runs there, or promote what does.`,
    };
  }
  if (ended.some(ran => runsVersion(ran, after))) {
    return {
      state: 'passed',
      message: `${environment} is Synced and Healthy; ${name} runs there in Jobs, and one of ${version} has ended.`,
    };
  }
  // It is Synced, so what the next Job runs is what the overlay pins, if Argo CD has compared it.
  if (source.behind?.commitsBehind !== 0) {
    return {
      state: 'unknown',
      message: `${name} runs in ${environment} in Jobs, none of which runs now, and it is not known whether Argo CD has compared the newest commit; refresh it.`,
    };
  }
  const pinned = source.overlay.pins.find(pin => pin.name === name)?.version;
  return pinned && sameVersion(pinned, after)
    ? {
        state: 'passed',
        message: `${environment} is Synced and Healthy; ${name} runs there in Jobs, at ${version} from the next one on. None of ${version} was seen yet.`,
      }
    : {
        state: 'failed',
        message: `${name} runs in ${environment} in Jobs, at ${
          pinned ? formatVersion(pinned) : 'no pinned version'
        } and not ${version}.`,
      };
}
