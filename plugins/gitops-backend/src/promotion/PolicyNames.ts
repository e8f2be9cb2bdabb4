import { LoggerService } from '@backstage/backend-plugin-api';
import { PromotionPolicy } from '@gitops-infra/backstage-plugin-gitops-common';
import { RepositoryState } from '../readmodel/RepositoryState';

/** Notices environments that the policy names and nobody has: a name that is misspelt restricts nothing. */
export class PolicyNames {
  readonly #named: readonly string[];
  readonly #repositories: readonly Pick<
    RepositoryState,
    'snapshot' | 'topology'
  >[];
  readonly #logger: LoggerService;
  readonly #warned = new Set<string>();

  constructor(options: {
    policy: PromotionPolicy;
    repositories: readonly Pick<RepositoryState, 'snapshot' | 'topology'>[];
    logger: LoggerService;
  }) {
    const { allowedGroups, freezeWindows } = options.policy;
    this.#named = [
      ...new Set([
        ...allowedGroups.keys(),
        ...freezeWindows.flatMap(({ environments = [] }) => environments),
      ]),
    ];
    this.#repositories = options.repositories;
    this.#logger = options.logger;
  }

  /** Those that no service has; none as long as there is a repository that was not read. */
  get unknown(): string[] {
    const isRead = this.#repositories.every(({ snapshot }) => snapshot);
    if (!isRead || this.#named.length === 0) {
      return [];
    }
    const known = new Set(
      this.#repositories.flatMap(({ topology }) =>
        topology.declarations.map(({ environment }) => environment),
      ),
    );
    return this.#named.filter(name => !known.has(name));
  }

  /** Says each in the log, once. */
  warn(): void {
    for (const name of this.unknown.filter(each => !this.#warned.has(each))) {
      this.#warned.add(name);
      this.#logger.warn(
        `gitops.promotions.policy names the environment ${name}, and no service has one of that name: what it says of it restricts nothing`,
      );
    }
  }
}
