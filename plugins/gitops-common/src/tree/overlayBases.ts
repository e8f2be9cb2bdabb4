import { isScalar, isSeq, Node } from 'yaml';
import {
  findKustomization,
  InfraSnapshot,
  missingKustomization,
  whyUnread,
} from './InfraSnapshot';
import {
  fieldOf,
  KustomizationSource,
  parseKustomizationSource,
  Position,
} from './kustomization';
import { OverlayReading, readingOf, readOverlay } from './overlay';
import { mayBeRemote, resolveInTree } from './paths';

// Fields that list manifests, or folders with a Kustomization of their own.
const FIELDS = ['resources', 'bases', 'components'];

// What a snapshot holds if it is there: YAML, and folders with some. Not JSON: one from before that was read lacks it.
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
  /** Whether all that they name is in the tree and read: nothing is fetched, nothing lies outside of it. */
  isSelfContained: boolean;
}

/** What the Kustomizations of a snapshot were found to say, by path, so that none is read twice. */
export type KustomizationCache = Map<
  string,
  { reading: OverlayReading; entries: Entry[] }
>;

// Without a path where what is named is not in the tree, or may be elsewhere.
interface Entry {
  path?: string;
  position: Position;
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
  return readWithBases(snapshot, overlayPath).bases;
}

/** Reads an overlay as `readOverlay` does, and what it is built on as `readBases` does, in one go. */
export function readWithBases(
  snapshot: InfraSnapshot,
  overlayPath: string,
  cache: KustomizationCache = new Map(),
): { overlay: OverlayReading; bases: OverlayBases } {
  const own = findKustomization(snapshot, overlayPath);
  const overlay = own
    ? look(overlayPath, own, cache).reading
    : readOverlay(snapshot, overlayPath);
  const found: OverlayBases = {
    bases: [],
    dangling: [],
    isSelfContained: own !== undefined,
  };
  const seen = new Set([overlayPath]);
  const open = own ? [overlayPath] : [];
  // Without recursion: a chain of folders can be as long as the repository has folders.
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const file = findKustomization(snapshot, folder);
    if (file) {
      const { reading, entries } = look(folder, file, cache);
      if (folder !== overlayPath) {
        found.bases.push(reading);
      }
      for (const entry of entries) {
        const next = follow(snapshot, file.path, entry, found);
        if (next !== undefined && !seen.has(next)) {
          seen.add(next);
          open.push(next);
        }
      }
    }
  }
  return { overlay, bases: found };
}

// The folder with a Kustomization of its own that an entry leads to. What is wrong with the entry is noted.
function follow(
  snapshot: InfraSnapshot,
  from: string,
  { path, position }: Entry,
  found: OverlayBases,
): string | undefined {
  if (path === undefined) {
    found.isSelfContained = false;
    return undefined;
  }
  if (snapshot.files.has(path)) {
    return undefined;
  }
  if (findKustomization(snapshot, path)) {
    return path;
  }
  found.isSelfContained = false;
  const message = whyMissing(snapshot, path);
  if (message !== undefined) {
    found.dangling.push({ path: from, position, message });
  }
  return undefined;
}

function look(
  folder: string,
  file: { path: string; text: string },
  cache: KustomizationCache,
): { reading: OverlayReading; entries: Entry[] } {
  const known = cache.get(file.path);
  if (known) {
    return known;
  }
  const parsed = parseKustomizationSource(file.text);
  const read = {
    reading: readingOf(file, parsed),
    entries: parsed.ok ? entriesOf(folder, parsed.source) : [],
  };
  cache.set(file.path, read);
  return read;
}

function entriesOf(
  folder: string,
  { root, resolve, positionOf }: KustomizationSource,
): Entry[] {
  return FIELDS.flatMap(field => {
    const list = fieldOf(root, field, resolve);
    return isSeq(list) ? (list.items as Node[]) : [];
  }).flatMap(item => {
    const node = resolve(item);
    const written = isScalar(node) ? node.value : undefined;
    if (typeof written !== 'string' || written === '') {
      return [];
    }
    const isElsewhere = mayBeRemote(written);
    const path = isElsewhere ? undefined : resolveInTree(folder, written);
    return [{ path: path || undefined, position: positionOf(item) }];
  });
}

function whyMissing(snapshot: InfraSnapshot, path: string): string | undefined {
  if (!FOLLOWED.test(path) || whyUnread(snapshot, path)) {
    return undefined;
  }
  if (!foldersOf(snapshot).has(path)) {
    return `${path} is not there`;
  }
  const missing = missingKustomization(snapshot, path);
  return snapshot.unread.has(missing.path) ? undefined : missing.message;
}

// A snapshot never changes, so its folders are found once; a hostile one can name thousands that are missing.
const folders = new WeakMap<InfraSnapshot, ReadonlySet<string>>();

function foldersOf(snapshot: InfraSnapshot): ReadonlySet<string> {
  const known = folders.get(snapshot);
  if (known) {
    return known;
  }
  const found = new Set<string>();
  for (const path of [...snapshot.files.keys(), ...snapshot.unread.keys()]) {
    for (
      let end = path.lastIndexOf('/');
      end > 0 && !found.has(path.slice(0, end));
      end = path.lastIndexOf('/', end - 1)
    ) {
      found.add(path.slice(0, end));
    }
  }
  folders.set(snapshot, found);
  return found;
}
