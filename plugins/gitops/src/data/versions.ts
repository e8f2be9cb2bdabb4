/** Decides what an image line says: the version that is wanted, and what runs where that differs. */
import {
  formatVersion,
  runsVersion,
  sameVersion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  EnvironmentImage,
  ImageVersion,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** What runs, beside what is wanted. */
export type LiveDifference =
  /** Exactly the wanted version runs, or nothing is known. */
  | { kind: 'none' }
  /** Only other versions run. */
  | { kind: 'old'; versions: string[] }
  /** The wanted version and others run. */
  | { kind: 'mixed'; versions: string[] };

/** Compares what runs with what is wanted. */
export function liveDifference({
  desired,
  live,
}: Pick<EnvironmentImage, 'desired' | 'live'>): LiveDifference {
  const distinct = live.filter(
    (version, index) =>
      live.findIndex(other => sameVersion(other, version)) === index,
  );
  const others = distinct.filter(version => !runsVersion(version, desired));
  if (others.length === 0) {
    return { kind: 'none' };
  }
  return others.length === distinct.length
    ? { kind: 'old', versions: unique(others.map(formatVersion)) }
    : { kind: 'mixed', versions: unique(distinct.map(formatVersion)) };
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}

/** The whole reference, for those who want to copy it: `localhost:5001/demo:1.4.2@sha256:…`. */
export function fullReference(image: string, version: ImageVersion): string {
  return [
    image,
    version.tag && `:${version.tag}`,
    version.digest && `@${version.digest}`,
  ]
    .filter(Boolean)
    .join('');
}
