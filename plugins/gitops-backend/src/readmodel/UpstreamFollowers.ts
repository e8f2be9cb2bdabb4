import { LoggerService, SchedulerService } from '@backstage/backend-plugin-api';
import { ApplicationFollower } from '../argocd/ApplicationFollower';
import { RepositoryState } from './RepositoryState';
import { ReadModel } from './ReadModel';

const TASK_TIMEOUT = { minutes: 2 };

/** Brings the upstreams' state into the read model in the background, so that no page view has to ask them. */
export class UpstreamFollowers {
  readonly #repositories: RepositoryState[];
  readonly #applications: ApplicationFollower[];
  readonly #readModel: ReadModel;
  readonly #logger: LoggerService;
  readonly #onChange: (services: string[]) => void;

  constructor(options: {
    repositories: RepositoryState[];
    applications: ApplicationFollower[];
    readModel: ReadModel;
    logger: LoggerService;
    onChange: (services: string[]) => void;
  }) {
    this.#repositories = options.repositories;
    this.#applications = options.applications;
    this.#readModel = options.readModel;
    this.#logger = options.logger;
    this.#onChange = options.onChange;
  }

  /** Follows until `stop`. Every process follows for itself: its read model is its own. */
  async start(
    scheduler: SchedulerService,
    repositoryIntervalMs: number,
  ): Promise<void> {
    for (const repository of this.#repositories) {
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
      void follower.run();
    }
  }

  stop(): void {
    this.#applications.forEach(follower => follower.stop());
  }

  /** Finds out how far behind the head the synced revisions are, where that is not known yet. */
  async measureDistance(source: RepositoryState): Promise<void> {
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
      this.#onChange(source.services);
    }
  }
}
