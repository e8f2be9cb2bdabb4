import {
  Action,
  ACTIONS,
  ArgocdSwitches,
  DEMO_IMAGE,
  GithubSwitches,
} from './actions';
import { ArgocdApi } from './argocd/ArgocdApi';
import { Content } from './Content';
import { FileChanges, Signature } from './github/EmulatedRepository';
import { LoopbackServer } from './http/LoopbackServer';
import { REPOSITORY, TOKEN } from './identity';
import { Registry } from './registry/Registry';
import { Sandbox, SandboxPull, SandboxState } from './Sandbox';

const VISITOR = { name: 'Sandbox', email: 'sandbox@example.com' };

interface Servers {
  github: LoopbackServer;
  argocd: LoopbackServer;
  registry: LoopbackServer;
  kubernetes: LoopbackServer;
}

/** Ties what can be asked of a sandbox to the servers and their content. */
export class RunningSandbox implements Sandbox {
  readonly urls: Sandbox['urls'];
  readonly tokens = { github: TOKEN, argocd: TOKEN, kubernetes: TOKEN };
  readonly repo = REPOSITORY;
  readonly #servers: Servers;
  readonly #registry: Registry;
  readonly #api: ArgocdApi;
  readonly #content: () => Content;
  readonly #makeAgain: () => Promise<void>;
  readonly close: () => Promise<void>;

  constructor(options: {
    servers: Servers;
    registry: Registry;
    api: ArgocdApi;
    content: () => Content;
    reset: () => Promise<void>;
    close: () => Promise<void>;
  }) {
    const { servers } = options;
    this.urls = {
      control: '',
      github: servers.github.url,
      argocd: servers.argocd.url,
      registry: servers.registry.url,
      kubernetes: servers.kubernetes.url,
      repository: `${servers.github.url}/${REPOSITORY.owner}/${REPOSITORY.name}`,
    };
    this.#servers = servers;
    this.#registry = options.registry;
    this.#api = options.api;
    this.#content = options.content;
    this.#makeAgain = options.reset;
    this.close = options.close;
  }

  async head(branch = REPOSITORY.branch): Promise<string | undefined> {
    const { front, repository } = this.#content();
    return front.exclusive(() => repository.branchHead(branch));
  }

  async readFile(
    path: string,
    branch = REPOSITORY.branch,
  ): Promise<string | undefined> {
    const { front, repository } = this.#content();
    return front.exclusive(async () => {
      const head = await repository.branchHead(branch);
      return head && repository.text(head, path);
    });
  }

  async fileHistory(path: string): Promise<string[]> {
    const { front, repository } = this.#content();
    return front.exclusive(async () => {
      const texts: string[] = [];
      for (const { sha } of await repository.commits(
        await repository.head(),
        path,
      )) {
        const text = await repository.text(sha, path);
        if (text !== undefined) {
          texts.push(text);
        }
      }
      return texts;
    });
  }

  async commit(
    changes: FileChanges,
    message: string,
    options: { branch?: string; author?: Omit<Signature, 'date'> } = {},
  ): Promise<string> {
    const { branch = REPOSITORY.branch, author = VISITOR } = options;
    const { front, repository, argocd } = this.#content();
    const commit = await front.exclusive(async () => {
      const parent =
        (await repository.branchHead(branch)) ?? (await repository.head());
      const made = await repository.createCommit({
        message,
        author: { ...author, date: new Date().toISOString() },
        tree: await repository.createTree(changes, parent),
        parents: [parent],
      });
      await repository.setBranch(branch, made);
      return made;
    });
    await argocd.follow();
    return commit;
  }

  async pulls(): Promise<SandboxPull[]> {
    const { front, repository } = this.#content();
    const pulls = await front.exclusive(() => repository.pulls());
    return pulls.map(({ number, title, body, state, merged, head }) => ({
      number,
      title,
      body: body ?? '',
      state,
      merged,
      branch: head.ref,
      url: `${this.urls.repository}/pull/${number}`,
    }));
  }

  async merge(number: number): Promise<string> {
    const { front, argocd } = this.#content();
    const commit = await front.exclusive(() => front.pulls.merge(number));
    await argocd.follow();
    return commit;
  }

  setGithub(switches: GithubSwitches): void {
    const { faults } = this.#content().front;
    this.#servers.github.down = switches.down ?? this.#servers.github.down;
    faults.tokenRefused = switches.tokenRefused ?? faults.tokenRefused;
    faults.rateLimited = switches.rateLimited ?? faults.rateLimited;
  }

  setArgocd(switches: ArgocdSwitches): void {
    const { faults } = this.#api;
    this.#servers.argocd.down = switches.down ?? this.#servers.argocd.down;
    faults.tokenRefused = switches.tokenRefused ?? faults.tokenRefused;
    faults.syncRefused = switches.syncRefused ?? faults.syncRefused;
    faults.syncWindow = switches.syncWindow ?? faults.syncWindow;
    const { argocd } = this.#content();
    argocd.idle = switches.idle ?? argocd.idle;
    argocd.follow();
  }

  endArgocdStreams(): void {
    this.#api.endStreams();
  }

  tags(repository: string): string[] {
    return this.#registry.tags(repository);
  }

  addTag(repository: string, tag: string): void {
    this.#registry.add(repository, tag);
  }

  removeTag(repository: string, tag: string): void {
    this.#registry.remove(repository, tag);
  }

  async #build(tag: string): Promise<void> {
    const { front, application } = this.#content();
    const build = await front.exclusive(() =>
      application.build(tag, new Date()),
    );
    this.#registry.add(DEMO_IMAGE, tag, build);
  }

  async act(name: string): Promise<string> {
    const action: Action | undefined = Object.hasOwn(ACTIONS, name)
      ? ACTIONS[name]
      : undefined;
    if (!action) {
      throw new Error(
        `There is no action ${name}; there are ${Object.keys(ACTIONS).join(
          ', ',
        )}`,
      );
    }
    return action.run({
      readFile: path => this.readFile(path),
      fileHistory: path => this.fileHistory(path),
      commit: (changes, message, author) =>
        this.commit(changes, message, { author }),
      setGithub: switches => this.setGithub(switches),
      setArgocd: switches => this.setArgocd(switches),
      tags: repository => this.tags(repository),
      build: tag => this.#build(tag),
      reset: () => this.reset(),
    });
  }

  async state(): Promise<SandboxState> {
    const { front, argocd } = this.#content();
    return {
      urls: this.urls,
      head: (await this.head()) ?? '',
      github: { down: this.#servers.github.down, ...front.faults },
      argocd: {
        down: this.#servers.argocd.down,
        idle: argocd.idle,
        ...this.#api.faults,
      },
      requests: {
        github: this.#servers.github.requests,
        argocd: this.#servers.argocd.requests,
      },
      registry: { [DEMO_IMAGE]: this.#registry.tags(DEMO_IMAGE) },
      applications: argocd.applications.map(({ metadata, status }) => ({
        name: metadata.name,
        sync: status.sync.status,
        revision: status.sync.revision,
        health: status.health.status,
        operation: status.operationState?.phase,
        images: status.summary.images ?? [],
        error: status.conditions?.[0]?.message,
      })),
      pulls: await this.pulls(),
    };
  }

  async reset(): Promise<void> {
    await this.#makeAgain();
    this.setGithub({ down: false });
    this.setArgocd({
      down: false,
      tokenRefused: false,
      syncRefused: false,
      syncWindow: false,
    });
    this.endArgocdStreams();
  }
}
