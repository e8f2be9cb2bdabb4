import type { CommitRef, OverlayState, PromotionRef } from '../api/types';
import { sameVersion } from '../images';
import { readKustomization } from '../tree/kustomization';

/** A commit that changed an overlay's Kustomization. @public */
export interface OverlayCommit {
  commit: CommitRef;
  /** The file's text there; undefined where it is not there, or cannot be read. */
  text?: string;
  /** Id of the promotion that the commit says it was made for. */
  promotionId?: string;
  /** That promotion, where it is known. */
  promotion?: PromotionRef;
}

/**
 * What an overlay pinned before it pinned what it pins now, newest first. Commits that follow each other with the same
 * pins are one state, named by the first of them; of the commits of one promotion only the last was ever deployed.
 *
 * @param commits - newest first
 * @public
 */
export function earlierStates(commits: OverlayCommit[]): OverlayState[] {
  const states: OverlayState[] = [];
  let newer: OverlayCommit | undefined;
  for (const commit of commits) {
    const isDraft =
      commit.promotionId !== undefined &&
      commit.promotionId === newer?.promotionId;
    if (isDraft) {
      continue;
    }
    newer = commit;
    const state = stateOf(commit);
    const last = states.at(-1);
    if (last && samePins(last, state)) {
      states[states.length - 1] = state;
    } else {
      states.push(state);
    }
  }
  return states.slice(1);
}

function stateOf({ commit, text, promotion }: OverlayCommit): OverlayState {
  const state = { commit, ...(promotion && { promotion }) };
  if (text === undefined) {
    return { ...state, pins: [], problem: 'There was no overlay.' };
  }
  const reading = readKustomization(text);
  return reading.ok
    ? {
        ...state,
        pins: reading.kustomization.images.map(({ name, image, version }) => ({
          name,
          image,
          version,
        })),
      }
    : {
        ...state,
        pins: [],
        problem: `The overlay could not be read: ${reading.problem.message}.`,
      };
}

function samePins(one: OverlayState, other: OverlayState): boolean {
  return (
    one.problem === other.problem &&
    one.pins.length === other.pins.length &&
    one.pins.every((pin, index) => {
      const { name, image, version } = other.pins[index];
      return (
        pin.name === name &&
        pin.image === image &&
        sameVersion(pin.version, version)
      );
    })
  );
}
