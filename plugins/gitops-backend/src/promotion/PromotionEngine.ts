import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  blocks,
  DeclaredEnvironment,
  hasArrived,
  planPromotion,
  PlannedPromotion,
  PromotionPlan,
  promotionCommitMessage,
  PromotionRequest,
  pullRequestBody,
  samePinChanges,
  sameVersion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { MergeMethod } from '../config';
import { PromotionStore, StoredPromotion } from '../database/PromotionStore';
import { isRefusal } from '../github/githubErrors';
import { InfraRepository, PullRequest } from '../github/GithubRepository';
import { ReadModel, ServiceState } from '../readmodel/ReadModel';
import { PromotionUpdates } from './PromotionUpdates';

// A promotion without a commit for that long was interrupted: nobody is working on it any more.
const INTERRUPTED_AFTER_MS = 60_000;
// GitHub may show a branch as it was for a moment after a merge.
const MERGE_VISIBLE_AFTER_MS = 60_000;

/** Who asks for a promotion, and where. */
export interface PromotionAsker {
  /** Entity ref of the person. */
  userRef: string;
  /** The entity that the service was asked for on. */
  entityRef: string;
}

/**
 * Opens promotions, merges them and follows them until they run. Each outside step is preceded by a row that says
 * where the promotion stands, so that `reconcile` can go on from there after a crash.
 */
export class PromotionEngine {
  readonly #readModel: ReadModel;
  readonly #store: PromotionStore;
  readonly #repositories: ReadonlyMap<string, InfraRepository>;
  readonly #logger: LoggerService;
  readonly #pageUrl: (entityRef: string) => string;
  readonly #onChange: (service: string) => void;
  readonly #mergeMethod: MergeMethod;
  readonly #updates: PromotionUpdates;
  readonly #opening = new Map<string, Promise<StoredPromotion>>();

