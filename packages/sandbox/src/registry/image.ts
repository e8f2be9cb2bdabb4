import { createHash } from 'node:crypto';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

/** What an image says of itself. */
export interface Build {
  /** ISO 8601. */
  createdAt?: string;
  /** Page of the repository that it was built from. */
  source?: string;
  /** The commit that it was built from. */
  revision?: string;
}

/** A piece of an image. */
export interface Content {
  mediaType: string;
  body: string;
  digest: string;
}

/** An image that has nothing in it but what it says of itself. */
export interface Image {
  manifest: Content;
  config: Content;
}

export function buildImage(
  repository: string,
  version: string,
  { createdAt, source, revision }: Build,
): Image {
  const config = contentOf(CONFIG, {
    architecture: 'amd64',
    os: 'linux',
    created: createdAt,
    config: {
      Labels: {
        'org.opencontainers.image.title': repository,
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.source': source,
        'org.opencontainers.image.revision': revision,
      },
    },
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const manifest = contentOf(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: {
      mediaType: config.mediaType,
      digest: config.digest,
      size: Buffer.byteLength(config.body),
    },
    layers: [],
  });
  return { manifest, config };
}

function contentOf(mediaType: string, json: object): Content {
  const body = JSON.stringify(json);
  const hex = createHash('sha256').update(body).digest('hex');
  return { mediaType, body, digest: `sha256:${hex}` };
}
