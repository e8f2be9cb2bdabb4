import { ArgocdSwitches, GithubSwitches } from './actions';
import { Timings } from './argocd/timings';
import { FileChanges, Signature } from './github/EmulatedRepository';

/** Where the sandbox's pages and stand-ins listen when nothing else is said. @public */
export const DEFAULT_PORTS: SandboxPorts = {
  control: 4400,
  github: 4401,
  argocd: 4402,
  registry: 4403,
  kubernetes: 4404,
};

/** Ports on loopback; 0 picks a free one. @public */
export interface SandboxPorts {
  control: number;
  github: number;
  argocd: number;
  registry: number;
  kubernetes: number;
}

/** @public */
export interface SandboxOptions {
  /** Those not given are the default ones. */
  ports?: Partial<SandboxPorts>;
  /** The directory whose files the emulated repository begins with; the one that this package is in by default. */
  directory?: string;
  /** The folders and files of it that are taken; all that git tracks by default. */
  paths?: string[];
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
  /** How often each route was asked for since the start. */
  requests: Record<'github' | 'argocd', Record<string, number>>;
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

/** Stand-ins for GitHub, Argo CD with its cluster, and a registry that run. @public */
export interface Sandbox {
  readonly urls: {
    control: string;
    github: string;
    argocd: string;
    registry: string;
    /** kube-apiserver of the cluster that Argo CD deploys to. */
    kubernetes: string;
    /** Page of the emulated repository. */
    repository: string;
  };
  readonly tokens: { github: string; argocd: string; kubernetes: string };
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
