import {
  ApplicationDeclaration,
  DeclaredEnvironment,
  environmentsOfService,
  InfraSnapshot,
  readApplications,
  RepositoryRef,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { LoggerService } from '@backstage/backend-plugin-api';
import { RepositoryConfig } from '../config';
import { Distance } from '../github/comparison';
import { InfraRepository } from '../github/GithubRepository';
import { readSnapshot, ReadSnapshot } from '../github/readSnapshot';
import { Side } from './Side';

// Two commits stand to each other the same way for ever; the bound is for memory alone.
const MAX_COMPARISONS = 2_000;

/** The last known state of one infra repository, and how it is brought up to date. */
export class RepositoryState {
  readonly config: RepositoryConfig;
  readonly github: InfraRepository;
  readonly side: Side;
  readonly #logger: LoggerService;
  readonly #listeners: ((services: string[]) => void)[] = [];
  readonly #comparisons = new Map<string, Distance>();
  #read?: ReadSnapshot;
  #declarations: ApplicationDeclaration[] = [];
  #refreshing?: Promise<void>;

  constructor(options: {
    config: RepositoryConfig;
    github: InfraRepository;
    side: Side;
    logger: LoggerService;
  }) {
    this.config = options.config;
    this.github = options.github;
    this.side = options.side;
    this.#logger = options.logger;
  }

  get snapshot(): InfraSnapshot | undefined {
    return this.#read?.snapshot;
  }

  get services(): string[] {
    return [...new Set(this.#declarations.map(({ service }) => service))];
  }

  get declarations(): readonly ApplicationDeclaration[] {
    return this.#declarations;
  }

  /** Has a listener called with the services whose environments may look different from then on. */
  onChange(listener: (services: string[]) => void): void {
    this.#listeners.push(listener);
  }

  /** How the repository is named in answers; only where a snapshot was read. */
  ref(): RepositoryRef | undefined {
    return (
      this.snapshot && {
        url: this.config.url,
        slug: this.github.slug,
        branch: this.config.branch,
        head: this.snapshot.commit,
      }
    );
  }

  environments(service: string): DeclaredEnvironment[] {
    return environmentsOfService(this.#declarations, service);
  }

  /**
   * Looks at the head of the deployed branch and reads what changed. Calls at the same time share one look.
   * Rejects as GithubRepository does; the last known state stays.
   */
  async refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** What was found out about two commits; nothing is asked. */
  knownComparison(base: string, head: string): Distance | undefined {
    return base === head
      ? { aheadBy: 0, behindBy: 0 }
      : this.#comparisons.get(`${base}...${head}`);
  }

  /** How one commit stands to another, asked once. */
  async compare(base: string, head: string): Promise<Distance> {
    const known = this.knownComparison(base, head);
    if (known) {
      return known;
    }
    const { aheadBy, behindBy } = await this.github.compare(base, head);
    const comparison = { aheadBy, behindBy };
    if (this.#comparisons.size >= MAX_COMPARISONS) {
      this.#comparisons.delete(this.#comparisons.keys().next().value ?? '');
    }
    this.#comparisons.set(`${base}...${head}`, comparison);
    return comparison;
  }

  async #refresh(): Promise<void> {
    const wasStale = this.side.freshness(new Date()).stale;
    try {
      const head = await this.github.head();
      if (head !== this.snapshot?.commit) {
        this.#read = await readSnapshot(this.github, head, this.#read);
        const before = this.services;
        this.#declarations = readApplications(this.#read.snapshot);
        this.side.succeeded(new Date());
        this.#logger.info(`${this.github.slug} is at ${head}`);
        this.#changed([...new Set([...before, ...this.services])]);
        return;
      }
      this.side.succeeded(new Date());
      if (wasStale) {
        this.#changed(this.services);
      }
    } catch (error) {
      this.side.failed(error);
      if (!wasStale) {
        this.#logger.warn(
          `${this.github.slug} could not be read: ${
            error instanceof Error ? error.message : error
          }`,
        );
        this.#changed(this.services);
      }
      throw error;
    }
  }

  #changed(services: string[]): void {
    this.#listeners.forEach(listener => listener(services));
  }
}
