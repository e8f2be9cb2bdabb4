import { LoggerService, SchedulerService } from '@backstage/backend-plugin-api';
import { ApplicationFollower } from '../argocd/ApplicationFollower';
import { ApplicationSink } from '../argocd/ApplicationSink';
import { ApplicationSource } from '../argocd/ApplicationSource';
import { InstanceState } from '../argocd/InstanceState';
import { ReadModel } from './ReadModel';
import { RepositoryState } from './RepositoryState';

const TASK_TIMEOUT = { minutes: 2 };

/** Brings the upstreams' state into the read model in the background, so that no page view has to ask them. */
export class UpstreamFollowers {
  readonly #repositories: RepositoryState[];
  readonly #sources: ApplicationSource[];
  readonly #applications: ApplicationFollower[];
  readonly #stopped = new AbortController();
  readonly #readModel: ReadModel;
  readonly #logger: LoggerService;
  readonly #announce: (services: string[]) => void;
  readonly #applicationsChanged: (
    source: RepositoryState,
    service: string,
  ) => void;

  /**
   * @param options.announce - told the services whose environments look different now
   * @param options.applicationsChanged - told each service whose Applications changed, whatever else did
   */
  constructor(options: {
    repositories: RepositoryState[];
    instances: { state: InstanceState; source: ApplicationSource }[];
    argocdResyncIntervalMs: number;
    argocdIdleLimitMs: number;
    readModel: ReadModel;
    logger: LoggerService;
    announce: (services: string[]) => void;
    applicationsChanged: (source: RepositoryState, service: string) => void;
  }) {
    this.#repositories = options.repositories;
    this.#readModel = options.readModel;
    this.#logger = options.logger;
    this.#announce = options.announce;
    this.#applicationsChanged = options.applicationsChanged;
    this.#sources = options.instances.map(({ source }) => source);
    this.#applications = options.instances.map(
      ({ state, source }) =>
        new ApplicationFollower({
          source,
          sink: this.#sinkOf(state),
          resyncMs: options.argocdResyncIntervalMs,
          idleLimitMs: options.argocdIdleLimitMs,
          logger: options.logger,
        }),
    );
  }

  /** Follows until `stop`. Every process follows for itself: its read model is its own. */
  async start(
    scheduler: SchedulerService,
    repositoryIntervalMs: number,
  ): Promise<void> {
    for (const repository of this.#repositories) {
      repository.onChange(services => {
        this.#announce(services);
        void this.#measureDistance(repository);
      });
      await scheduler.scheduleTask({
        id: `follow-${repository.github.slug.replace(/[^A-Za-z0-9]/g, '-')}`,
        frequency: { milliseconds: repositoryIntervalMs },
        timeout: TASK_TIMEOUT,
        scope: 'local',
        // A failure is shown on every page as the repository's freshness.
        fn: () => repository.refresh().catch(() => {}),
      });
    }
    for (const follower of this.#applications) {
      void follower.run(this.#stopped.signal);
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#sources.map(source => source.close()));
  }

  #sinkOf(state: InstanceState): ApplicationSink {
    const isStale = () => state.side.freshness(new Date()).stale;
    return {
      replaceAll: async list => {
        const wasStale = isStale();
        const changed = state.replaceAll(list);
        state.side.succeeded(new Date());
        this.#followApplications(wasStale ? [...state.applications] : changed);
      },
      apply: async event => {
        const changed = state.apply(event);
        state.side.succeeded(new Date());
        if (changed) {
          this.#followApplications([event.application]);
        }
      },
      heard: async () => state.side.succeeded(new Date()),
      failed: async error => {
        const wasStale = isStale();
        state.side.failed(error);
        if (!wasStale) {
          this.#followApplications([...state.applications]);
        }
      },
    };
  }

  #followApplications(applications: { name: string }[]): void {
    const affected = this.#readModel.servicesOf(applications);
    this.#announce(affected.map(({ service }) => service));
    for (const source of new Set(affected.map(entry => entry.source))) {
      void this.#measureDistance(source);
    }
    affected.forEach(({ source, service }) =>
      this.#applicationsChanged(source, service),
    );
  }

  // Finds out how far behind the head the synced revisions are, where that is not known yet. Never rejects.
  async #measureDistance(source: RepositoryState): Promise<void> {
    const head = source.snapshot?.commit;
    const unknown = head
      ? this.#readModel
          .syncedRevisions(source)
          .filter(revision => !source.knownComparison(revision, head))
      : [];
    for (const revision of unknown) {
      try {
        await source.compare(revision, head!);
      } catch (error) {
        this.#logger.debug(`Distance of ${revision} is unknown: ${error}`);
      }
    }
    if (unknown.length > 0) {
      this.#announce(source.services);
    }
  }
}
