import type { ImagePin, KustomizationProblem } from './kustomization';
import { readKustomization } from './kustomization';
import {
  findKustomization,
  InfraSnapshot,
  missingKustomization,
} from './InfraSnapshot';

/** An overlay as it stands at a commit: its pins, or why they cannot be read. @public */
export interface OverlayReading {
  /** The Kustomization file, or where it is looked for. */
  path: string;
  text?: string;
  pins: ImagePin[];
  problem?: KustomizationProblem;
}

/** Reads the overlay in a folder. A missing, unread or malformed Kustomization is a reading with a problem. @public */
export function readOverlay(
  snapshot: InfraSnapshot,
  folder: string,
): OverlayReading {
  const file = findKustomization(snapshot, folder);
  if (!file) {
    const { path, message } = missingKustomization(snapshot, folder);
    return { path, pins: [], problem: { message } };
  }
  const reading = readKustomization(file.text);
  return reading.ok
    ? { ...file, pins: reading.kustomization.images }
    : { ...file, pins: [], problem: reading.problem };
}
