import { LoggerService } from '@backstage/backend-plugin-api';
import { ApplicationFollower } from '../argocd/ApplicationFollower';
import { ApplicationSource } from '../argocd/ApplicationSource';
import { InstanceChange, InstanceState } from '../argocd/InstanceState';
import { LeaseStore } from '../database/LeaseStore';
import { RegistryFollower } from '../registry/RegistryFollower';
import { RenderingFollower } from '../rendering/RenderingFollower';
import { Lease } from './Lease';
import { ReadModel } from './ReadModel';
import { repeat } from './repeat';
import { RepositoryState } from './RepositoryState';

/** How often a process looks for what others wrote, besides at every request. */
const CATCH_UP_MS = 1_000;

/** How often each upstream is looked at, in milliseconds. */
export interface FollowingPace {
  repositoryMs: number;
  argocdResyncMs: number;
  argocdIdleMs: number;
}

/**
 * Brings the upstreams' state into the read model in the background, so that no page view has to ask them. Of several
 * processes one follows each upstream; the others read what it wrote.
 */
export class UpstreamFollowers {
  readonly #readModel: ReadModel;
  readonly #logger: LoggerService;
  readonly #pace: FollowingPace;
  readonly #announce: (services: string[]) => void;
  readonly #applicationsChanged: (
    source: RepositoryState,
    service: string,
  ) => void;
  readonly #leases: Lease[];
  readonly #sources: ApplicationSource[];
  readonly #registries?: RegistryFollower;
  readonly #stopped = new AbortController();
  readonly #measuring = new Map<RepositoryState, { again: boolean }>();

  /**
   * @param options.registries - absent where no registry may be asked
   * @param options.rendering - absent where nothing is rendered
   * @param options.holder - names this process among all
   * @param options.announce - told the services whose environments look different now, in the process that found out
   * @param options.applicationsChanged - told each service whose Applications changed, whatever else did
   */
  constructor(options: {
    repositories: RepositoryState[];
    instances: { state: InstanceState; source: ApplicationSource }[];
    registries?: RegistryFollower;
    rendering?: RenderingFollower;
    pace: FollowingPace;
    readModel: ReadModel;
    leases: LeaseStore;
    holder: string;
    logger: LoggerService;
    announce: (services: string[]) => void;
    applicationsChanged: (source: RepositoryState, service: string) => void;
  }) {
    this.#readModel = options.readModel;
    this.#logger = options.logger;
    this.#pace = options.pace;
    this.#announce = options.announce;
    this.#applicationsChanged = options.applicationsChanged;
    this.#sources = options.instances.map(({ source }) => source);
    const { registries, rendering } = options;
    this.#registries = registries;
    const lease = (id: string, work: (signal: AbortSignal) => Promise<void>) =>
      new Lease({
        id,
        holder: options.holder,
        store: options.leases,
        logger: options.logger,
        work,
      });
    this.#leases = [
      ...options.repositories.map(repository =>
        lease(repository.mirror.upstream, signal =>
          repository.mirror.following(() =>
            this.#followRepository(repository, signal),
          ),
        ),
      ),
      ...options.instances.map(({ state, source }) =>
        lease(state.mirror.upstream, signal =>
          state.mirror.following(() =>
            new ApplicationFollower({
              source,
              sink: state,
              resyncMs: this.#pace.argocdResyncMs,
              idleLimitMs: this.#pace.argocdIdleMs,
              logger: this.#logger,
            }).run(signal),
          ),
        ),
      ),
      ...(registries
        ? [
            lease(registries.answers.mirror.upstream, signal =>
              registries.follow(signal),
            ),
          ]
        : []),
      ...(rendering
        ? [
            lease(rendering.hosts.mirror.upstream, signal =>
              rendering.hosts.mirror.following(() => rendering.run(signal)),
            ),
          ]
        : []),
    ];
    for (const repository of options.repositories) {
      repository.onChange(({ services, own }) => {
        if (own) {
          this.#announce(services);
        }
        this.#measure(repository);
        registries?.imagesChanged();
        rendering?.repositoryChanged(repository);
      });
    }
    registries?.answers.onChange(({ references, own }) => {
      if (own) {
        this.#announce(
          this.#readModel
            .servicesOfImages(references)
            .map(({ service }) => service),
        );
      }
    });
    for (const { state } of options.instances) {
      state.onChange(change => this.#followApplications(change));
    }
  }

  /** Follows until `stop`. */
  start(): void {
    this.#leases.forEach(lease => lease.start());
    void this.#catchUp();
  }

  /** Ends following, and lets other processes go on with it. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#leases.map(lease => lease.stop()));
    await Promise.all(this.#sources.map(source => source.close()));
    await this.#registries?.close();
  }

  async #catchUp(): Promise<void> {
    await repeat(
      this.#stopped.signal,
      () => CATCH_UP_MS,
      () =>
        this.#readModel
          .catchUp()
          .catch(error =>
            this.#logger.warn(`The database could not be read: ${error}`),
          ),
    );
  }

  async #followRepository(
    repository: RepositoryState,
    signal: AbortSignal,
  ): Promise<void> {
    const { mirror, github } = repository;
    const look = async () => {
      await repository.refresh();
      await mirror.succeeded();
      this.#measure(repository);
    };
    await repeat(
      signal,
      () => github.pollDelayMs(this.#pace.repositoryMs),
      () =>
        look().catch(async error => {
          if (mirror.side.error === undefined) {
            this.#logger.warn(`${github.slug} could not be read: ${error}`);
          }
          await mirror
            .failed(error)
            .catch(failure =>
              this.#logger.warn(
                `The database could not be written: ${failure}`,
              ),
            );
        }),
    );
  }

  #followApplications({ applications, own }: InstanceChange): void {
    const affected = this.#readModel.servicesOf(applications);
    if (own) {
      this.#announce(affected.map(({ service }) => service));
      affected.forEach(({ source, service }) =>
        this.#applicationsChanged(source, service),
      );
    }
    new Set(affected.map(({ source }) => source)).forEach(source =>
      this.#measure(source),
    );
  }

  // Finds out how far behind the synced commits are, in the process that follows the repository. Calls that come while
  // it is under way are one more.
  #measure(source: RepositoryState): void {
    const running = this.#measuring.get(source);
    if (!source.mirror.follows) {
      return;
    }
    if (running) {
      running.again = true;
      return;
    }
    const current = { again: true };
    this.#measuring.set(source, current);
    void (async () => {
      try {
        while (current.again && source.mirror.follows) {
          current.again = false;
          await source.measure(this.#readModel.syncedRevisions(source));
        }
      } catch (error) {
        this.#logger.debug(
          `How far ${source.github.slug} is ahead is not known: ${error}`,
        );
      } finally {
        this.#measuring.delete(source);
      }
    })();
  }
}