  constructor(options: {
    readModel: ReadModel;
    store: PromotionStore;
    /** By URL. */
    repositories: ReadonlyMap<string, InfraRepository>;
    logger: LoggerService;
    /** Address of an entity's page in Backstage. */
    pageUrl: (entityRef: string) => string;
    onChange: (service: string) => void;
    mergeMethod?: MergeMethod;
  }) {
    this.#readModel = options.readModel;
    this.#store = options.store;
    this.#repositories = options.repositories;
    this.#logger = options.logger;
    this.#pageUrl = options.pageUrl;
    this.#onChange = options.onChange;
    this.#mergeMethod = options.mergeMethod ?? 'merge';
    this.#updates = new PromotionUpdates({
      store: this.#store,
      github: promotion => this.#github(promotion),
      pageUrl: this.#pageUrl,
      mergeMethod: this.#mergeMethod,
    });
  }

  /**
   * What a promotion would change, from the last known state of the tree.
   *
   * @throws NotFoundError for an unknown environment; InputError where `to` is not promoted from `from`, or for an
   * unknown image.
   */
  plan(service: ServiceState, request: PromotionRequest): PlannedPromotion {
    const from = environmentNamed(service, request.from);
    const to = environmentNamed(service, request.to);
    if (to.sourceEnvironment !== from.environment) {
      throw new InputError(
        to.sourceEnvironment
          ? `${to.environment} is promoted from ${to.sourceEnvironment}, not from ${from.environment}`
          : `${to.environment} is not promoted from anywhere; say so with the annotation gitops-infra.dev/promotes-from on its Application`,
      );
    }
    const planned = planPromotion({
      service: service.service,
      repository: service.repository,
      from: this.#readModel.factsOf(service, from),
      to: this.#readModel.factsOf(service, to),
      images: request.images,
    });
    const names = [...planned.plan.changes, ...planned.plan.skipped].map(
      ({ name }) => name,
    );
    const unknown = request.images?.find(image => !names.includes(image));
    if (unknown !== undefined) {
      throw new InputError(
        `Neither ${from.environment} nor ${
          to.environment
        } pins an image ${unknown}; they pin ${names.join(', ') || 'none'}`,
      );
    }
    return planned;
  }

  /**
   * Opens the pull request of a promotion, on the head of the deployed branch as it is now, or finds the one that is
   * open for the target and, where that has another change, updates it.
   *
   * @throws ConflictError where nothing is to be promoted, a finding blocks, or somebody pushed to the open pull request.
   */
  async promote(
    service: ServiceState,
    request: PromotionRequest,
    asker: PromotionAsker,
  ): Promise<{
    planned: PlannedPromotion;
    promotion: StoredPromotion;
    created: boolean;
  }> {
    await service.source.refresh();
    const current = this.#readModel.service(service.service, service.instance);
    const planned = this.plan(current, request);
    const { plan } = planned;

    const open = await this.#findOpen(plan);
    if (!open) {
      assertPromotable(planned);
    }
    const { promotion, created } = open
      ? { promotion: open, created: false }
      : await this.#store.request({
          repository: plan.repository.url,
          service: plan.service,
          from: plan.from,
          to: plan.to,
          entityRef: asker.entityRef,
          title: plan.title,
          changes: plan.changes,
          branch: plan.branch,
          baseCommit: plan.repository.head,
          requestedBy: asker.userRef,
        });
    if (!samePinChanges(promotion.changes, plan.changes)) {
      assertPromotable(planned);
      const updated = await this.#updates.update(
        promotion,
        planned,
        asker.userRef,
      );
      this.#onChange(promotion.service);
      return { planned, promotion: updated, created };
    }
    return {
      planned,
      promotion:
        promotion.state === 'requested'
          ? await this.#open(promotion, planned)
          : promotion,
      created,
    };
  }

  /**
   * Merges the pull request of a promotion at the commit that was reviewed. One that is merged already is no error.
   *
   * @param reviewed - the commit that the person looked at
   * @throws ConflictError where it is not open, it was updated since, or somebody pushed to its branch.
   */
  async merge(
    promotion: StoredPromotion,
    userRef: string,
    reviewed: string | undefined = promotion.headCommit,
  ): Promise<StoredPromotion> {
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
    const github = this.#github(promotion);
    const pull = await this.#lookAt(promotion, pullRequest.number);
    if (pull?.state !== 'open') {
      return this.#reconcileOpen(promotion, pull);
    }
    if (pull.headCommit !== headCommit) {
      throw new ConflictError(
        `Somebody pushed to ${promotion.branch} after the pull request was opened; review and merge it on GitHub: ${pull.url}`,
      );
    }
    const mergeCommit = await github.merge(
      pullRequest.number,
      headCommit,
      this.#mergeMethod,
    );
    const merged = await this.#store.record(promotion.id, 'merged', {
      mergeCommit,
      mergedBy: userRef,
      mergedAt: new Date().toISOString(),
    });
    await this.#afterMerge(merged);
    return merged;
  }

  /**
   * Closes the pull request of a promotion, and deletes its branch if nobody pushed to it. One that is closed already is
   * no error.
   *
   * @throws ConflictError where it is not open.
   */
  async close(
    promotion: StoredPromotion,
    userRef: string,
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
    const github = this.#github(promotion);
    const pull = await this.#lookAt(promotion, pullRequest.number);
    if (pull?.state !== 'open') {
      const ended = await this.#reconcileOpen(promotion, pull);
      if (ended.state === 'merged') {
        throw new ConflictError(
          `Pull request #${pullRequest.number} was merged in between`,
        );
      }
      return ended;
    }
    await github.closePullRequest(pullRequest.number);
    const closed = await this.#store.record(id, 'closed', { by: userRef });
    this.#onChange(service);
    // A branch that stays is taken over by the next promotion of the same change.
    await github.deleteBranch(branch, headCommit).catch(() => {});
    return closed;
  }

  /** Looks at every promotion that something is still expected of, and takes it as far as it goes. Never rejects. */
  async reconcile(): Promise<void> {
    await this.#readModel.catchUp();
    await this.#each(await this.#store.listUnderWay(), promotion =>
      this.#reconcileOne(promotion),
    );
  }

  /** Looks at the promotion of a pull request, if it is one's. Never rejects. */
  async reconcilePullRequest(
    repository: string,
    number: number,
  ): Promise<void> {
    await this.#readModel.catchUp();
    const underWay = await this.#store.listUnderWay();
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
    const promotions = await this.#store.listUnderWay({ repository, service });
    await this.#each(
      promotions.filter(({ state }) => state === 'merged'),
      promotion => this.#settleOne(promotion),
    );
  }

  // What is open according to the database, looked at on GitHub first: it may have been merged or closed there, or left
  // half done.
  async #findOpen({
    repository,
    service,
    to,
  }: PromotionPlan): Promise<StoredPromotion | undefined> {
    const open = await this.#store.findOpen(repository.url, service, to);
    if (!open) {
      return undefined;
    }
    await this.#reconcileOne(open);
    return this.#store.findOpen(repository.url, service, to);
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
          await this.#store.update(promotion.id, { error: message });
          this.#onChange(promotion.service);
        }
      }
    }
  }

  async #reconcileOne(promotion: StoredPromotion): Promise<unknown> {
    switch (promotion.state) {
      case 'requested':
        return this.#resume(promotion);
      case 'open':
        return (
          promotion.pullRequest &&
          this.#reconcileOpen(
            promotion,
            await this.#lookAt(promotion, promotion.pullRequest.number),
          )
        );
      default:
        return this.#settleOne(promotion);
    }
  }

  async #resume(promotion: StoredPromotion): Promise<void> {
    if (promotion.headCommit) {
      await this.#open(promotion);
      return;
    }
    const idleMs = Date.now() - Date.parse(promotion.updatedAt);
    if (this.#opening.has(promotion.id) || idleMs <= INTERRUPTED_AFTER_MS) {
      return;
    }
    const planned = this.#planAgain(promotion);
    if (planned) {
      await this.#open(promotion, planned);
      return;
    }
    await this.#store.record(
      promotion.id,
      'refused',
      {
        error: `Interrupted before anything was done on GitHub, and ${promotion.to} cannot be changed that way any more; press Promote again`,
      },
      { headCommit: null },
    );
    this.#onChange(promotion.service);
  }

  // The same change on the tree as it is now, if it is still possible.
  #planAgain(promotion: StoredPromotion): PlannedPromotion | undefined {
    const service = this.#readModel.service(promotion.service);
    if (service.repository.url !== promotion.repository) {
      return undefined;
    }
    try {
      const planned = this.plan(service, {
        from: promotion.from,
        to: promotion.to,
        images: promotion.changes.map(({ name }) => name),
      });
      return planned.edits.length > 0 &&
        samePinChanges(planned.plan.changes, promotion.changes)
        ? planned
        : undefined;
    } catch (error) {
      if (NotFoundError.is(error) || InputError.is(error)) {
        return undefined;
      }
      throw error;
    }
  }

  // Undefined where the repository is there and the pull request is not, as in one that was made anew.
  async #lookAt(
    promotion: StoredPromotion,
    number: number,
  ): Promise<PullRequest | undefined> {
    const github = this.#github(promotion);
    try {
      return await github.pullRequest(number);
    } catch (error) {
      if (!NotFoundError.is(error)) {
        throw error;
      }
      await github.head();
      return undefined;
    }
  }

  async #reconcileOpen(
    promotion: StoredPromotion,
    pull: PullRequest | undefined,
  ): Promise<StoredPromotion> {
    if (!pull) {
      const gone = await this.#store.record(promotion.id, 'closed', {
        error: 'The pull request is not in the repository any more',
      });
      this.#onChange(promotion.service);
      return gone;
    }
    const current = await this.#updates.resume(promotion, pull);
    if (pull.state === 'open') {
      if (promotion.error && current.error) {
        await this.#store.update(promotion.id, { error: undefined });
      }
      if (promotion.error || current !== promotion) {
        this.#onChange(promotion.service);
      }
      return current;
    }
    const ended = await this.#store.record(
      promotion.id,
      pull.merged ? 'merged' : 'closed',
      {
        mergeCommit: pull.mergeCommit,
        mergedBy: pull.mergedBy,
        mergedAt: pull.mergedAt,
      },
    );
    if (ended.state === 'merged') {
      await this.#afterMerge(ended);
    } else {
      this.#onChange(promotion.service);
    }
    return ended;
  }

  // What follows a merge is done again by the next reconcile where it fails; the merge itself stands.
  async #afterMerge(promotion: StoredPromotion): Promise<void> {
    this.#onChange(promotion.service);
    const { branch, headCommit } = promotion;
    await Promise.allSettled([
      headCommit && this.#github(promotion).deleteBranch(branch, headCommit),
      (async () =>
        this.#readModel.service(promotion.service).source.refresh())(),
    ]);
  }

  async #settleOne(promotion: StoredPromotion): Promise<void> {
    const { mergeCommit } = promotion;
    const service = this.#readModel.service(promotion.service);
    if (!mergeCommit || service.repository.url !== promotion.repository) {
      return;
    }
    const target = service.environments.find(
      ({ environment }) => environment === promotion.to,
    );
    const status = target && this.#readModel.statusOf(service, target);
    const revision = status?.sync.revision;
    if (
      status &&
      revision &&
      hasArrived(
        promotion.changes,
        status,
        await contains(service, revision, mergeCommit),
      )
    ) {
      await this.#store.record(promotion.id, 'arrived');
      this.#onChange(promotion.service);
      return;
    }
    const replaced = await this.#whyReplaced(service, target, promotion);
    if (replaced) {
      await this.#store.record(promotion.id, 'replaced', { error: replaced });
      this.#onChange(promotion.service);
    }
  }

  async #whyReplaced(
    service: ServiceState,
    target: DeclaredEnvironment | undefined,
    { mergeCommit, updatedAt, changes, to }: StoredPromotion,
  ): Promise<string | undefined> {
    if (
      mergeCommit &&
      (await contains(service, service.repository.head, mergeCommit))
    ) {
      return stillDesired(this.#readModel, service, target, changes)
        ? undefined
        : `Another change to ${to} replaced it before it was seen running`;
    }
    if (Date.now() - Date.parse(updatedAt) <= MERGE_VISIBLE_AFTER_MS) {
      return undefined;
    }
    // The head that is known may be from before the merge.
    await service.source.refresh();
    const { repository } = this.#readModel.service(
      service.service,
      service.instance,
    );
    return mergeCommit &&
      (await contains(service, repository.head, mergeCommit))
      ? undefined
      : `The branch ${repository.branch} does not have its merge any more`;
  }

  async #open(
    promotion: StoredPromotion,
    planned?: PlannedPromotion,
  ): Promise<StoredPromotion> {
    // Two requests at once in this process are one piece of work.
    const running = this.#opening.get(promotion.id);
    if (running) {
      return running;
    }
    const opening = this.#openSteps(promotion, planned).finally(() =>
      this.#opening.delete(promotion.id),
    );
    this.#opening.set(promotion.id, opening);
    return opening;
  }

  async #openSteps(
    promotion: StoredPromotion,
    planned: PlannedPromotion | undefined,
  ): Promise<StoredPromotion> {
    const github = this.#github(promotion);
    const { id, repository, branch } = promotion;
    let headCommit = promotion.headCommit;
    // Whoever named the commit may have gone further before it was interrupted.
    let mayBeThere = headCommit !== undefined;
    try {
      headCommit ??= await this.#makeCommit(promotion, planned);
      let pull = mayBeThere
        ? await github.findPullRequest(branch, headCommit)
        : undefined;
      mayBeThere = pull !== undefined;
      if (!pull) {
        await github.createBranch(branch, headCommit, commit =>
          this.#store.isLeftBehind(repository, commit),
        );
        pull = await github.openPullRequest({
          branch,
          title: promotion.title,
          body: pullRequestBody(promotion, {
            id,
            requestedBy: promotion.requestedBy,
            pageUrl: this.#pageUrl(promotion.entityRef),
          }),
        });
        mayBeThere = true;
      }
      const opened = await this.#store.record(id, 'opened', {
        pullRequest: { number: pull.number, url: pull.url },
        by: promotion.requestedBy,
      });
      this.#onChange(promotion.service);
      return await this.#afterOpening(opened, pull, headCommit);
    } catch (error) {
      await this.#afterFailedOpening(promotion, error, {
        headCommit,
        mayBeThere,
      });
      throw error;
    }
  }

  // On the head that was planned on, which is not that of a row which was interrupted earlier.
  async #makeCommit(
    promotion: StoredPromotion,
    planned: PlannedPromotion | undefined,
  ): Promise<string> {
    if (!planned?.edits.length) {
      throw new ConflictError(
        `Nothing to promote: ${promotion.to} changed in between; look again`,
      );
    }
    const baseCommit = planned.plan.repository.head;
    const commit = await this.#github(promotion).createCommit({
      parents: [baseCommit],
      message: promotionCommitMessage(promotion.title, promotion),
      files: planned.edits,
    });
    return this.#store.proposeHeadCommit(promotion.id, { commit, baseCommit });
  }

  async #afterOpening(
    promotion: StoredPromotion,
    pull: PullRequest,
    headCommit: string,
  ): Promise<StoredPromotion> {
    if (promotion.state === 'closed') {
      // Another process was refused in the meantime and ended it: a pull request that nobody follows must not stay.
      await this.#github(promotion)
        .deleteBranch(promotion.branch, headCommit)
        .catch(() => {});
      throw new ConflictError(
        `The promotion was ended in between: ${promotion.error ?? 'closed'}`,
      );
    }
    return pull.state === 'open'
      ? promotion
      : this.#reconcileOpen(
          promotion,
          await this.#lookAt(promotion, pull.number),
        );
  }

  // A step that may have taken effect is looked at again by reconcile; one that was refused is undone and ended.
  async #afterFailedOpening(
    promotion: StoredPromotion,
    failure: unknown,
    known: { headCommit?: string; mayBeThere: boolean },
  ): Promise<void> {
    const error = failure instanceof Error ? failure.message : String(failure);
    const { headCommit, mayBeThere } = known;
    if (headCommit && (mayBeThere || !isRefusal(failure))) {
      await this.#store.update(promotion.id, { error });
    } else {
      const ended = await this.#store.record(
        promotion.id,
        'refused',
        { error },
        { headCommit: headCommit ?? null },
      );
      if (headCommit && ended.state === 'closed') {
        await this.#github(promotion)
          .deleteBranch(promotion.branch, headCommit)
          .catch(() => {});
      }
    }
    this.#onChange(promotion.service);
  }

  #github(promotion: StoredPromotion): InfraRepository {
    const github = this.#repositories.get(promotion.repository);
    if (!github) {
      throw new NotFoundError(
        `The infra repository ${promotion.repository} is not configured any more; add it to gitops.repositories`,
      );
    }
    return github;
  }
}

