import { sha256 } from '@noble/hashes/sha256';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import type { ApplicationDeclaration } from './applications';
import {
  InfraSnapshot,
  kustomizationPaths,
  missingKustomization,
  whyUnread,
} from './InfraSnapshot';
import {
  Json,
  kustomizationData,
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
];
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
  generators: 'uses plugins (generators)',
  transformers: 'uses plugins (transformers)',
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
      /** Text by path from the root of the tree. */
      files: ReadonlyMap<string, string>;
      /** Files with the data of ConfigMaps and Secrets that the snapshot does not have: it has YAML alone. */
      unread: string[];
      /** SHA-256 of the overlay's place and the files, in hex: the same inputs are rendered to the same. */
      hash: string;
    }
  | { unknown: string };

/** What Kustomizations were found to say, by path, so that none is parsed again before it changes. @public */
export type RenderInputsCache = Map<
  string,
  { text: string; named: NamedPaths | { refused: string } }
>;

class NotRendered extends Error {}

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
  const files = new Map<string, string>();
  const unread = new Set<string>();
  const seen = new Set([overlayPath]);
  const open = [overlayPath];
  let characters = 0;
  const take = (path: string, namedIn: string) => {
    const text = snapshot.files.get(path);
    if (text === undefined) {
      throw new NotRendered(whyMissing(snapshot, path, namedIn));
    }
    if (!files.has(path)) {
      files.set(path, text);
      characters += text.length;
      if (files.size > MAX_FILES || characters > MAX_CHARACTERS) {
        throw new NotRendered(
          `${overlayPath} is built from more than ${MAX_FILES} files, or ${MAX_CHARACTERS} characters.`,
        );
      }
    }
  };
  // Without recursion: a chain of folders can be as long as the repository has folders.
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const own = kustomizationPaths(snapshot, folder);
    if (own.length === 0) {
      const { message } = missingKustomization(snapshot, folder);
      throw new NotRendered(`There is nothing to render: ${message}.`);
    }
    own.forEach(path => take(path, path));
    const [path] = own;
    const named = read(path, snapshot.files.get(path) ?? '', cache);
    for (const file of resolved(path, folder, named.files, isRemote)) {
      take(file, path);
    }
    for (const file of resolved(path, folder, named.data, isRemote)) {
      if (snapshot.files.has(file)) {
        take(file, path);
      } else {
        unread.add(file);
      }
    }
    for (const next of resolved(
      path,
      folder,
      named.filesOrFolders,
      mayBeRemote,
    )) {
      if (snapshot.files.has(next)) {
        take(next, path);
      } else if (kustomizationPaths(snapshot, next).length === 0) {
        throw new NotRendered(whyMissing(snapshot, next, path));
      } else if (!seen.has(next)) {
        seen.add(next);
        open.push(next);
      }
    }
  }
  return { files, unread: [...unread], hash: hashOf(overlayPath, files) };
}

function read(
  path: string,
  text: string,
  cache: RenderInputsCache,
): NamedPaths {
  let known = cache.get(path);
  if (known?.text !== text) {
    known = { text, named: readNames(text) };
    cache.set(path, known);
  }
  if ('refused' in known.named) {
    throw new NotRendered(`${path} ${known.named.refused}.`);
  }
  return known.named;
}

function readNames(text: string): NamedPaths | { refused: string } {
  const data = kustomizationData(text);
  if (!data) {
    return { refused: 'cannot be read' };
  }
  // Kustomize's own reader has another order of precedence among them.
  if (text.includes('<<')) {
    return { refused: 'may have merge keys, which are not followed' };
  }
  const unknown = unknownField(data);
  return unknown === undefined
    ? namedPaths(data)
    : {
        refused:
          WHY_NOT[unknown] ??
          `has the field ${JSON.stringify(unknown)}, which is not known here`,
      };
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

function resolved(
  from: string,
  folder: string,
  written: unknown[],
  isElsewhere: (path: string) => boolean,
): string[] {
  return written.flatMap(name => {
    // Of what is no name Kustomize says what it thinks; a patch that is written in place has several lines.
    if (typeof name !== 'string' || name === '' || name.includes('\n')) {
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
