import { isScalar, isSeq, Node } from 'yaml';
import {
  findKustomization,
  InfraSnapshot,
  missingKustomization,
  whyUnread,
} from './InfraSnapshot';
import { fieldOf, parseKustomizationSource, Position } from './kustomization';
import { OverlayReading, readingOf } from './overlay';
import { isRemote, resolveInTree } from './paths';

// Fields that list manifests, or folders with a Kustomization of their own.
const FIELDS = ['resources', 'bases', 'components'];

// `github.com/owner/repository` can be a folder as well as an address; only Kustomize finds out.
const MAYBE_HOST = /^[^./][^/]*[.:][^/]*\/./;

// What a snapshot holds if it is there: YAML, and folders with some.
const FOLLOWED = /^(?:apps|bootstrap)\/(?:.*\/)?(?:[^/.]+|[^/]+\.ya?ml)$/;

/** An entry of a Kustomization that names something that is not there. @public */
export interface DanglingEntry {
  /** The Kustomization file. */
  path: string;
  position: Position;
  message: string;
}

/** What an overlay is built on. @public */
export interface OverlayBases {
  /** The other Kustomizations that it leads to, each once. */
  bases: OverlayReading[];
  /** What it, or one of them, names and the tree does not have. */
  dangling: DanglingEntry[];
}

/**
 * Follows an overlay's `resources`, `bases` and `components` through the tree. Of what lies outside of the tree, or is in
 * it and not read, nothing is said.
 *
 * @public
 */
export function readBases(
  snapshot: InfraSnapshot,
  overlayPath: string,
): OverlayBases {
  const bases: OverlayReading[] = [];
  const dangling: DanglingEntry[] = [];
  const seen = new Set([overlayPath]);
  const open = [overlayPath];
  // Without recursion: a chain of folders can be as long as the repository has folders.
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const file = findKustomization(snapshot, folder);
    if (!file) {
      continue;
    }
    if (folder !== overlayPath) {
      bases.push(readingOf(file));
    }
    for (const { path, position } of entriesOf(folder, file.text)) {
      const message = snapshot.files.has(path)
        ? undefined
        : whyMissing(snapshot, path);
      if (message !== undefined) {
        dangling.push({ path: file.path, position, message });
      } else if (!snapshot.files.has(path) && !seen.has(path)) {
        seen.add(path);
        open.push(path);
      }
    }
  }
  return { bases, dangling };
}

function entriesOf(
  folder: string,
  text: string,
): { path: string; position: Position }[] {
  const parsed = parseKustomizationSource(text);
  if (!parsed.ok) {
    return [];
  }
  const { root, resolve, positionOf } = parsed.source;
  return FIELDS.flatMap(field => {
    const list = fieldOf(root, field, resolve);
    return isSeq(list) ? (list.items as Node[]) : [];
  }).flatMap(item => {
    const node = resolve(item);
    const written = isScalar(node) ? node.value : undefined;
    const path =
      typeof written === 'string' &&
      written !== '' &&
      !isRemote(written) &&
      !MAYBE_HOST.test(written)
        ? resolveInTree(folder, written)
        : undefined;
    return path ? [{ path, position: positionOf(item) }] : [];
  });
}

function whyMissing(snapshot: InfraSnapshot, path: string): string | undefined {
  if (
    !FOLLOWED.test(path) ||
    findKustomization(snapshot, path) ||
    whyUnread(snapshot, path)
  ) {
    return undefined;
  }
  const inside = `${path}/`;
  const isFolder = [snapshot.files, snapshot.unread].some(known =>
    [...known.keys()].some(other => other.startsWith(inside)),
  );
  if (!isFolder) {
    return `${path} is not there`;
  }
  const missing = missingKustomization(snapshot, path);
  return snapshot.unread.has(missing.path) ? undefined : missing.message;
}
