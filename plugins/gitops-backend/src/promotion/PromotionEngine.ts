import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  EarlierStatesResponse,
  formatVersion,
  GateContext,
  GateOverrideRight,
  GatePerson,
  MergeGatesResponse,
  PlannedPromotion,
  PromotionPlan,
  PromotionRequest,
  ReviewedChange,
  samePinChanges,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { MergeMethod, PullRequestSettings } from '../config';
import { PromotionStore, StoredPromotion } from '../database/PromotionStore';
import { InfraRepository } from '../github/InfraRepository';
import { UserToken } from '../github/UserToken';
import { ReadModel } from '../readmodel/ReadModel';
import { ServiceState } from '../readmodel/Services';
import { NamedImages } from '../registry/NamedImages';
import { gateContext } from './gateContext';
import { ApplicationHistory } from './ApplicationHistory';
import { OpeningPace } from './OpeningBeats';
import { PromotionAdoption } from './PromotionAdoption';
import { PromotionArrival } from './PromotionArrival';
import { PromotionContext } from './PromotionContext';
import { PromotionDecisions } from './PromotionDecisions';
import { PromotionFollowing } from './PromotionFollowing';
import { PromotionGates } from './PromotionGates';
import { PromotionLabels } from './PromotionLabels';
import { PromotionOpening } from './PromotionOpening';
import {
  assertPromotable,
  CheckedPlan,
  contentOf,
  PromotionPlanner,
} from './PromotionPlanner';
import { PromotionRebuilding } from './PromotionRebuilding';
import { PromotionReconciling } from './PromotionReconciling';
import { PromotionReopening } from './PromotionReopening';
import { PromotionUpdates } from './PromotionUpdates';
import { PromotionWithdrawal } from './PromotionWithdrawal';

/** Who asks for a promotion, and where. */
export interface PromotionAsker extends GatePerson {
  /** The entity that the service was asked for on. */
  entityRef: string;
}

/**
 * Opens promotions, merges them and follows them until they run. Each outside step is preceded by a row that says
 * where the promotion stands, so that `reconcile` can go on from there after a crash.
 */
export class PromotionEngine {
  readonly #context: PromotionContext;
  readonly #repositories: ReadonlyMap<string, InfraRepository>;
  readonly #planner: PromotionPlanner;
  readonly #updates: PromotionUpdates;
  readonly #opening: PromotionOpening;
  readonly #decisions: PromotionDecisions;
  readonly #reconciling: PromotionReconciling;

