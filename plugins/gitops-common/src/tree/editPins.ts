import { isMap, isScalar, isSeq, Node, YAMLMap } from 'yaml';
import type { ImageVersion } from '../api/types';
import { formatVersion, isValidVersion } from '../images';
import {
  ImagePin,
  fieldOf,
  KustomizationSource,
  ownPair,
  parseKustomizationSource,
  readKustomization,
  stringField,
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

const VERSION_KEYS = { newTag: 'tag', digest: 'digest' } as const;
const VERSION_FIELDS: VersionField[] = ['newTag', 'digest'];

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
  if (!isValidVersion(version)) {
    throw new PinEditError(
      `${formatVersion(version)} is no valid tag or digest for ${name}`,
    );
  }
  const entry = findEntry(source, name);
  return VERSION_FIELDS.flatMap(field => {
    const value = version[VERSION_KEYS[field]];
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
    const [before, after] = surroundings(text, start, end, node);
    return [{ start, end, value: `${before}${quote}${value}${quote}${after}` }];
  });
}

// What has to stand around the quoted string that takes a node's place.
function surroundings(
  text: string,
  start: number,
  end: number,
  node: Node,
): [before: string, after: string] {
  if (start === end) {
    // An empty value lies directly behind its colon or before a comment.
    return [
      /\s/.test(text.charAt(start - 1)) ? '' : ' ',
      text.charAt(end) === '#' ? ' ' : '',
    ];
  }
  if (isScalar(node) && node.type?.startsWith('BLOCK')) {
    // A block scalar's range holds the comment after its indicator, and the line breaks that end it.
    const written = text.slice(start, end);
    const comment = /^[|>][-+0-9]*([ \t]+#[^\r\n]*)/.exec(written)?.[1] ?? '';
    return ['', comment + endingOf(written)];
  }
  return ['', ''];
}

// The line breaks that end a text, with the blanks between them.
function endingOf(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text[end - 1])) {
    end--;
  }
  const lineBreak = text.indexOf('\n', end);
  if (lineBreak < 0) {
    return '';
  }
  return text.slice(text[lineBreak - 1] === '\r' ? lineBreak - 1 : lineBreak);
}

function findEntry(source: KustomizationSource, name: string): YAMLMap {
  const images = fieldOf(source.root, 'images', source.resolve);
  const entries = isSeq(images)
    ? images.items.filter(
        (item): item is YAMLMap =>
          isMap(item) && stringField(item, 'name', source.resolve) === name,
      )
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
    ...pin,
    version: {
      tag: planned.get(pin.name)?.tag ?? pin.version.tag,
      digest: planned.get(pin.name)?.digest ?? pin.version.digest,
    },
    notStrings: pin.notStrings.filter(
      ({ field }) => planned.get(pin.name)?.[VERSION_KEYS[field]] === undefined,
    ),
  }));
  const actual = contentOf(after, pin => pin);
  if (expected !== actual) {
    throw new PinEditError(
      'Changing the version would change another part of the file too, as happens when an anchor is used elsewhere; write the value out where it is shared',
    );
  }
}

// Everything the file says, with its pins as `adjust` has them.
function contentOf(text: string, adjust: (pin: ImagePin) => ImagePin): string {
  const parsed = parseKustomizationSource(text);
  const reading = readKustomization(text);
  if (!parsed.ok || !reading.ok) {
    throw new PinEditError('The edited Kustomization cannot be read any more');
  }
  // Reading has made sure that the aliases do not expand beyond measure.
  const { images, ...rest } = parsed.source.document.toJS({
    maxAliasCount: -1,
  }) as Record<string, unknown>;
  const entries = Array.isArray(images) ? images : [];
  return JSON.stringify([
    rest,
    entries.map(entry => ({ ...entry, newTag: null, digest: null })),
    reading.kustomization.images.map(pin => {
      const { name, image, version, notStrings } = adjust(pin);
      return [name, image, version.tag, version.digest, notStrings.length];
    }),
  ]);
}
