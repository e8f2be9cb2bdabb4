import { EmulatedRepository } from '../github/EmulatedRepository';
import { ApplicationController } from './ApplicationController';
import { ApplicationJson } from './applicationJson';
import { Checkout } from './Checkout';
import { declaredApplications } from './declaredApplications';
import { LiveResource } from './LiveResources';
import { DeclaredApplication, SyncRequest } from './model';
import { Renderer } from './Renderer';
import { resourceTree } from './resourceTree';
import { timestamp } from './timestamp';
import { Timings } from './timings';

const FIRST_RESOURCE_VERSION = 500;

/** What Argo CD says on a stream. */
export interface ApplicationEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  application: ApplicationJson;
}

/** An Argo CD that deploys what the emulated repository declares to a cluster that is not there. */
export class ArgocdInstance {
  readonly #repository: EmulatedRepository;
  readonly #resolve: (branch: string) => Promise<string | undefined>;
  readonly #checkout: Checkout;
  readonly #renderer: Renderer;
  readonly #hasImage: (image: string) => boolean;
  readonly #timings: Timings;
  readonly #controllers = new Map<string, ApplicationController>();
  readonly #listeners = new Set<(event: ApplicationEvent) => void>();
  #resourceVersion = FIRST_RESOURCE_VERSION;
  #following: Promise<void> = Promise.resolve();
  #head?: string;
  #closed = false;

  /** Starts with every Application synced to the head. */
  static async start(options: {
    repository: EmulatedRepository;
    repositoryUrl: string;
    /** The commit that a branch points at when nothing is half done. */
    resolve: (branch: string) => Promise<string | undefined>;
    hasImage: (image: string) => boolean;
    timings: Timings;
  }): Promise<ArgocdInstance> {
    const checkout = await Checkout.create(options.repository);
    const instance = new ArgocdInstance({ ...options, checkout });
    try {
      await instance.#begin();
    } catch (error) {
      await checkout.remove();
      throw error;
    }
    return instance;
  }

  private constructor(options: {
    repository: EmulatedRepository;
    repositoryUrl: string;
    resolve: (branch: string) => Promise<string | undefined>;
    checkout: Checkout;
    hasImage: (image: string) => boolean;
    timings: Timings;
  }) {
    const { repository, repositoryUrl, resolve, checkout, hasImage, timings } =
      options;
    this.#repository = repository;
    this.#resolve = resolve;
    this.#checkout = checkout;
    this.#renderer = new Renderer({
      repositoryUrl,
      checkout,
      resolve: revision =>
        resolve(revision === 'HEAD' ? repository.branch : revision),
    });
    this.#hasImage = hasImage;
    this.#timings = timings;
  }

  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  /** Every Application, by name. */
  get applications(): ApplicationJson[] {
    return [...this.#controllers.values()]
      .map(controller => controller.json)
      .sort((one, other) =>
        one.metadata.name.localeCompare(other.metadata.name),
      );
  }

  /** What every Application has in the cluster. */
  get liveResources(): LiveResource[] {
    return [...this.#controllers.values()].flatMap(
      ({ live }) => live.resources,
    );
  }

  get(name: string, namespace?: string): ApplicationJson | undefined {
    return this.#find(name, namespace)?.json;
  }

  resourceTree(name: string, namespace?: string): object | undefined {
    const controller = this.#find(name, namespace);
    return controller && resourceTree(controller.live);
  }

  /** Compares an Application with Git now. */
  async refresh(name: string, namespace?: string): Promise<void> {
    await this.#find(name, namespace)?.refresh();
  }

  sync(
    name: string,
    namespace: string | undefined,
    request: SyncRequest,
  ): ApplicationJson | undefined {
    return this.#find(name, namespace)?.requestSync(request);
  }

  /** Hears of every change until the returned function is called. */
  subscribe(listener: (event: ApplicationEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether it looks at the repository only when it is asked to. */
  idle = false;

  /** Looks at the repository again, as after a push. */
  async follow(): Promise<void> {
    if (this.idle) {
      return undefined;
    }
    this.#following = this.#following.then(async () => {
      const head = await this.#resolve(this.#repository.branch);
      if (this.#closed || !head || head === this.#head) {
        return;
      }
      this.#head = head;
      await this.#declare(head);
      for (const controller of this.#controllers.values()) {
        // Each goes at its own pace; the next commit need not wait for them.
        controller.refresh();
      }
    });
    return this.#following;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const controller of this.#controllers.values()) {
      controller.stop();
    }
    await this.#following.catch(() => {});
    await this.#renderer.close();
    await this.#checkout.remove();
  }

  async #begin(): Promise<void> {
    const head = await this.#repository.head();
    const commits = await this.#repository.commits(head);
    const createdAt = timestamp(
      new Date(commits[commits.length - 1].author.date),
    );
    this.#head = head;
    for (const declared of await this.#declared(head)) {
      const deployments = await this.#repository.commits(
        head,
        declared.spec.source.path,
      );
      await this.#add(declared, createdAt).begin(
        deployments.reverse().map(({ sha, author }) => ({
          revision: sha,
          deployedAt: timestamp(new Date(author.date)),
        })),
      );
    }
  }

  async #declare(head: string): Promise<void> {
    const declared = await this.#declared(head);
    const keys = new Set(declared.map(keyOf));
    for (const [key, controller] of this.#controllers) {
      if (!keys.has(key)) {
        controller.stop();
        this.#controllers.delete(key);
        this.#tell({ type: 'DELETED', application: controller.json });
      }
    }
    for (const application of declared) {
      const known = this.#controllers.get(keyOf(application));
      if (known) {
        known.declared = application;
      } else {
        const added = this.#add(application, timestamp(new Date()));
        this.#tell({ type: 'ADDED', application: added.json });
      }
    }
  }

  #add(
    declared: DeclaredApplication,
    createdAt: string,
  ): ApplicationController {
    const controller = new ApplicationController(declared, createdAt, {
      render: application => this.#renderer.render(application.spec.source),
      hasImage: this.#hasImage,
      nextResourceVersion: () => ++this.#resourceVersion,
      changed: application => this.#tell({ type: 'MODIFIED', application }),
      timings: this.#timings,
    });
    this.#controllers.set(keyOf(declared), controller);
    return controller;
  }

  async #declared(head: string): Promise<DeclaredApplication[]> {
    const texts = new Map<string, string>();
    for (const { path, sha } of await this.#repository.tree(head)) {
      if (path.startsWith('bootstrap/')) {
        const blob = await this.#repository.blob(sha);
        texts.set(path, blob.toString('utf8'));
      }
    }
    return declaredApplications(file => texts.get(file));
  }

  #find(name: string, namespace?: string): ApplicationController | undefined {
    return [...this.#controllers.values()].find(
      ({ declared: { metadata } }) =>
        metadata.name === name &&
        (namespace === undefined || metadata.namespace === namespace),
    );
  }

  #tell(event: ApplicationEvent): void {
    for (const listener of this.#listeners) {
      listener(event);
    }
  }
}

function keyOf({ metadata }: DeclaredApplication): string {
  return `${metadata.namespace}/${metadata.name}`;
}
