import {
  Document,
  isMap,
  isScalar,
  isSeq,
  Node,
  Pair,
  Scalar,
  YAMLMap,
} from 'yaml';
import type { ImageVersion } from '../api/types';
import { PlainScalarType, plainScalarType } from './plainScalar';
import {
  isMergeKey,
  Position,
  YamlDocument,
  yamlDocuments,
} from './yamlDocuments';

export type { Position };

/** A field of a pin that carries a version. @public */
export type VersionField = 'newTag' | 'digest';

/** One entry of a Kustomization's `images`. @public */
export interface ImagePin {
  /** `name`: what the manifests call the image. */
  name: string;
  /** `newName`, or `name` where the entry has none. */
  image: string;
  version: ImageVersion;
  /** Where the version is written, or the entry where it has none. */
  position: Position;
  /** Version fields whose value YAML does not read as a string, as they are written: Kustomize refuses them, or drops a null. */
  notStrings: { field: VersionField; written: string; position: Position }[];
}

/** What a Kustomization file says, as far as environments need it. @public */
export interface Kustomization {
  namespace?: string;
  /** Where `namespace` is written; present where it is. */
  namespacePosition?: Position;
  resources: string[];
  images: ImagePin[];
}

/** Why a file cannot be read as a Kustomization. @public */
export interface KustomizationProblem {
  message: string;
  position?: Position;
}

/** @public */
export type KustomizationReading =
  | { ok: true; kustomization: Kustomization }
  | { ok: false; problem: KustomizationProblem };

/** The parsed file with what is needed to find a node's bytes in it. */
export interface KustomizationSource {
  document: Document.Parsed;
  root: YAMLMap;
  resolve: YamlDocument['resolve'];
  positionOf(node: Node): Position;
}

/** A file that could be parsed as a Kustomization, or why not. */
export type ParsedKustomization =
  | { ok: true; source: KustomizationSource }
  | { ok: false; problem: KustomizationProblem };

// Where the file says something that Kustomize refuses.
class ShapeError extends Error {
  constructor(readonly problem: KustomizationProblem) {
    super(problem.message);
  }
}

/**
 * Reads a Kustomization the way Kustomize does: the first document counts, of equal keys the last, anchors and merge
 * keys are followed, and a byte order mark or CRLF line endings make no difference.
 *
 * Fields that environments do not need are not judged; what is wrong with them only Kustomize says.
 *
 * @public
 */
export function readKustomization(text: string): KustomizationReading {
  return readParsed(parseKustomizationSource(text));
}

/** Reads a file that is parsed already. */
export function readParsed(parsed: ParsedKustomization): KustomizationReading {
  if (!parsed.ok) {
    return parsed;
  }
  try {
    return { ok: true, kustomization: toKustomization(parsed.source) };
  } catch (error) {
    if (error instanceof ShapeError) {
      return { ok: false, problem: error.problem };
    }
    throw error;
  }
}

/** Parses the file and says in one sentence why it is no Kustomization. */
export function parseKustomizationSource(text: string): ParsedKustomization {
  const [first] = yamlDocuments(text);
  if (first?.problem) {
    return { ok: false, problem: first.problem };
  }
  if (!first || !('document' in first) || isEmpty(first.document)) {
    return {
      ok: false,
      problem: {
        message:
          'the file is empty, or its first document is, and Kustomize reads no other',
      },
    };
  }
  const { document, resolve, positionOf } = first;
  const root = document.contents;
  if (!isMap(root)) {
    return {
      ok: false,
      problem: {
        message: 'the file is not a mapping',
        position: root ? positionOf(root) : undefined,
      },
    };
  }
  return { ok: true, source: { document, root, resolve, positionOf } };
}

function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.source === '');
}

/**
 * The value of a key, with aliases and merge keys followed. The last in the file wins, a merge key over a key before
 * it too: that is how Kustomize's reader has it.
 */
export function fieldOf(
  map: YAMLMap,
  key: string,
  resolve: YamlDocument['resolve'],
): Node | undefined {
  for (const pair of [...map.items].reverse()) {
    if (isScalar(pair.key) && pair.key.value === key) {
      return resolve(pair.value as Node | null);
    }
    if (isMergeKey(pair.key)) {
      const merged = resolve(pair.value as Node | null);
      for (const item of isSeq(merged) ? merged.items : [merged]) {
        const from = resolve(item as Node | undefined);
        const value = isMap(from) ? fieldOf(from, key, resolve) : undefined;
        if (value) {
          return value;
        }
      }
    }
  }
  return undefined;
}