  constructor(options: {
    readModel: ReadModel;
    store: PromotionStore;
    /** By URL. */
    repositories: ReadonlyMap<string, InfraRepository>;
    logger: LoggerService;
    /** Address of an entity's page in Backstage. */
    pageUrl: (entityRef: string) => string;
    onChange: (service: string) => void;
    /** What applications' own repositories say of a change; nothing is said of it when absent. */
    history?: Pick<ApplicationHistory, 'commitsOf'>;
    gates: PromotionGates;
    /** Asks registries for what there is no answer for yet; absent where none may be asked. */
    namedImages?: Pick<NamedImages, 'lookUp'>;
    podImages?: PromotionContext['podImages'];
    mergeMethod?: MergeMethod;
    pullRequest?: PullRequestSettings;
    /** In tests, another than the one of `OpeningBeats`. */
    openingPace?: OpeningPace;
    /** In tests, another clock than the process has. */
    monotonic?: () => number;
  }) {
    const { readModel, store, repositories, pageUrl, onChange } = options;
    const context: PromotionContext = {
      readModel,
      store,
      isConfigured: repository => repositories.has(repository),
      github: promotion => githubOf(repositories, promotion),
      writer: (promotion, token) => {
        const github = githubOf(repositories, promotion);
        return token ? github.as(token) : github;
      },
      pageUrl,
      onChange,
      applicationCommits: async changes =>
        (await options.history?.commitsOf(changes)) ?? [],
      mergeMethod: options.mergeMethod ?? 'merge',
      pullRequest: options.pullRequest ?? {
        templates: {},
        labels: [],
        reviewers: [],
        teamReviewers: [],
        draft: false,
      },
      gates: options.gates,
      monotonic: options.monotonic ?? (() => performance.now()),
      namedImages: options.namedImages,
      podImages: options.podImages,
    };
    this.#context = context;
    this.#repositories = repositories;
    this.#planner = new PromotionPlanner(context);
    this.#updates = new PromotionUpdates(context);
    const labels = new PromotionLabels(context, options.logger);
    const following = new PromotionFollowing(context, this.#updates, labels);
    const rebuilding = new PromotionRebuilding(
      context,
      this.#planner,
      this.#updates,
    );
    const adoption = new PromotionAdoption(
      context,
      this.#planner,
      this.#updates,
    );
    const withdrawal = new PromotionWithdrawal(context, following);
    this.#opening = new PromotionOpening(
      context,
      this.#planner,
      following,
      labels,
      withdrawal,
      options.openingPace,
    );
    this.#decisions = new PromotionDecisions(
      context,
      this.#planner,
      this.#updates,
      following,
      withdrawal,
      rebuilding,
      adoption,
    );
    const { logger } = options;
    this.#reconciling = new PromotionReconciling(context, {
      following,
      adoption,
      rebuilding,
      opening: this.#opening,
      arrival: new PromotionArrival(context, logger),
      reopening: new PromotionReopening(context, following, logger),
      logger,
    });
  }

  /**
   * What a promotion would change, from the last known state of the tree.
   *
   * @throws as `PromotionPlanner.plan`
   */
  async plan(
    service: ServiceState,
    request: PromotionRequest,
  ): Promise<CheckedPlan> {
    return this.#planner.plan(service, request);
  }

  /**
   * The same for a person to look at, with the commits of applications that come with it, and what the gates say of it for
   * that person. The commits are asked for at GitHub, for a short time at most.
   *
   * @throws as `plan`
   */
  async preview(
    service: ServiceState,
    request: PromotionRequest,
    asker: PromotionAsker,
  ): Promise<{ plan: PromotionPlan; override?: GateOverrideRight }> {
    const planned = await this.plan(service, request);
    const { plan } = planned;
    const { gates, applicationCommits } = this.#context;
    const [commits, results] = await Promise.all([
      applicationCommits(plan.changes),
      gates.check(this.#asked(service, planned, asker)),
    ]);
    return {
      plan: { ...plan, applicationCommits: commits, gates: results },
      override: gates.overrideRight(asker),
    };
  }

  /**
   * The states that an environment can be rolled back to, newest first. Asks GitHub.
   *
   * @throws NotFoundError for an unknown environment.
   */
  async earlierStates(
    service: ServiceState,
    environment: string,
  ): Promise<EarlierStatesResponse> {
    return this.#planner.earlierStates(service, environment);
  }

  /**
   * Opens the pull request of a promotion, on the head of the deployed branch as it is now, or finds the one that is
   * open for the target and, where that has another change, updates it.
   *
   * @param token - what it is written to GitHub with; the integration's is taken without
   * @throws ConflictError where it is not what was reviewed, nothing is to be promoted, a finding blocks, a gate stops it, or
   * somebody pushed to the open pull request, or reopened an earlier one, or one is open in another repository;
   * NotAllowedError where the environment is not for the person.
   */
  async promote(
    service: ServiceState,
    request: PromotionRequest,
    asker: PromotionAsker,
    token?: UserToken,
  ): Promise<{
    plan: PromotionPlan;
    promotion: StoredPromotion;
    created: boolean;
  }> {
    await service.source.refresh();
    const current = this.#context.readModel.service(
      service.service,
      service.instance,
    );
    const planned = await this.plan(current, request);
    const { plan } = planned;
    assertReviewed(plan, request.reviewed);

    const open = await this.#findOpen(plan);
    const pass = async () => {
      assertPromotable(planned);
      const { gates } = await this.#context.gates.pass(
        this.#asked(current, planned, asker),
        request.override,
      );
      return gates;
    };
    const ask = async () => {
      const about = {
        repository: plan.repository.url,
        service: plan.service,
        to: plan.to,
      };
      await this.#opening.assertNoneElsewhere(about);
      const gates = await pass();
      await this.#opening.assertNoneReopened(about);
      return this.#context.store.request({
        ...about,
        ...contentOf(plan),
        instance: service.instance,
        gates,
        entityRef: asker.entityRef,
        baseCommit: plan.repository.head,
        requestedBy: asker.userEntityRef,
      });
    };
    const { promotion, created } = open
      ? { promotion: open, created: false }
      : await ask();
    const result = (now: StoredPromotion) => ({
      plan: { ...plan, gates: now.gates ?? [] },
      promotion: now,
      created,
    });
    if (!samePinChanges(promotion.changes, plan.changes)) {
      const updated = await this.#updates.update(
        promotion,
        planned,
        { requestedBy: asker.userEntityRef, gates: await pass() },
        token,
      );
      this.#context.onChange(promotion.service);
      return result(updated);
    }
    if (created) {
      return result(await this.#opening.open(promotion, planned, token));
    }
    return result(
      promotion.state === 'requested'
        ? await this.#opening.wait(promotion)
        : promotion,
    );
  }

  /** What the gates say of merging a promotion, for the person who asks. */
  async mergeGates(
    promotion: StoredPromotion,
    person: GatePerson,
  ): Promise<MergeGatesResponse> {
    return this.#decisions.mergeGates(promotion, person);
  }

  /** As `PromotionDecisions.merge`. */
  async merge(
    ...decision: Parameters<PromotionDecisions['merge']>
  ): Promise<StoredPromotion> {
    return this.#decisions.merge(...decision);
  }

  /** As `PromotionDecisions.close`. */
  async close(
    ...decision: Parameters<PromotionDecisions['close']>
  ): Promise<StoredPromotion> {
    return this.#decisions.close(...decision);
  }

  /** How long to wait before the next `reconcile`: the interval, or longer where GitHub's rate limit is near or reached. */
  reconcileDelayMs(intervalMs: number): number {
    return Math.max(
      intervalMs,
      ...[...this.#repositories.values()].map(github =>
        github.pollDelayMs(intervalMs),
      ),
    );
  }

  /** As `PromotionReconciling.reconcile`. */
  async reconcile(): Promise<void> {
    return this.#reconciling.reconcile();
  }

  /** As `PromotionReconciling.reconcilePullRequest`. */
  async reconcilePullRequest(
    repository: string,
    number: number,
  ): Promise<void> {
    return this.#reconciling.reconcilePullRequest(repository, number);
  }

  /** As `PromotionReconciling.settle`. */
  async settle(repository: string, service: string): Promise<void> {
    return this.#reconciling.settle(repository, service);
  }

  #asked(
    service: ServiceState,
    planned: CheckedPlan,
    { entityRef, ...person }: PromotionAsker,
  ): GateContext {
    return gateContext(this.#context, service, planned, {
      step: 'open',
      entityRef,
      person,
    });
  }

  // What is open according to the database, looked at on GitHub first: it may have been merged or closed there, or left
  // half done.
  async #findOpen({
    repository,
    service,
    to,
  }: PlannedPromotion['plan']): Promise<StoredPromotion | undefined> {
    const open = await this.#context.store.findOpen(
      repository.url,
      service,
      to,
    );
    if (!open) {
      return undefined;
    }
    await this.#reconciling.follow(open);
    return this.#context.store.findOpen(repository.url, service, to);
  }
}

// What a person confirms is what was looked at, and so is what a reason to override a gate was given for.
function assertReviewed(
  { to, changes }: Pick<PromotionPlan, 'to' | 'changes'>,
  reviewed: ReviewedChange[] | undefined,
): void {
  if (reviewed && changes.length > 0 && !samePinChanges(changes, reviewed)) {
    const now = changes.map(
      ({ name, before, after }) =>
        `${name} ${formatVersion(before)} → ${formatVersion(after)}`,
    );
    throw new ConflictError(
      `It is not what you looked at any more: ${to} would get ${now.join(
        ', ',
      )} by now; look at it again`,
    );
  }
}

function githubOf(
  repositories: ReadonlyMap<string, InfraRepository>,
  { repository }: StoredPromotion,
): InfraRepository {
  const github = repositories.get(repository);
  if (!github) {
    throw new NotFoundError(
      `The infra repository ${repository} is not configured any more; add it to gitops.repositories, or close the promotion`,
    );
  }
  return github;
}
