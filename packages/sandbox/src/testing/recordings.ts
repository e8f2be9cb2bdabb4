import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PACKAGE_DIRECTORY } from '../packageDirectory';

/** A request to a real Argo CD and its response. */
export interface Recording {
  request: { path: string };
  response: { status: number; contentType?: string; body: unknown };
}

export function recording(name: string): Recording {
  return JSON.parse(read(`${name}.json`));
}

/** The lines of a recorded stream. */
export function recordedStream(name: string): unknown[] {
  return read(`${name}.ndjson`)
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));
}

// What no client of ours reads, what is the recorded installation's own, who happened to ask for a sync, and the
// namespace that only an Application's very first sync makes.
const IGNORED = [
  /\.metadata\.managedFields$/,
  /\.metadata\.labels$/,
  /\.initiatedBy$/,
  /\.syncResult\.resources\[Namespace\]$/,
  /\.metadata\.annotations\.argocd\.argoproj\.io\/hydrate$/,
];

/** Where a value has not the recorded structure: what is missing, and what is of another type. */
export function structureDifferences(
  recorded: unknown,
  actual: unknown,
  where = '',
): string[] {
  if (IGNORED.some(pattern => pattern.test(where))) {
    return [];
  }
  if (typeOf(recorded) !== typeOf(actual)) {
    return [`${where} is ${typeOf(actual)}, recorded as ${typeOf(recorded)}`];
  }
  if (Array.isArray(recorded) && Array.isArray(actual)) {
    return recorded.flatMap((item, index) =>
      structureDifferences(
        item,
        actual.find(candidate => identity(candidate) === identity(item)),
        `${where}[${identity(item) || index}]`,
      ),
    );
  }
  if (isRecord(recorded) && isRecord(actual)) {
    return Object.keys(recorded).flatMap(key =>
      structureDifferences(recorded[key], actual[key], `${where}.${key}`),
    );
  }
  return [];
}

// What tells the items of a list apart: a resource's kind, a condition's type, a pod's state, a ReplicaSet's health, an information's name.
function identity(item: unknown): string {
  if (!isRecord(item)) {
    return '';
  }
  const { kind, type, info, name, value, health } = item;
  if (kind === 'Pod') {
    return `Pod ${(info as { value: string }[] | undefined)?.[0].value}`;
  }
  if (kind === 'ReplicaSet') {
    return `ReplicaSet ${(health as { status: string } | undefined)?.status}`;
  }
  return String(kind ?? type ?? (value !== undefined ? name : ''));
}

function typeOf(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  return Array.isArray(value) ? 'array' : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeOf(value) === 'object';
}

function read(file: string): string {
  return readFileSync(path.join(PACKAGE_DIRECTORY, 'recordings', file), 'utf8');
}
