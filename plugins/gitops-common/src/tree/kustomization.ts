import {
  Alias,
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Node,
  Pair,
  parseAllDocuments,
  Scalar,
  YAMLMap,
} from 'yaml';
import type { ImageVersion } from '../api/types';
import { plainScalarType } from './plainScalar';

// More than any hand-written overlay; what is larger is not read at all.
const MAX_CHARACTERS = 512 * 1024;

/** A place in a file; both count from 1. @public */
export interface Position {
  line: number;
  column: number;
}

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
  /** Version fields whose unquoted value YAML does not read as a string, as they are written in the file. */
  notStrings: { field: VersionField; written: string; position: Position }[];
}

/** What a Kustomization file says, as far as environments need it. @public */
export interface Kustomization {
  namespace?: string;
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
  positionOf(node: Node): Position;
}

/**
 * Reads a Kustomization the way Kustomize does: the first document counts, anchors and merge keys are followed,
 * and a byte order mark or CRLF line endings make no difference.
 *
 * @public
 */
export function readKustomization(text: string): KustomizationReading {
  const source = parseKustomizationSource(text);
  if (!source.ok) {
    return source;
  }
  const { document, root, positionOf } = source.source;
  const fail = (
    message: string,
    node: Node | undefined,
  ): KustomizationReading => ({
    ok: false,
    problem: { message, position: positionOf(node ?? root) },
  });

  const images: ImagePin[] = [];
  const imagesNode = fieldOf(root, 'images', document);
  if (imagesNode && !isNull(imagesNode)) {
    if (!isSeq(imagesNode)) {
      return fail('images is not a list', imagesNode);
    }
    for (const item of imagesNode.items) {
      const entry = resolve(item as Node, document);
      if (!isMap(entry)) {
        return fail('an entry of images is not a mapping', item as Node);
      }
      const name = stringOf(fieldOf(entry, 'name', document));
      if (!name) {
        return fail('an entry of images has no name', item as Node);
      }
      images.push(readPin(name, entry, source.source));
    }
  }

  const resourcesNode = fieldOf(root, 'resources', document);
  if (resourcesNode && !isNull(resourcesNode) && !isSeq(resourcesNode)) {
    return fail('resources is not a list', resourcesNode);
  }
  const resources = isSeq(resourcesNode)
    ? resourcesNode.items
        .map(item => stringOf(resolve(item as Node, document)))
        .filter((path): path is string => path !== undefined)
    : [];

  return {
    ok: true,
    kustomization: {
      namespace: stringOf(fieldOf(root, 'namespace', document)),
      resources,
      images,
    },
  };
}

/** Parses the file and says in one sentence why it is no Kustomization. */
export function parseKustomizationSource(
  text: string,
):
  | { ok: true; source: KustomizationSource }
  | { ok: false; problem: KustomizationProblem } {
  if (text.length > MAX_CHARACTERS) {
    return {
      ok: false,
      problem: {
        message: `the file has ${text.length} characters; more than ${MAX_CHARACTERS} are not read`,
      },
    };
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    logLevel: 'silent',
  });
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    // A byte order mark is no column that an editor shows.
    return {
      line,
      column: line === 1 && text.startsWith('\ufeff') ? col - 1 : col,
    };
  };
  const document = Array.isArray(documents) ? documents[0] : undefined;
  if (!document || document.contents === null) {
    return { ok: false, problem: { message: 'the file is empty' } };
  }
  const error = document.errors[0];
  if (error) {
    return {
      ok: false,
      problem: { message: error.message, position: positionAt(error.pos[0]) },
    };
  }
  const root = document.contents;
  if (!isMap(root)) {
    return {
      ok: false,
      problem: {
        message: 'the file is not a mapping',
        position: positionAt(root.range[0]),
      },
    };
  }
  return {
    ok: true,
    source: {
      document,
      root,
      positionOf: node => positionAt(node.range?.[0] ?? 0),
    },
  };
}

/** The value of a key, with aliases and merge keys followed. */
export function fieldOf(
  map: YAMLMap,
  key: string,
  document: Document,
): Node | undefined {
  const own = ownPair(map, key);
  if (own) {
    return resolve(own.value as Node | null, document);
  }
  for (const pair of map.items) {
    if (isScalar(pair.key) && pair.key.value === '<<') {
      const merged = resolve(pair.value as Node | null, document);
      const sources = isSeq(merged) ? merged.items : [merged];
      for (const item of sources) {
        const from = resolve(item as Node | null, document);
        const value = isMap(from) && ownPair(from, key);
        if (value) {
          return resolve(value.value as Node | null, document);
        }
      }
    }
  }
  return undefined;
}

/** The pair that the mapping itself writes for a key. */
export function ownPair(
  map: YAMLMap,
  key: string,
): Pair<unknown, unknown> | undefined {
  return map.items.find(pair => isScalar(pair.key) && pair.key.value === key);
}

function resolve(
  node: Node | Alias | null | undefined,
  document: Document,
): Node | undefined {
  return isAlias(node) ? node.resolve(document) : node ?? undefined;
}

function readPin(
  name: string,
  entry: YAMLMap,
  { document, positionOf }: KustomizationSource,
): ImagePin {
  const version: ImageVersion = {};
  const notStrings: ImagePin['notStrings'] = [];
  let position = positionOf(entry);
  for (const field of ['digest', 'newTag'] as const) {
    const node = fieldOf(entry, field, document);
    if (isScalar(node) && !isNull(node)) {
      const written = writtenText(node);
      version[field === 'newTag' ? 'tag' : 'digest'] = written;
      // Where the entry itself says it: an alias stands where it is used, not where its anchor is.
      const own = ownPair(entry, field)?.value as Node | undefined;
      position = positionOf(own ?? entry);
      if (isPlainNonString(node)) {
        notStrings.push({ field, written, position });
      }
    }
  }
  const newName = stringOf(fieldOf(entry, 'newName', document));
  return { name, image: newName || name, version, position, notStrings };
}

function isPlainNonString(node: Scalar): boolean {
  return (
    node.type === 'PLAIN' &&
    node.tag === undefined &&
    plainScalarType(node.source ?? '') !== 'string'
  );
}

function isNull(node: Node): boolean {
  return (
    isScalar(node) &&
    node.type === 'PLAIN' &&
    node.tag === undefined &&
    plainScalarType(node.source ?? '') === 'null'
  );
}

function writtenText(node: Scalar): string {
  return node.source ?? String(node.value);
}

function stringOf(node: Node | undefined): string | undefined {
  return isScalar(node) && !isNull(node) ? writtenText(node) : undefined;
}
