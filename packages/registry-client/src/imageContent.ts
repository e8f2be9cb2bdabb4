import { ImageFacts } from '@gitops-infra/backstage-plugin-gitops-common';

/** A reference from one piece of an image's content to another. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  /** In bytes. */
  size: number;
}

/** An index, which lists an image for each platform, or the manifest of one image. */
export type ImageManifest =
  | {
      kind: 'index';
      annotations: unknown;
      /** The images that it lists, without what only attests something of them. */
      images: (Descriptor & { platform: string })[];
    }
  | {
      kind: 'manifest';
      annotations: unknown;
      /** The image's configuration; undefined where it is none, as in what is no image to run. */
      config?: Descriptor;
    };

/** The media types of manifests: a registry says that it has no image to who does not take the type that it has. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  '*/*;q=0.1',
].join(', ');

const CONFIG_TYPES: readonly unknown[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];
const PREFERRED_PLATFORM = 'linux/amd64';
// As many platforms as an image could have.
const MAX_IMAGES = 100;

const MAX_SOURCE_CHARACTERS = 500;
const MAX_VERSION_CHARACTERS = 128;
// Builds that are to be reproducible say that they were made in 1970 or 1980, which they were not.
const BUILT_AFTER = Date.UTC(1980, 0, 2);

/** Reads a manifest or an index; undefined where it is neither. */
export function readManifest(json: unknown): ImageManifest | undefined {
  const { manifests, config, annotations } = objectOf(json);
  if (Array.isArray(manifests)) {
    const images = manifests.slice(0, MAX_IMAGES).flatMap(entry => {
      const descriptor = readDescriptor(entry);
      return descriptor && !isAttestation(entry)
        ? [{ ...descriptor, platform: platformOf(entry) }]
        : [];
    });
    return { kind: 'index', annotations, images };
  }
  const descriptor = readDescriptor(config);
  return descriptor
    ? {
        kind: 'manifest',
        annotations,
        config: CONFIG_TYPES.includes(descriptor.mediaType)
          ? descriptor
          : undefined,
      }
    : undefined;
}

/** The image of an index that speaks for all of them: that for linux/amd64, or the first. */
export function chosenImage(
  index: Extract<ImageManifest, { kind: 'index' }>,
): Descriptor | undefined {
  return (
    index.images.find(({ platform }) => platform === PREFERRED_PLATFORM) ??
    index.images[0]
  );
}

/**
 * What the content of an image says of it. Annotations are the image's own, while labels may be those of an image that it
 * was built on; so where annotations say anything, labels are not asked.
 */
export function readFacts(
  annotations: unknown[],
  config: unknown,
): Omit<ImageFacts, 'platforms'> {
  const { created, config: settings } = objectOf(config);
  const { Labels: labels } = objectOf(settings);
  const said =
    [...annotations, labels]
      .map(readLabels)
      .find(found => found !== undefined) ?? {};
  return withoutUndefined({ createdAt: readTime(created), ...said });
}

function readLabels(
  labels: unknown,
): Omit<ImageFacts, 'platforms'> | undefined {
  const of = (name: string) => {
    const value = objectOf(labels)[`org.opencontainers.image.${name}`];
    return typeof value === 'string' ? value.trim() : undefined;
  };
  const found = withoutUndefined({
    source: readSource(of('source')),
    revision: readRevision(of('revision')),
    version: readVersion(of('version')),
  });
  return Object.keys(found).length > 0 ? found : undefined;
}

// What is shown as a link has to be one, and credentials are nobody's business.
function readSource(text: string | undefined): string | undefined {
  if (!text || text.length > MAX_SOURCE_CHARACTERS || !URL.canParse(text)) {
    return undefined;
  }
  const { protocol, username, password, href } = new URL(text);
  return /^https?:$/.test(protocol) && !username && !password
    ? href
    : undefined;
}

function readRevision(text: string | undefined): string | undefined {
  return text && /^[0-9a-f]{7,64}$/.test(text) ? text : undefined;
}

function readVersion(text: string | undefined): string | undefined {
  return text && text.length <= MAX_VERSION_CHARACTERS && /^[!-~]+$/.test(text)
    ? text
    : undefined;
}

function readTime(text: unknown): string | undefined {
  const time = typeof text === 'string' ? Date.parse(text) : NaN;
  return time >= BUILT_AFTER ? new Date(time).toISOString() : undefined;
}

function readDescriptor(entry: unknown): Descriptor | undefined {
  const { mediaType, digest, size } = objectOf(entry);
  return typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    typeof size === 'number' &&
    size >= 0
    ? { mediaType, digest, size }
    : undefined;
}

// BuildKit lists what attests an image beside it, as an image for no platform.
function isAttestation(entry: unknown): boolean {
  const { annotations } = objectOf(entry);
  return (
    objectOf(annotations)['vnd.docker.reference.type'] ===
      'attestation-manifest' || platformOf(entry) === 'unknown/unknown'
  );
}

function platformOf(entry: unknown): string {
  const { os, architecture } = objectOf(objectOf(entry).platform);
  return `${os}/${architecture}`;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : {};
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as T;
}
