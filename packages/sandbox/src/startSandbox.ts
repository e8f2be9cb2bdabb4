import {
  Action,
  ACTIONS,
  ArgocdSwitches,
  DEMO_IMAGE,
  GithubSwitches,
} from './actions';
import { ArgocdApi } from './argocd/ArgocdApi';
import { ArgocdInstance } from './argocd/ArgocdInstance';
import { Timings, WATCHABLE } from './argocd/timings';
import { controlHandler } from './control/controlHandler';
import { Emulator } from './github/Emulator';
import {
  EmulatedRepository,
  FileChanges,
  Signature,
} from './github/EmulatedRepository';
import { GithubFront } from './github/GithubFront';
import { Handler, LoopbackServer } from './http/LoopbackServer';
import { Registry } from './registry/Registry';
import { seedRepository } from './seed/seedRepository';
import { patchAfter, tagOf } from './seed/tag';
import { REPOSITORY_ROOT } from './seed/workingTree';

const TOKEN = 'sandbox-token';
const REPOSITORY = { owner: 'demo', name: 'gitops-infra', branch: 'main' };
const BOT = {
  login: 'gitops-bot',
  name: 'GitOps bot',
  email: 'gitops-bot@example.com',
};
const VISITOR = { name: 'Sandbox', email: 'sandbox@example.com' };

/** Where the sandbox's pages and stand-ins listen when nothing else is said. @public */
export const DEFAULT_PORTS: SandboxPorts = {
  control: 4400,
  github: 4401,
  argocd: 4402,
  registry: 4403,
};

/** Ports on loopback; 0 picks a free one. @public */
export interface SandboxPorts {
  control: number;
  github: number;
  argocd: number;
  registry: number;
}

/** @public */
export interface SandboxOptions {
  /** Those not given are the default ones. */
  ports?: Partial<SandboxPorts>;
  /** The directory whose files the emulated repository begins with; the one that this package is in by default. */
  directory?: string;
  /** How long the stand-in for Argo CD takes; by default as long as a person can watch. */
  timings?: Partial<Timings>;
}

/** A pull request, as tests and people want to know of it. @public */
export interface SandboxPull {
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  merged: boolean;
  branch: string;
  url: string;
}

/** What a sandbox is like now. @public */
export interface SandboxState {
  urls: Sandbox['urls'];
  head: string;
  github: Required<GithubSwitches>;
  argocd: Required<ArgocdSwitches>;
  registry: Record<string, string[]>;
  applications: {
    name: string;
    sync: string;
    revision: string;
    health: string;
    operation?: string;
    images: string[];
    error?: string;
  }[];
  pulls: SandboxPull[];
}

/** Stand-ins for GitHub, Argo CD and a registry that run. @public */
export interface Sandbox {
  readonly urls: {
    control: string;
    github: string;
    argocd: string;
    registry: string;
    /** Page of the emulated repository. */
    repository: string;
  };
  readonly tokens: { github: string; argocd: string };
  readonly repo: { owner: string; name: string; branch: string };

  /** The commit that a branch points at; the default branch's without a name. */
  head(branch?: string): Promise<string | undefined>;
  /** The text of a file at the head of a branch. */
  readFile(path: string, branch?: string): Promise<string | undefined>;
  /** Commits whole files to a branch, making it if it is not there. Returns the commit's SHA. */
  commit(
    changes: FileChanges,
    message: string,
    options?: { branch?: string; author?: Omit<Signature, 'date'> },
  ): Promise<string>;
  /** Every pull request, newest first. */
  pulls(): Promise<SandboxPull[]>;
  /** Merges a pull request as a person would. Returns the merge commit. */
  merge(number: number): Promise<string>;

  setGithub(switches: GithubSwitches): void;
  setArgocd(switches: ArgocdSwitches): void;
  /** Ends every stream of Argo CD, as a restart of its server would. */
  endArgocdStreams(): void;
  addTag(repository: string, tag: string): void;
  removeTag(repository: string, tag: string): void;

