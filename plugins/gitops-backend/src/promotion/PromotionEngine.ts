import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  EarlierStatesResponse,
  GateContext,
  GateOverride,
  GateOverrideRight,
  GatePerson,
  MergeGatesResponse,
  PlannedPromotion,
  PromotionPlan,
  PromotionRequest,
  samePinChanges,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { MergeMethod, PullRequestSettings } from '../config';
import { PromotionStore, StoredPromotion } from '../database/PromotionStore';
import { InfraRepository } from '../github/InfraRepository';
import { UserToken } from '../github/UserToken';
import { ReadModel, ServiceState } from '../readmodel/ReadModel';
import { NamedImages } from '../registry/NamedImages';
import { gateContext } from './gateContext';
import { goesBack } from './goesBack';
import { ApplicationHistory } from './ApplicationHistory';
import { PromotionArrival } from './PromotionArrival';
import { PromotionContext } from './PromotionContext';
import { PromotionFollowing } from './PromotionFollowing';
import { letThroughBefore, PromotionGates, withNewer } from './PromotionGates';
import { PromotionLabels } from './PromotionLabels';
import { PromotionOpening } from './PromotionOpening';
import {
  assertPromotable,
  CheckedPlan,
  contentOf,
  PromotionPlanner,
} from './PromotionPlanner';
import { PromotionRebuilding } from './PromotionRebuilding';
import { PromotionUpdates } from './PromotionUpdates';

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
  readonly #logger: LoggerService;
  readonly #planner: PromotionPlanner;
  readonly #updates: PromotionUpdates;
  readonly #labels: PromotionLabels;
  readonly #following: PromotionFollowing;
  readonly #rebuilding: PromotionRebuilding;
  readonly #opening: PromotionOpening;
  readonly #arrival: PromotionArrival;

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
    /** Asks registries for what a person names; absent where none may be asked. */
    namedImages?: Pick<NamedImages, 'lookUp'>;
    mergeMethod?: MergeMethod;
    pullRequest?: PullRequestSettings;
  }) {
    const { readModel, store, repositories, pageUrl, onChange } = options;
    const context: PromotionContext = {
      readModel,
      store,
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
      namedImages: options.namedImages,
    };
    this.#context = context;
    this.#logger = options.logger;
    this.#planner = new PromotionPlanner(context);
    this.#updates = new PromotionUpdates(context);
    this.#labels = new PromotionLabels(context, options.logger);
    this.#following = new PromotionFollowing(
      context,
      this.#updates,
      this.#labels,
    );
    this.#rebuilding = new PromotionRebuilding(
      context,
      this.#planner,
      this.#updates,
    );
    this.#opening = new PromotionOpening(
      context,
      this.#planner,
      this.#following,
      this.#labels,
    );
    this.#arrival = new PromotionArrival(context);
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
      this.#gateContext(service, planned, asker).then(context =>
        gates.check(context),
      ),
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
   * @throws ConflictError where nothing is to be promoted, a finding blocks, a gate stops it, or somebody pushed to the open
   * pull request; NotAllowedError where the environment is not for the person.
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

    const open = await this.#findOpen(plan);
    const pass = async () => {
      assertPromotable(planned);
      return this.#context.gates.pass(
        await this.#gateContext(current, planned, asker),
        request.override,
      );
    };
    const { promotion, created } = open
      ? { promotion: open, created: false }
      : await this.#context.store.request({
          gates: await pass(),
          repository: plan.repository.url,
          service: plan.service,
          ...contentOf(plan),
          to: plan.to,
          entityRef: asker.entityRef,
          branch: plan.branch,
          baseCommit: plan.repository.head,
          requestedBy: asker.userEntityRef,
        });
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
    return result(
      promotion.state === 'requested'
        ? await this.#opening.open(promotion, planned, token)
        : promotion,
    );
  }

  /** What the gates say of merging a promotion, for the person who asks. */
  async mergeGates(
    promotion: StoredPromotion,
    person: GatePerson,
  ): Promise<MergeGatesResponse> {
    const { gates } = this.#context;
    return {
      gates: letThroughBefore(
        await gates.check(await this.#mergeContext(promotion, person)),
        promotion.gates,
      ),
      override: gates.overrideRight(person),
    };
  }

  /**
   * Merges the pull request of a promotion at the commit that was reviewed. One that is merged already is no error.
   *
   * @param reviewed - the commit that the person looked at
   * @param options.override - gates to override, with the reason
   * @param options.token - what it is merged on GitHub with; the integration's is taken without
   * @throws ConflictError where it is not open, it was updated since, a gate stops it, or somebody pushed to its branch;
   * NotAllowedError where the environment is not for the person.
   */
  async merge(
    promotion: StoredPromotion,
    reviewed: string,
    person: GatePerson,
    options: { override?: GateOverride; token?: UserToken } = {},
  ): Promise<StoredPromotion> {
    const { override, token } = options;
    const { pullRequest, headCommit } = promotion;
    if (promotion.state === 'merged' || promotion.state === 'deployed') {
      return promotion;
    }
    if (promotion.state !== 'open' || !pullRequest || !headCommit) {
      throw new ConflictError(
        `The promotion is ${promotion.state}; only an open pull request can be merged`,
      );
    }
    if (reviewed !== headCommit) {
      throw new ConflictError(
        `Pull request #${pullRequest.number} was updated after you looked at it; look at it again: ${pullRequest.url}`,
      );
    }
    await this.#updates.assertNoneUnderWay(promotion);
    const pull = await this.#following.lookAt(promotion, pullRequest.number);
    if (pull?.state !== 'open') {
      return this.#following.follow(promotion, pull);
    }
    if (pull.headCommit !== headCommit) {
      throw new ConflictError(
        `Somebody pushed to ${promotion.branch} after the pull request was opened; review and merge it on GitHub: ${pull.url}`,
      );
    }
    if (pull.draft) {
      throw new ConflictError(
        `Pull request #${pullRequest.number} is a draft; mark it as ready for review on GitHub first: ${pull.url}`,
      );
    }
    const passed = await this.#context.gates.pass(
      await this.#mergeContext(promotion, person),
      override,
      promotion.gates,
    );
    // Before the merge: whoever hears of it first records it, and knows nothing of a reason.
    await this.#context.store.keepGates(
      promotion.id,
      withNewer(promotion.gates ?? [], passed),
    );
    const mergeCommit = await this.#context
      .writer(promotion, token)
      .merge(pullRequest.number, headCommit, this.#context.mergeMethod);
    const mergedBy = person.userEntityRef;
    const merged = await this.#following.recordMerge(promotion, {
      mergeCommit,
      mergedBy,
      mergedAt: new Date().toISOString(),
    });
    if (merged.mergedBy === mergedBy) {
      return merged;
    }
    // A webhook came first, which only knows the account that GitHub was asked by.
    await this.#context.store.update(promotion.id, { mergedBy });
    return { ...merged, mergedBy };
  }

  /**
   * Closes the pull request of a promotion, and deletes its branch if nobody pushed to it. One that is closed already is
   * no error.
   *
   * @param token - what it is closed on GitHub with; the integration's is taken without
   * @throws ConflictError where it is not open.
   */
  async close(
    promotion: StoredPromotion,
    userRef: string,
    token?: UserToken,
  ): Promise<StoredPromotion> {
    const { id, state, pullRequest, headCommit, branch, service } = promotion;
    if (state === 'closed') {
      return promotion;
    }
    if (state !== 'open' || !pullRequest || !headCommit) {
      throw new ConflictError(
        `The promotion is ${state}; only an open pull request can be closed`,
      );
    }
    await this.#updates.assertNoneUnderWay(promotion);
    const github = this.#context.github(promotion);
    const pull = await this.#following.lookAt(promotion, pullRequest.number);
    // Somebody may merge it at the same time.
    const last =
      pull?.state === 'open'
        ? await this.#context
            .writer(promotion, token)
            .closePullRequest(pullRequest.number)
        : pull;
    if (last?.merged || pull?.state !== 'open') {
      const ended = await this.#following.follow(promotion, last);
      if (ended.state === 'merged') {
        throw new ConflictError(
          `Pull request #${pullRequest.number} was merged in between`,
        );
      }
      return ended;
    }
    const closed = await this.#context.store.record(id, 'closed', {
      by: userRef,
    });
    this.#context.onChange(service);
    // A branch that stays is taken over by the next promotion of the same change.
    await github.deleteBranch(branch, headCommit).catch(() => {});
    return closed;
  }

  /** Looks at every promotion that something is still expected of, and takes it as far as it goes. Never rejects. */
  async reconcile(): Promise<void> {
    await this.#context.readModel.catchUp();
    await this.#each(await this.#context.store.listUnderWay(), promotion =>
      this.#reconcileOne(promotion),
    );
  }

  /** Looks at the promotion of a pull request, if it is one's. Never rejects. */
  async reconcilePullRequest(
    repository: string,
    number: number,
  ): Promise<void> {
    await this.#context.readModel.catchUp();
    const underWay = await this.#context.store.listUnderWay();
    await this.#each(
      underWay.filter(
        promotion =>
          promotion.repository === repository &&
          promotion.pullRequest?.number === number,
      ),
      promotion => this.#reconcileOne(promotion),
    );
  }

  /** Looks whether merged promotions of a service have arrived; asks GitHub only about commits not seen before. */
  async settle(repository: string, service: string): Promise<void> {
    const promotions = await this.#context.store.listUnderWay({
      repository,
      service,
    });
    await this.#each(
      promotions.filter(({ state }) => state === 'merged'),
      promotion => this.#arrival.settle(promotion),
    );
  }

  async #gateContext(
    service: ServiceState,
    { plan, registry }: CheckedPlan,
    { entityRef, ...person }: PromotionAsker,
  ): Promise<GateContext> {
    const { to, rollbackTo, undoes, changes, findings } = plan;
    const context = gateContext(this.#context.readModel, service, {
      step: 'open',
      to,
      entityRef,
      rollback: await goesBack(this.#context.store, { rollbackTo, undoes }),
      changes,
      findings,
      person,
      now: new Date(),
    });
    return { ...context, target: { ...context.target, registry } };
  }

  async #mergeContext(
    {
      repository,
      service,
      to,
      rollbackTo,
      undoes,
      entityRef,
      changes,
    }: StoredPromotion,
    person: GatePerson,
  ): Promise<GateContext> {
    const { readModel } = this.#context;
    const state = readModel.service(service);
    if (state.repository.url !== repository) {
      throw new ConflictError(
        `${service} is in ${state.repository.url} now, and this pull request is in ${repository}; it cannot be merged from here, only closed`,
      );
    }
    return gateContext(readModel, state, {
      step: 'merge',
      to,
      entityRef,
      rollback: await goesBack(this.#context.store, { rollbackTo, undoes }),
      changes,
      findings: [],
      person,
      now: new Date(),
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
    // Somebody waits, and may ask for another change: what else is to be done of it the next reconcile does.
    await this.#reconcileOne(open, { all: false });
    return this.#context.store.findOpen(repository.url, service, to);
  }

  async #each(
    promotions: StoredPromotion[],
    step: (promotion: StoredPromotion) => Promise<unknown>,
  ): Promise<void> {
    for (const promotion of promotions) {
      try {
        await step(promotion);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (message !== promotion.error) {
          this.#logger.warn(`Promotion ${promotion.id}: ${message}`);
          await this.#context.store.update(promotion.id, { error: message });
          this.#context.onChange(promotion.service);
        }
      }
    }
  }

  async #reconcileOpen(
    promotion: StoredPromotion,
    all: boolean,
  ): Promise<void> {
    if (!promotion.pullRequest) {
      return;
    }
    const { number } = promotion.pullRequest;
    const pull = await this.#following.lookAt(promotion, number);
    const current = await this.#following.follow(promotion, pull);
    if (!all || !pull || current.state !== 'open') {
      return;
    }
    await this.#following.watch(current, pull);
    await this.#rebuilding.rebuild(current, pull);
    if (promotion.error) {
      // Nothing stands in the way any more.
      await this.#context.store.update(promotion.id, { error: undefined });
      this.#context.onChange(promotion.service);
    }
  }

  async #reconcileOne(
    promotion: StoredPromotion,
    { all } = { all: true },
  ): Promise<unknown> {
    switch (promotion.state) {
      case 'requested':
        return this.#opening.resume(promotion);
      case 'open':
        return this.#reconcileOpen(promotion, all);
      default:
        return this.#arrival.settle(promotion);
    }
  }
}

function githubOf(
  repositories: ReadonlyMap<string, InfraRepository>,
  { repository }: StoredPromotion,
): InfraRepository {
  const github = repositories.get(repository);
  if (!github) {
    throw new NotFoundError(
      `The infra repository ${repository} is not configured any more; add it to gitops.repositories`,
    );
  }
  return github;
}
