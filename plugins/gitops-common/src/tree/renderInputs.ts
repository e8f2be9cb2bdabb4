import { sha256 } from '@noble/hashes/sha256';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import type { ApplicationDeclaration } from './applications';
import { builtinPlugins } from './builtinPlugins';
import {
  InfraSnapshot,
  kustomizationPaths,
  missingKustomization,
  whyUnread,
} from './InfraSnapshot';
import {
  Json,
  kustomizationData,
  listAt,
  NamedPaths,
  namedPaths,
  objectOf,
  objectsAt,
} from './namedPaths';
import { isRemote, mayBeRemote, resolveInTree } from './paths';

// More than a service is built from; a hostile overlay must not fill a disk.
const MAX_FILES = 1_000;
const MAX_CHARACTERS = 4 * 1024 * 1024;

// Kustomize's own reader takes a field in any case, and may learn fields that fetch or run something. So what is not known
// to do neither, as it is written here, is not rendered.
const HARMLESS = [
  'apiVersion',
  'kind',
  'metadata',
  'namespace',
  'namePrefix',
  'nameSuffix',
  'labels',
  'commonLabels',
  'commonAnnotations',
  'images',
  'replicas',
  'vars',
  'generatorOptions',
  'buildMetadata',
  'sortOptions',
];
const FOLLOWED = [
  'resources',
  'bases',
  'components',
  'crds',
  'configurations',
  'patches',
  'patchesJson6902',
  'patchesStrategicMerge',
  'replacements',
  'openapi',
  'configMapGenerator',
  'secretGenerator',
  'generators',
  'transformers',
];
// Fields that write what one manifest says into another one.
const REPLACING = ['replacements', 'vars'];
const KNOWN_FIELDS = new Set([...HARMLESS, ...FOLLOWED]);
const PATCH_FIELDS = ['path', 'patch', 'target', 'options'];
const GENERATOR_FIELDS = [
  'name',
  'namespace',
  'behavior',
  'type',
  'options',
  'literals',
  'files',
  'envs',
  'env',
];
const ENTRY_FIELDS: [field: string, known: string[]][] = [
  ['patches', PATCH_FIELDS],
  ['patchesJson6902', PATCH_FIELDS],
  ['openapi', ['path', 'version']],
  ['replacements', ['path', 'source', 'targets']],
  ['configMapGenerator', GENERATOR_FIELDS],
  ['secretGenerator', GENERATOR_FIELDS],
];
const WHY_NOT: Record<string, string> = {
  helmCharts: 'inflates Helm charts',
  helmChartInflationGenerator: 'inflates Helm charts',
  helmGlobals: 'inflates Helm charts',
  validators: 'uses plugins (validators)',
};

/**
 * What has to be there to render an overlay, or in one sentence why it is not rendered: it is built on more than the
 * tree, or needs what could run other programs.
 *
 * @public
 */
export type RenderInputs =
  | {
      /**
       * Text by path from the root of the tree. Files with the data of ConfigMaps and Secrets that the snapshot does not have
       * are empty: the data may be secret, and comes to be nowhere else.
       */
      files: ReadonlyMap<string, string>;
      /** Why these files do not do, in one sentence: such data may be written into other manifests. */
      lacking?: string;
      /** SHA-256 of the overlay's place and the files, in hex: the same inputs are rendered to the same. */
      hash: string;
    }
  | { unknown: string };

/** What Kustomizations were found to say, by path, so that none is parsed again before it changes. @public */
export type RenderInputsCache = Map<
  string,
  { text: string; reader: Reader; named: ReturnType<Reader> }
>;

/** Forgets the Kustomizations that are in none of the snapshots, as those of previews that ended. @public */
export function pruneRenderInputs(
  cache: RenderInputsCache,
  snapshots: ReadonlySet<Pick<InfraSnapshot, 'files'>>,
): void {
  const all = [...snapshots];
  for (const path of cache.keys()) {
    if (!all.some(({ files }) => files.has(path))) {
      cache.delete(path);
    }
  }
}

type Reader = (text: string) => Named | { refused: string };

/** What a Kustomization, or the configuration of plugins, names. */
interface Named extends Omit<NamedPaths, 'charts'> {
  /** Whether what one manifest says may be written into another one. */
  replaces: boolean;
}