  /** Runs an action of the control page by its name; returns what happened. */
  act(action: string): Promise<string>;
  state(): Promise<SandboxState>;
  /** Makes everything be as in the beginning; the addresses stay. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** What a reset replaces. */
interface Content {
  emulator: Emulator;
  repository: EmulatedRepository;
  front: GithubFront;
  argocd: ArgocdInstance;
}

/**
 * Starts stand-ins for GitHub, Argo CD and a registry on loopback. They are ready when this resolves.
 *
 * @throws Error that names a taken port, or says that there is no kustomize.
 * @public
 */
export async function startSandbox(
  options: SandboxOptions = {},
): Promise<Sandbox> {
  const ports = { ...DEFAULT_PORTS, ...options.ports };
  const servers: LoopbackServer[] = [];
  const listen = async (
    title: string,
    option: string,
    port: number,
    handler: Handler,
  ) => {
    const server = await LoopbackServer.listen(
      { title, option, port },
      handler,
    );
    servers.push(server);
    return server;
  };
  try {
    const registry = new Registry();
    const registryServer = await listen(
      'the registry',
      '--registry-port',
      ports.registry,
      (request, response) => registry.handle(request, response),
    );
    // Requests that come while the content is made, or made again, wait for it.
    let content: Promise<Content>;
    const githubServer = await listen(
      'GitHub',
      '--github-port',
      ports.github,
      async (request, response) =>
        (await content).front.handle(request, response),
    );
    let current: Content;
    const api = new ArgocdApi(() => current.argocd, TOKEN);
    const argocdServer = await listen(
      'Argo CD',
      '--argocd-port',
      ports.argocd,
      async (request, response) => {
        await content;
        await api.handle(request, response);
      },
    );
    const make = async (): Promise<Content> =>
      makeContent({
        githubUrl: githubServer.url,
        directory: options.directory ?? REPOSITORY_ROOT,
        registry,
        timings: { ...WATCHABLE, ...options.timings },
      });
    content = make();
    current = await content;

    const sandbox = new RunningSandbox({
      servers: { github: githubServer, argocd: argocdServer },
      registryUrl: registryServer.url,
      registry,
      api,
      content: () => current,
      reset: async () => {
        const old = current;
        content = (async () => {
          await old.argocd.close();
          await old.emulator.close();
          return make();
        })();
        current = await content;
      },
      close: async () => {
        await Promise.all(servers.map(server => server.close()));
        await current.argocd.close();
        await current.emulator.close();
      },
    });
    const control = await listen(
      'the control page',
      '--port',
      ports.control,
      controlHandler(sandbox, ACTIONS),
    );
    sandbox.urls.control = control.url;
    return sandbox;
  } catch (error) {
    await Promise.all(servers.map(server => server.close()));
    throw error;
  }
}

async function makeContent(options: {
  githubUrl: string;
  directory: string;
  registry: Registry;
  timings: Timings;
}): Promise<Content> {
  const { githubUrl, directory, registry, timings } = options;
  const { owner, name, branch } = REPOSITORY;
  const repositoryUrl = `${githubUrl}/${owner}/${name}`;
  const emulator = await Emulator.start(
    { owner, repository: name, branch, bot: BOT },
    githubUrl,
  );
  try {
    const repository = new EmulatedRepository(emulator, REPOSITORY);
    await seedRepository(repository, directory, repositoryUrl);
    await fillRegistry(registry, repository);
    let onChange = () => {};
    const front = new GithubFront({
      emulator,
      repository,
      token: TOKEN,
      onChange: () => onChange(),
    });
    const argocd = await ArgocdInstance.start({
      repository,
      repositoryUrl,
      resolve: wanted => front.exclusive(() => repository.branchHead(wanted)),
      hasImage: image => registry.hasImage(image),
      timings,
    });
    onChange = () => argocd.follow();
    return { emulator, repository, front, argocd };
  } catch (error) {
    await emulator.close();
    throw error;
  }
}

// Every version that Git ever pinned, and the one that a build has pushed since.
async function fillRegistry(
  registry: Registry,
  repository: EmulatedRepository,
): Promise<void> {
  registry.clear();
  const commits = await repository.commits(await repository.head());
  for (const { sha } of commits.reverse()) {
    for (const file of await repository.tree(sha)) {
      if (
        /^apps\/demo\/overlays\/[^/]+\/kustomization\.yaml$/.test(file.path)
      ) {
        const tag = tagOf((await repository.blob(file.sha)).toString('utf8'));
        if (tag) {
          registry.add(DEMO_IMAGE, tag);
        }
      }
    }
  }
  const newest = registry.tags(DEMO_IMAGE).pop();
  if (newest) {
    registry.add(DEMO_IMAGE, patchAfter(newest));
  }
}

class RunningSandbox implements Sandbox {
  readonly urls: Sandbox['urls'];
  readonly tokens = { github: TOKEN, argocd: TOKEN };
  readonly repo = REPOSITORY;
  readonly #servers: { github: LoopbackServer; argocd: LoopbackServer };
  readonly #registry: Registry;
  readonly #api: ArgocdApi;
  readonly #content: () => Content;
  readonly #makeAgain: () => Promise<void>;
  readonly close: () => Promise<void>;

  constructor(options: {
    servers: { github: LoopbackServer; argocd: LoopbackServer };
    registryUrl: string;
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
      registry: options.registryUrl,
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
      addTag: (repository, tag) => this.addTag(repository, tag),
      reset: () => this.reset(),
    });
  }

  async state(): Promise<SandboxState> {
    const { front, argocd } = this.#content();
    return {
      urls: this.urls,
      head: (await this.head()) ?? '',
      github: { down: this.#servers.github.down, ...front.faults },
      argocd: { down: this.#servers.argocd.down, ...this.#api.faults },
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
    this.setArgocd({ down: false, tokenRefused: false });
    this.endArgocdStreams();
  }
}