function environmentNamed(
  { service, environments }: ServiceState,
  name: string,
): DeclaredEnvironment {
  const found = environments.find(({ environment }) => environment === name);
  if (!found) {
    throw new NotFoundError(
      `${service} has no environment ${name}; it has ${environments
        .map(({ environment }) => environment)
        .join(', ')}`,
    );
  }
  return found;
}

function assertPromotable({ plan, edits }: PlannedPromotion): void {
  const blocking = plan.findings.find(({ severity }) => severity === 'error');
  if (blocks(plan.findings) && blocking) {
    throw new ConflictError(
      `${plan.to} cannot be promoted to: ${blocking.what} ${blocking.why}`,
    );
  }
  if (edits.length === 0) {
    throw new ConflictError(
      `Nothing to promote: ${plan.to} pins what ${plan.from} pins already`,
    );
  }
}

async function contains(
  { source }: ServiceState,
  revision: string,
  commit: string,
): Promise<boolean> {
  try {
    return (await source.compare(commit, revision)).behindBy === 0;
  } catch (error) {
    // One of them is in the repository no more.
    if (NotFoundError.is(error)) {
      return false;
    }
    throw error;
  }
}

function stillDesired(
  readModel: ReadModel,
  service: ServiceState,
  target: DeclaredEnvironment | undefined,
  changes: StoredPromotion['changes'],
): boolean {
  const pins = target ? readModel.factsOf(service, target).overlay.pins : [];
  return changes.every(change =>
    pins.some(
      pin => pin.name === change.name && sameVersion(pin.version, change.after),
    ),
  );
}
