import { createHash } from 'node:crypto';

/** A piece of an image, as a registry keeps it. */
export interface Content {
  mediaType: string;
  body: Buffer;
  digest: string;
}

/** The media types of the two families that images are written in. */
export const FORMATS = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
  },
} as const;

export function digestOf(body: Uint8Array): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

export function contentOf(mediaType: string, json: unknown): Content {
  const body = Buffer.from(
    typeof json === 'string' ? json : JSON.stringify(json),
  );
  return { mediaType, body, digest: digestOf(body) };
}

/** What one piece of an image says of another. */
export function descriptorOf({ mediaType, digest, body }: Content) {
  return { mediaType, digest, size: body.length };
}

/** An image without layers. */
export function buildImage(
  options: {
    format?: keyof typeof FORMATS;
    created?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    /** In place of the configuration that is made from the above. */
    config?: Content;
  } = {},
): { manifest: Content; config: Content } {
  const { created, labels, annotations } = options;
  const types = FORMATS[options.format ?? 'oci'];
  const config =
    options.config ??
    contentOf(types.config, {
      architecture: 'amd64',
      os: 'linux',
      created,
      config: { Labels: labels },
      rootfs: { type: 'layers', diff_ids: [] },
    });
  const manifest = contentOf(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptorOf(config),
    layers: [],
    annotations,
  });
  return { manifest, config };
}

/** An index of images, each for a platform such as `linux/amd64`. */
export function buildIndex(
  images: {
    manifest: Content;
    platform?: string;
    annotations?: Record<string, string>;
  }[],
  options: {
    format?: keyof typeof FORMATS;
    annotations?: Record<string, string>;
  } = {},
): Content {
  const { index } = FORMATS[options.format ?? 'oci'];
  return contentOf(index, {
    schemaVersion: 2,
    mediaType: index,
    manifests: images.map(({ manifest, platform = 'linux/amd64', ...rest }) => {
      const [os, architecture] = platform.split('/');
      return {
        ...descriptorOf(manifest),
        platform: { os, architecture },
        ...rest,
      };
    }),
    annotations: options.annotations,
  });
}
