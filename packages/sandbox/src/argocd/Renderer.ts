import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Checkout } from './Checkout';
import { kustomizeBuild } from './kustomize';
import { Manifest, Source } from './model';

const FRAME =
  'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = ';

/** What an Application should be: a commit's resources, or Argo CD's words on why they cannot be had. */
export type Rendered =
  | { revision: string; manifests: Manifest[] }
  | { error: string };

/** Renders Applications from the emulated repository, one at a time. */
export class Renderer {
  readonly #repositoryUrl: string;
  readonly #checkout: Checkout;
  readonly #resolve: (revision: string) => Promise<string | undefined>;
  readonly #cache = new Map<string, Rendered>();
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: {
    repositoryUrl: string;
    checkout: Checkout;
    resolve: (revision: string) => Promise<string | undefined>;
  }) {
    this.#repositoryUrl = options.repositoryUrl;
    this.#checkout = options.checkout;
    this.#resolve = options.resolve;
  }

  /** Ends with what is being rendered; nothing is rendered afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
  }

  async render(source: Source): Promise<Rendered> {
    const result = this.#queue.then(() => this.#render(source));
    this.#queue = result.catch(() => {});
    return result;
  }

  async #render(source: Source): Promise<Rendered> {
    if (this.#closed) {
      throw new Error('The stand-in for Argo CD is closed');
    }
    if (source.repoURL.replace(/\.git$/, '') !== this.#repositoryUrl) {
      return {
        error: `${FRAME}failed to list refs: repository ${source.repoURL} is not in the sandbox`,
      };
    }
    const { targetRevision } = source;
    const revision = /^[0-9a-f]{40}$/.test(targetRevision)
      ? targetRevision
      : await this.#resolve(targetRevision);
    if (!revision) {
      return {
        error: `${FRAME}unable to resolve '${targetRevision}' to a commit SHA`,
      };
    }
    const key = `${revision} ${source.path}`;
    const rendered =
      this.#cache.get(key) ?? (await this.#build(revision, source.path));
    this.#cache.set(key, rendered);
    return rendered;
  }

  async #build(revision: string, overlay: string): Promise<Rendered> {
    const { directory } = this.#checkout;
    const target = path.resolve(directory, overlay);
    await this.#checkout.checkout(revision);
    const isFolder =
      target.startsWith(`${directory}${path.sep}`) &&
      (await stat(target).catch(() => undefined))?.isDirectory();
    if (!isFolder) {
      return { error: `${FRAME}${overlay}: app path does not exist` };
    }
    const build = await kustomizeBuild(target);
    if ('error' in build) {
      const said = build.error.split(directory).join('<path to cached source>');
      return {
        error: `${FRAME}\`kustomize build <path to cached source>/${overlay}\` failed exit status 1: ${said}`,
      };
    }
    return { revision, manifests: build.manifests };
  }
}