/** The pair that the mapping itself writes for a key; of several the one that counts. */
export function ownPair(
  map: YAMLMap,
  key: string,
): Pair<unknown, unknown> | undefined {
  return [...map.items]
    .reverse()
    .find(pair => isScalar(pair.key) && pair.key.value === key);
}

/** The text of a string field; undefined where the field is absent, null or no string. */
export function stringField(
  map: YAMLMap,
  key: string,
  resolve: YamlDocument['resolve'],
): string | undefined {
  const node = fieldOf(map, key, resolve);
  return isScalar(node) && scalarType(node) === 'string'
    ? writtenText(node)
    : undefined;
}

function toKustomization(source: KustomizationSource): Kustomization {
  const { root } = source;
  const namespace = fieldOf(root, 'namespace', source.resolve);
  return {
    namespace: optionalString(source, root, 'namespace', 'namespace'),
    ...(namespace && { namespacePosition: source.positionOf(namespace) }),
    resources: listOf(source, 'resources').flatMap(item => {
      const node = source.resolve(item);
      if (!isScalar(node) || scalarType(node) !== 'string') {
        return [];
      }
      return [writtenText(node)];
    }),
    images: listOf(source, 'images').flatMap(item => {
      const entry = source.resolve(item);
      // Kustomize passes over an entry that is null or has no name.
      if (!entry || isNull(entry)) {
        return [];
      }
      if (!isMap(entry)) {
        throw refused(source, item, 'an entry of images is not a mapping');
      }
      const name = optionalString(
        source,
        entry,
        'name',
        'the name of an images entry',
      );
      return name ? [readPin(name, entry, source)] : [];
    }),
  };
}

function listOf(source: KustomizationSource, key: string): Node[] {
  const node = fieldOf(source.root, key, source.resolve);
  if (!node || isNull(node)) {
    return [];
  }
  if (!isSeq(node)) {
    throw refused(source, node, `${key} is not a list`);
  }
  return node.items as Node[];
}

function optionalString(
  source: KustomizationSource,
  map: YAMLMap,
  key: string,
  what: string,
): string | undefined {
  const node = fieldOf(map, key, source.resolve);
  if (node && !isNull(node)) {
    if (!isScalar(node)) {
      throw refused(source, node, `${what} is not a string`);
    }
    const type = scalarType(node);
    if (type !== 'string') {
      throw refused(
        source,
        node,
        `${what} is not a string: unquoted, ${node.source} is a ${type} to YAML`,
      );
    }
  }
  return stringField(map, key, source.resolve);
}

function refused(
  source: KustomizationSource,
  node: Node,
  message: string,
): ShapeError {
  return new ShapeError({ message, position: source.positionOf(node) });
}

function readPin(
  name: string,
  entry: YAMLMap,
  source: KustomizationSource,
): ImagePin {
  const version: ImageVersion = {};
  const notStrings: ImagePin['notStrings'] = [];
  let position = source.positionOf(entry);
  for (const field of ['digest', 'newTag'] as const) {
    const node = fieldOf(entry, field, source.resolve);
    if (node && !isScalar(node)) {
      throw refused(source, node, `${field} of ${name} is not a string`);
    }
    if (node) {
      const written = writtenText(node);
      const type = scalarType(node);
      // Where the entry itself says it: an alias stands where it is used, not where its anchor is.
      const own = ownPair(entry, field)?.value as Node | undefined;
      const at = source.positionOf(own ?? entry);
      if (type !== 'string') {
        notStrings.push({ field, written, position: at });
      }
      if (type !== 'null' && written !== '') {
        version[field === 'newTag' ? 'tag' : 'digest'] = written;
        position = at;
      }
    }
  }
  const newName = optionalString(
    source,
    entry,
    'newName',
    `newName of ${name}`,
  );
  return { name, image: newName || name, version, position, notStrings };
}

const TYPE_OF_TAG: Record<string, PlainScalarType> = {
  'tag:yaml.org,2002:int': 'number',
  'tag:yaml.org,2002:float': 'number',
  'tag:yaml.org,2002:bool': 'boolean',
  'tag:yaml.org,2002:null': 'null',
};

function scalarType(node: Scalar): PlainScalarType {
  if (node.tag !== undefined) {
    return TYPE_OF_TAG[node.tag] ?? 'string';
  }
  return node.type === 'PLAIN' ? plainScalarType(node.source ?? '') : 'string';
}

function isNull(node: Node): boolean {
  return isScalar(node) && scalarType(node) === 'null';
}

function writtenText(node: Scalar): string {
  return node.source ?? String(node.value);
}
