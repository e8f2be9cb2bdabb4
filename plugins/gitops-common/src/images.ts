import type { ImageVersion } from './api/types';

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,128}$/;

/** An image reference taken apart: `localhost:5001/demo:1.4.2@sha256:…`. @public */
export interface ImageReference {
  image: string;
  version: ImageVersion;
}

/** Takes an image reference apart; a registry's port is not a tag. @public */
export function parseImageReference(reference: string): ImageReference {
  const [named, digest] = reference.split('@', 2);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  return {
    image: hasTag ? named.slice(0, colon) : named,
    version: {
      ...(hasTag && { tag: named.slice(colon + 1) }),
      ...(digest && { digest }),
    },
  };
}

/** Puts an image reference together: the way that `parseImageReference` takes it apart. @public */
export function imageReference({
  image,
  version: { tag, digest },
}: ImageReference): string {
  return `${image}${tag === undefined ? '' : `:${tag}`}${
    digest === undefined ? '' : `@${digest}`
  }`;
}

/** Reads a version as a person gives it: a tag, a digest, or `tag@digest`; undefined where it is none of these. @public */
export function parseVersion(text: string): ImageVersion | undefined {
  const [first, second] = text.split('@', 2);
  const version: ImageVersion =
    second === undefined && first.includes(':')
      ? { digest: first }
      : { tag: first, ...(second !== undefined && { digest: second }) };
  return isValidVersion(version) && writeVersion(version) === text
    ? version
    : undefined;
}

/** A version in full, the way that `parseVersion` reads it; empty where nothing is pinned. @public */
export function writeVersion({ tag, digest }: ImageVersion): string {
  return [tag, digest].filter(part => part !== undefined).join('@');
}

/** A version for people: the tag, or the first twelve digits of the digest, or `latest` where nothing is pinned. @public */
export function formatVersion({ tag, digest }: ImageVersion): string {
  return tag ?? (digest ? shortDigest(digest) : 'latest');
}

function shortDigest(digest: string): string {
  const [algorithm, hex = ''] = digest.split(':', 2);
  return `${algorithm}:${hex.slice(0, 12)}`;
}

/** Whether two pins say the same: the same tag and the same digest, or none. @public */
export function sameVersion(a: ImageVersion, b: ImageVersion): boolean {
  return a.tag === b.tag && a.digest === b.digest;
}

/** Whether a running version is the one that a pin asks for: by digest where both know one, else by tag. @public */
export function runsVersion(live: ImageVersion, pinned: ImageVersion): boolean {
  return pinned.digest !== undefined && live.digest !== undefined
    ? pinned.digest === live.digest
    : (pinned.tag ?? (pinned.digest ? undefined : 'latest')) ===
        (live.tag ?? (live.digest ? undefined : 'latest'));
}

/** Whether a tag and a digest are of the form that registries accept, so that they can be written and linked. @public */
export function isValidVersion({ tag, digest }: ImageVersion): boolean {
  return (
    (tag === undefined || TAG.test(tag)) &&
    (digest === undefined || DIGEST.test(digest))
  );
}

/**
 * What an image says of itself, the same for ever for one digest. All of it is text from whoever built the image; what is
 * absent is not said, or not in a form that can be used.
 *
 * @public
 */
export interface ImageFacts {
  /** When it was built. */
  createdAt?: string;
  /** The page of the repository that it was built from, by HTTP or HTTPS: `org.opencontainers.image.source`. */
  source?: string;
  /** The commit that it was built from, in hexadecimal digits: `org.opencontainers.image.revision`. */
  revision?: string;
  /** `org.opencontainers.image.version` */
  version?: string;
  /** The digests of the images for each platform, where it is an index of them. */
  platforms?: string[];
}

/**
 * What registries are asked of a pin, as `imageReference` writes it: what is pinned and, since only the tag tells whether it
 * still is that image, the tag beside a digest.
 *
 * @public
 */
export function pinReferences({ image, version }: ImageReference): string[] {
  const { tag, digest } = version;
  return [
    imageReference({ image, version }),
    ...(tag !== undefined && digest !== undefined
      ? [imageReference({ image, version: { tag } })]
      : []),
  ];
}
