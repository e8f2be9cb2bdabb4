import { isMap, isScalar, isSeq, Node, YAMLMap } from 'yaml';
import type { ImageVersion } from '../api/types';
import {
  ImagePin,
  fieldOf,
  KustomizationSource,
  ownPair,
  parseKustomizationSource,
  readKustomization,
  VersionField,
} from './kustomization';

/** A pin and the version that it should have; only the fields that are given are written. @public */
export interface PinEdit {
  name: string;
  version: ImageVersion;
}

/** An edit that cannot be made without touching more than the planned pins. The message says what a person can do. @public */
export class PinEditError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PinEditError';
  }
}

/**
 * Writes versions into a Kustomization. Only the bytes of the tag and digest scalars change: comments, order,
 * quoting style, anchors, line endings and a byte order mark stay. A version is always written as a quoted string.
 *
 * The result is read again and must differ in the planned pins only.
 *
 * @throws PinEditError when the file cannot be read, a pin is missing or there twice, a version is not written in
 * the entry itself, or the edit would change anything else (as when another pin refers to it by an alias).
 * @public
 */
export function editPins(text: string, edits: PinEdit[]): string {
  const parsed = parseKustomizationSource(text);
  if (!parsed.ok) {
    throw new PinEditError(
      `The Kustomization cannot be read: ${parsed.problem.message}`,
    );
  }
  const replacements = edits.flatMap(edit =>
    pinReplacements(parsed.source, text, edit),
  );
  let result = text;
  for (const { start, end, value } of replacements.sort(
    (a, b) => b.start - a.start,
  )) {
    result = result.slice(0, start) + value + result.slice(end);
  }
  assertOnlyPlannedPinsChanged(text, result, edits);
  return result;
}

interface Replacement {
  start: number;
  end: number;
  value: string;
}

function pinReplacements(
  source: KustomizationSource,
  text: string,
  { name, version }: PinEdit,
): Replacement[] {
  const entry = findEntry(source, name);
  const fields: [VersionField, string | undefined][] = [
    ['newTag', version.tag],
    ['digest', version.digest],
  ];
  return fields.flatMap(([field, value]) => {
    if (value === undefined) {
      return [];
    }
    const node = ownPair(entry, field)?.value as Node | undefined;
    if (!node?.range) {
      throw new PinEditError(
        `The pin ${name} has no ${field} of its own to change; write one in its entry first`,
      );
    }
    const [start, end] = node.range;
    const quote = isScalar(node) && node.type === 'QUOTE_SINGLE' ? "'" : '"';
    // A block scalar's range ends with its line break, which must stay.
    const lineBreak = /\r?\n[ \t]*$/.exec(text.slice(start, end))?.[0] ?? '';
    return [{ start, end, value: `${quote}${value}${quote}${lineBreak}` }];
  });
}

function findEntry(source: KustomizationSource, name: string): YAMLMap {
  const images = fieldOf(source.root, 'images', source.document);
  const entries = isSeq(images)
    ? images.items.filter((item): item is YAMLMap => {
        if (!isMap(item)) {
          return false;
        }
        const node = fieldOf(item, 'name', source.document);
        return isScalar(node) && String(node.value) === name;
      })
    : [];
  if (entries.length === 0) {
    throw new PinEditError(`The Kustomization has no pin ${name} of its own`);
  }
  if (entries.length > 1) {
    const lines = entries.map(entry => source.positionOf(entry).line);
    throw new PinEditError(
      `The pin ${name} is there ${entries.length} times (lines ${lines.join(
        ', ',
      )}); leave one of them`,
    );
  }
  return entries[0];
}

function assertOnlyPlannedPinsChanged(
  before: string,
  after: string,
  edits: PinEdit[],
): void {
  const planned = new Map(edits.map(edit => [edit.name, edit.version]));
  const expected = contentOf(before, pin => ({
    ...pin.version,
    ...planned.get(pin.name),
  }));
  const actual = contentOf(after, pin => pin.version);
  if (expected !== actual) {
    throw new PinEditError(
      'Changing the version would change another part of the file too, as happens when an anchor is used elsewhere; write the value out where it is shared',
    );
  }
}

// Everything the file says except the versions of its pins, and those versions as `versionOf` has them.
function contentOf(
  text: string,
  versionOf: (pin: ImagePin) => ImageVersion,
): string {
  const parsed = parseKustomizationSource(text);
  const reading = readKustomization(text);
  if (!parsed.ok || !reading.ok) {
    throw new PinEditError('The edited Kustomization cannot be read any more');
  }
  const { images, ...rest } = parsed.source.document.toJS({
    maxAliasCount: 1000,
  }) as Record<string, unknown>;
  const entries = Array.isArray(images) ? images : [];
  return JSON.stringify([
    rest,
    entries.map(entry => ({ ...entry, newTag: null, digest: null })),
    reading.kustomization.images.map(pin => {
      const { tag, digest } = versionOf(pin);
      return [pin.name, pin.image, tag, digest];
    }),
  ]);
}
