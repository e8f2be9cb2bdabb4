import { isSeq } from 'yaml';
import type {
  ImagePin,
  KustomizationProblem,
  KustomizationSource,
  Position,
} from './kustomization';
import {
  fieldOf,
  parseKustomizationSource,
  readParsed,
  stringField,
} from './kustomization';
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
  /** The namespace that it sets for all that it deploys, and where. */
  namespace?: { name: string; position: Position };
  /** `namePrefix` and `nameSuffix`: what it puts around the names of all that it deploys. */
  affixes?: { prefix?: string; suffix?: string };
  /** It runs transformers, which can change what it deploys in any way. */
  hasTransformers?: true;
  pins: ImagePin[];
  problem?: KustomizationProblem;
  /** Why it was not read, where nothing is known of what it says: it may well be in order. */
  unread?: string;
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
  return readingOf(file);
}

/** What a Kustomization file says of the environment that it is the overlay of. */
export function readingOf(
  file: { path: string; text: string },
  parsed = parseKustomizationSource(file.text),
): OverlayReading {
  const reading = readParsed(parsed);
  if (!reading.ok) {
    return { ...file, pins: [], problem: reading.problem };
  }
  const { namespace, namespacePosition, images } = reading.kustomization;
  return {
    ...file,
    ...(parsed.ok && namesOf(parsed.source)),
    ...(namespace &&
      namespacePosition && {
        namespace: { name: namespace, position: namespacePosition },
      }),
    pins: images,
  };
}

function namesOf({
  root,
  resolve,
}: KustomizationSource): Pick<OverlayReading, 'affixes' | 'hasTransformers'> {
  const prefix = stringField(root, 'namePrefix', resolve);
  const suffix = stringField(root, 'nameSuffix', resolve);
  const transformers = fieldOf(root, 'transformers', resolve);
  return {
    ...((prefix || suffix) && { affixes: { prefix, suffix } }),
    ...(isSeq(transformers) &&
      transformers.items.length > 0 && { hasTransformers: true as const }),
  };
}
