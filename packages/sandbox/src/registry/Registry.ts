import { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson, urlOf } from '../http/messages';
import { Build, buildImage, Content, Image } from './image';

const API_VERSION = { 'docker-distribution-api-version': 'registry/2.0' };
const LOOPBACK_IMAGE =
  /^(?:localhost|127\.0\.0\.1)(?::\d+)?\/([^:@]+)(?::([^@]+))?(?:@(.+))?$/;

/** A registry of images without layers: the part of the OCI distribution API that tells what is there, and what it is. */
export class Registry {
  readonly #images = new Map<string, Map<string, Image>>();

  /** The tags of a repository, oldest first. */
  tags(repository: string): string[] {
    return [...(this.#images.get(repository)?.keys() ?? [])];
  }

  /** Pushes an image; one that a tag had before is replaced. */
  add(repository: string, tag: string, build: Build = {}): void {
    const images = this.#images.get(repository) ?? new Map<string, Image>();
    this.#images.set(
      repository,
      images.set(tag, buildImage(repository, tag, build)),
    );
  }

  remove(repository: string, tag: string): void {
    this.#images.get(repository)?.delete(tag);
  }

  clear(): void {
    this.#images.clear();
  }

  /** Whether a node could pull an image. Only images on loopback are looked for here; others are taken to exist. */
  hasImage(image: string): boolean {
    const [, repository, tag, digest] = LOOPBACK_IMAGE.exec(image) ?? [];
    return (
      !repository ||
      this.#find(repository, digest ?? tag ?? 'latest') !== undefined
    );
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { pathname } = urlOf(request);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const [, list] = /^\/v2\/(.+)\/tags\/list$/.exec(pathname) ?? [];
    const [, name, kind, reference] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
    const content =
      kind === 'blobs'
        ? this.#findConfig(name, reference)
        : name && this.#find(name, reference);
    if (!isRead) {
      sendError(response, 405, 'UNSUPPORTED', 'The operation is unsupported.');
    } else if (pathname === '/v2/' || pathname === '/v2') {
      sendJson(response, 200, {}, API_VERSION);
    } else if (list && this.#images.has(list)) {
      sendJson(
        response,
        200,
        { name: list, tags: this.tags(list) },
        API_VERSION,
      );
    } else if (list) {
      sendError(
        response,
        404,
        'NAME_UNKNOWN',
        'repository name not known to registry',
      );
    } else if (content) {
      response.writeHead(200, {
        ...API_VERSION,
        'content-type': content.mediaType,
        'content-length': Buffer.byteLength(content.body),
        'docker-content-digest': content.digest,
      });
      response.end(request.method === 'HEAD' ? undefined : content.body);
    } else if (kind === 'blobs') {
      sendError(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    } else {
      sendError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    }
  }

  /** The manifest that a reference, a tag or a digest, stands for. */
  #find(repository: string, reference: string): Content | undefined {
    const images = this.#images.get(repository) ?? new Map<string, Image>();
    return [...images].find(
      ([tag, { manifest }]) =>
        tag === reference || manifest.digest === reference,
    )?.[1].manifest;
  }

  #findConfig(repository: string, digest: string): Content | undefined {
    const images = this.#images.get(repository)?.values() ?? [];
    return [...images].find(({ config }) => config.digest === digest)?.config;
  }
}

function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  sendJson(response, status, { errors: [{ code, message }] }, API_VERSION);
}