class NotRendered extends Error {}

/** The inputs that were found so far. */
class Inputs {
  readonly #snapshot: InfraSnapshot;
  readonly #overlayPath: string;
  readonly #files = new Map<string, string>();
  #characters = 0;
  // Data that the snapshot does not have.
  readonly #unread = new Set<string>();
  // A file by which data may be written elsewhere.
  #replacing?: string;

  constructor(snapshot: InfraSnapshot, overlayPath: string) {
    this.#snapshot = snapshot;
    this.#overlayPath = overlayPath;
  }

  /** Adds a file that has to be there; its text. */
  take(path: string, namedIn: string): string {
    const text = this.#snapshot.files.get(path);
    if (text === undefined) {
      throw new NotRendered(whyMissing(this.#snapshot, path, namedIn));
    }
    this.#add(path, text);
    return text;
  }

  /** Adds the files that something names, but for folders and plugins. */
  takeNamed(
    { files, data, replaces }: Pick<Named, 'files' | 'data' | 'replaces'>,
    namedIn: string,
    folder: string,
  ): void {
    for (const file of resolved(namedIn, folder, files, isRemote)) {
      this.take(file, namedIn);
    }
    for (const file of resolved(namedIn, folder, data, isRemote)) {
      const text = this.#snapshot.files.get(file);
      this.#add(file, text ?? '');
      if (text === undefined) {
        this.#unread.add(file);
      }
    }
    this.#replacing ??= replaces ? namedIn : undefined;
  }

  /** All of them, once there are no more. */
  whole(): RenderInputs {
    const folder = [...this.#files.keys()]
      .flatMap(foldersOf)
      .find(path => this.#unread.has(path));
    if (folder !== undefined) {
      throw new NotRendered(`${folder} is named as a file, and is a folder.`);
    }
    const [unread] = this.#unread;
    return {
      files: this.#files,
      lacking:
        unread !== undefined && this.#replacing !== undefined
          ? `${unread} is not read, and ${
              this.#replacing
            } may write what it says into other manifests.`
          : undefined,
      hash: hashOf(this.#overlayPath, this.#files),
    };
  }

  #add(path: string, text: string): void {
    if (this.#files.has(path)) {
      return;
    }
    this.#files.set(path, text);
    this.#characters += text.length;
    if (this.#files.size > MAX_FILES || this.#characters > MAX_CHARACTERS) {
      throw new NotRendered(
        `${
          this.#overlayPath
        } is built from more than ${MAX_FILES} files, or ${MAX_CHARACTERS} characters.`,
      );
    }
  }
}

/**
 * The files of a tree that rendering an overlay reads, and nothing else: with them alone Kustomize fetches nothing,
 * runs nothing, and finds all that it reads.
 *
 * @public
 */
export function renderInputs(
  snapshot: InfraSnapshot,
  {
    overlayPath,
    renderedWith = [],
  }: Pick<ApplicationDeclaration, 'overlayPath' | 'renderedWith'>,
  cache: RenderInputsCache = new Map(),
): RenderInputs {
  const [field] = renderedWith;
  if (field !== undefined) {
    return {
      unknown: `The Application has Argo CD render something else than the overlay alone, by ${field}.`,
    };
  }
  try {
    return collect(snapshot, overlayPath, cache);
  } catch (error) {
    if (error instanceof NotRendered) {
      return { unknown: error.message };
    }
    throw error;
  }
}

function collect(
  snapshot: InfraSnapshot,
  overlayPath: string,
  cache: RenderInputsCache,
): RenderInputs {
  const inputs = new Inputs(snapshot, overlayPath);
  const seen = new Set([overlayPath]);
  const open = [overlayPath];
  // Without recursion: a chain of folders can be as long as the repository has folders.
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const own = kustomizationPaths(snapshot, folder);
    if (own.length === 0) {
      const { message } = missingKustomization(snapshot, folder);
      throw new NotRendered(`There is nothing to render: ${message}.`);
    }
    const [text] = own.map(path => inputs.take(path, path));
    const [path] = own;
    const named = read(path, text, readNames, cache);
    inputs.takeNamed(named, path, folder);
    for (const written of named.plugins.filter(isInPlace)) {
      inputs.takeNamed(read(path, written, readPlugins), path, folder);
    }
    for (const file of resolved(path, folder, named.plugins, mayBeRemote)) {
      if (kustomizationPaths(snapshot, file).length > 0) {
        throw new NotRendered(
          `${path} has plugins of the folder ${file}, which would have to be rendered first.`,
        );
      }
      const plugins = read(file, inputs.take(file, path), readPlugins, cache);
      // What plugins name is relative to the Kustomization that lists them.
      inputs.takeNamed(plugins, path, folder);
    }
    for (const next of resolved(
      path,
      folder,
      named.filesOrFolders,
      mayBeRemote,
    )) {
      const isFolder = kustomizationPaths(snapshot, next).length > 0;
      if (snapshot.files.has(next) || !isFolder) {
        inputs.take(next, path);
      } else if (!seen.has(next)) {
        seen.add(next);
        open.push(next);
      }
    }
  }
  return inputs.whole();
}

function foldersOf(path: string): string[] {
  const segments = path.split('/');
  return segments
    .slice(1)
    .map((_, end) => segments.slice(0, end + 1).join('/'));
}

function read(
  path: string,
  text: string,
  reader: Reader,
  cache: RenderInputsCache = new Map(),
): Named {
  let known = cache.get(path);
  if (known?.text !== text || known.reader !== reader) {
    known = { text, reader, named: reader(text) };
    cache.set(path, known);
  }
  if ('refused' in known.named) {
    throw new NotRendered(`${path} ${known.named.refused}.`);
  }
  return known.named;
}

function readNames(text: string): Named | { refused: string } {
  const data = kustomizationData(text);
  if (!data) {
    return { refused: 'cannot be read' };
  }
  // Kustomize's own reader has another order of precedence among them.
  if (text.includes('<<')) {
    return { refused: 'may have merge keys, which are not followed' };
  }
  const unknown = unknownField(data);
  if (unknown !== undefined) {
    return {
      refused:
        WHY_NOT[unknown] ??
        `has the field ${JSON.stringify(unknown)}, which is not known here`,
    };
  }
  return {
    ...namedPaths(data),
    replaces: REPLACING.some(field => listAt(data, field).length > 0),
  };
}

function readPlugins(text: string): Named | { refused: string } {
  const found = builtinPlugins(text);
  return 'refused' in found
    ? found
    : { ...found, filesOrFolders: [], plugins: [] };
}

function unknownField(data: Json): string | undefined {
  const inEntries = ENTRY_FIELDS.flatMap(([field, known]) =>
    [objectOf(data[field]) ?? {}, ...objectsAt(data, field)]
      .flatMap(entry => Object.keys(entry))
      .filter(key => !known.includes(key))
      .map(key => `${field}.${key}`),
  );
  return [
    ...Object.keys(data).filter(field => !KNOWN_FIELDS.has(field)),
    ...inEntries,
  ][0];
}

// What is written in place of a name has several lines.
function isInPlace(entry: unknown): entry is string {
  return typeof entry === 'string' && entry.includes('\n');
}

function resolved(
  from: string,
  folder: string,
  written: unknown[],
  isElsewhere: (path: string) => boolean,
): string[] {
  return written.flatMap(name => {
    // Of what is no name Kustomize says what it thinks.
    if (typeof name !== 'string' || name === '' || isInPlace(name)) {
      return [];
    }
    const path = isElsewhere(name) ? undefined : resolveInTree(folder, name);
    if (!path) {
      throw new NotRendered(
        `${from} names ${name}, which is not in the tree, or may be elsewhere.`,
      );
    }
    return [path];
  });
}

function whyMissing(
  snapshot: InfraSnapshot,
  path: string,
  namedIn: string,
): string {
  const unread = whyUnread(snapshot, path);
  return unread === undefined
    ? `${namedIn} names ${path}, which is not there, or is not read.`
    : `${unread}.`;
}

function hashOf(
  overlayPath: string,
  files: ReadonlyMap<string, string>,
): string {
  const inOrder = [...files].sort(([one], [other]) => (one < other ? -1 : 1));
  return bytesToHex(
    sha256(utf8ToBytes(JSON.stringify([overlayPath, inOrder]))),
  );
}
