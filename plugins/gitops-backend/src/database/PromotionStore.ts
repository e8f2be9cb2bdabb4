import {
  Finding,
  GateResult,
  Promotion,
  PromotionEvent,
  PromotionSource,
  PromotionTimelineEntry,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** A promotion with what only the backend needs to know of it. */
export interface StoredPromotion extends Promotion {
  /** URL of the infra repository. */
  repository: string;
  /** The entity that the promotion was asked for on; rights are checked on it. */
  entityRef: string;
  /** The one Argo CD instance that the entity looks in; absent where it looks in all. */
  instance?: string;
  /** Whether its pull request still lacks the labels and reviewers that the configuration asks for. */
  unlabelled: boolean;
  /** What a person is about to do with its pull request, or, where it is to have none yet, that it is withdrawn. */
  decision?: PromotionDecision;
  /** Rises while it is being opened. */
  beat: number;
}

/** Who merges or closes a pull request by way of Backstage. */
export interface PromotionDecision {
  event: 'merged' | 'closed';
  /** Entity ref of the person. */
  by: string;
  /** Tells two attempts of the same person apart; rows of before have none. */
  attempt?: string;
}

/** What is known when a promotion is asked for. */
export type NewPromotion = Pick<
  StoredPromotion,
  | 'repository'
  | 'service'
  | keyof PromotionSource
  | 'to'
  | 'entityRef'
  | 'instance'
  | 'title'
  | 'changes'
  | 'undoes'
  | 'baseCommit'
  | 'requestedBy'
  | 'gates'
>;

/** What a step found out. */
export type PromotionDetails = Partial<
  Pick<
    StoredPromotion,
    | 'pullRequest'
    | 'pullRequestStatus'
    | 'unlabelled'
    | 'mergedBy'
    | 'mergedAt'
    | 'mergeCommit'
    | 'changes'
    | 'undoes'
    | 'error'
  >
> & {
  /** Who did it, for the timeline. */
  by?: string;
  /** What the timeline says besides. */
  also?: Pick<PromotionTimelineEntry, 'event' | 'detail'>;
};

/** Another change that an open promotion's pull request is to have. */
export type IntendedUpdate = Pick<
  StoredPromotion,
  | keyof PromotionSource
  | 'title'
  | 'changes'
  | 'undoes'
  | 'baseCommit'
  | 'requestedBy'
  | 'gates'
> & {
  /** The commit that has it. */
  commit: string;
  /** Why it is made although nobody asked for another change. */
  because?: string;
  /** Entity ref of the person for whom it is made so. */
  by?: string;
};

/** What a merged promotion changed, and where it is in the history of the deployed branch. */
export type MergedPromotion = Pick<
  StoredPromotion,
  | 'id'
  | 'title'
  | 'changes'
  | 'rollbackTo'
  | 'undoes'
  | 'pullRequest'
  | 'headCommit'
  | 'mergeCommit'
>;

/** Where a promotion is in the list of its service's. */
export type PromotionPosition = Pick<StoredPromotion, 'id' | 'createdAt'>;

/** Where promotions are kept, with all that happened to them. A row's state only moves forward. */
export interface PromotionStore {
  /**
   * Keeps a new promotion in state `requested`, with a branch of its own, unless one is open for the same repository, service and target:
   * then that one is returned and nothing is kept.
   */
  request(
    promotion: NewPromotion,
  ): Promise<{ promotion: StoredPromotion; created: boolean }>;
  get(id: string): Promise<StoredPromotion | undefined>;
  /** The open promotion of a service into a target. */
  findOpen(
    repository: string,
    service: string,
    to: string,
  ): Promise<StoredPromotion | undefined>;
  /** Promotions of a service, newest first, 101 at most; those into a target, and those that come after the one given. */
  listByService(
    repository: string,
    service: string,
    page?: { to?: string; limit?: number; after?: PromotionPosition },
  ): Promise<StoredPromotion[]>;
  /** All promotions of a service into a target whose pull requests were merged, newest first. */
  listMerged(
    repository: string,
    service: string,
    to: string,
  ): Promise<MergedPromotion[]>;
  /** Promotions that something is still expected of; of one service where it is given. */
  listUnderWay(service?: {
    repository: string;
    service: string;
  }): Promise<StoredPromotion[]>;
  /** Says that a promotion is being opened. It changes nothing that anybody is shown. */
  beat(id: string): Promise<void>;
  /**
   * Goes on with a promotion whose opening was interrupted, if nobody else does since it was seen with that beat. Returns
   * whether that is so.
   */
  takeOver(promotion: Pick<StoredPromotion, 'id' | 'beat'>): Promise<boolean>;
  /**
   * Names the one commit of a promotion that is being opened, and the one that it was made on, unless it has one: the first
   * to name it wins, so that two processes that work on the same promotion go on with the same commit. Returns the commit
   * that counts; undefined where the promotion was ended.
   */
  proposeHeadCommit(
    id: string,
    proposal: { commit: string; baseCommit: string },
  ): Promise<string | undefined>;
  /**
   * Keeps what an open promotion's pull request is to have next, unless its head commit is not the one given any more
   * or another update is under way. Returns whether it was kept.
   */
  intend(
    id: string,
    headCommit: string,
    update: IntendedUpdate,
  ): Promise<boolean>;
  /** The update that is under way. */
  intended(id: string): Promise<IntendedUpdate | undefined>;
  /** Makes the intended update what the open promotion is. Returns the row as it is afterwards. */
  applyIntended(id: string, commit: string): Promise<StoredPromotion>;
  /** Gives the intended update up. */
  forgetIntended(id: string, commit: string): Promise<void>;
  /** The closed promotion whose pull request has a number. */
  findClosed(
    repository: string,
    pullRequest: number,
  ): Promise<StoredPromotion | undefined>;
  /** Closed promotions whose pull requests are open again, newest first; those of one target where it is given. */
  listReopened(
    target?: Pick<StoredPromotion, 'repository' | 'service' | 'to'>,
  ): Promise<StoredPromotion[]>;
  /**
   * Keeps that the pull request of a closed promotion is open again, or is not any more, with a note in its timeline. Returns
   * whether that was news.
   */
  keepReopened(id: string, isOpen: boolean, detail: string): Promise<boolean>;
  /**
   * Keeps what the pull request of a closed promotion was merged as, with a note in its timeline. Returns whether that was
   * news.
   */
  keepLateMerge(
    id: string,
    merge: { mergeCommit: string; detail: string },
  ): Promise<boolean>;
  /** Keeps in the timeline what is worth knowing and does not stop the promotion. */
  note(id: string, detail: string): Promise<void>;
  /**
   * Keeps what gates said at a later step, before that step is taken, with an event for each that is overridden at it. Keeps
   * nothing where the promotion has another change by now, which they were not asked about.
   */
  keepGates(
    promotion: Pick<StoredPromotion, 'id' | 'headCommit'>,
    decision: { gates: GateResult[]; overrides: GateResult[] },
  ): Promise<void>;
  /**
   * Keeps who is about to merge or to close an open promotion, before that is done on GitHub: whoever hears of it first
   * records it as theirs. One that is being opened is withdrawn by it, and is not opened any more. Returns what is kept.
   *
   * @throws ConflictError where somebody else is about to merge or to close it.
   */
  decide(
    id: string,
    decision: Omit<PromotionDecision, 'attempt'>,
  ): Promise<PromotionDecision>;
  /** Forgets what somebody was about to do and GitHub did not, unless somebody is about to do something else by now. */
  takeBack(id: string, decision: PromotionDecision): Promise<void>;
  /** Keeps in the timeline of a merged promotion that Argo CD has applied its merge. Returns whether that was news. */
  keepSynced(id: string): Promise<boolean>;
  /**
   * Keeps in the timeline of a merged promotion what keeps it from arriving, once for each code. Returns whether that was
   * news.
   */
  keepFailure(
    id: string,
    finding: Pick<Finding, 'code' | 'what'>,
  ): Promise<boolean>;
  /** All that happened to a promotion, oldest first. */
  timeline(id: string): Promise<PromotionTimelineEntry[]>;
  /** Writes what a step found out; an absent field stays, an `error` of undefined is cleared. */
  update(id: string, details: PromotionDetails): Promise<void>;
  /**
   * Moves a promotion on and writes details with it. An event that does not apply to the state that the row is in
   * changes nothing, so that two processes may report the same. Returns the row as it is afterwards.
   *
   * @param onlyWith - moves the row only while its head commit is this one; null for none
   */
  record(
    id: string,
    event: PromotionEvent,
    details?: PromotionDetails,
    onlyWith?: { headCommit: string | null },
  ): Promise<StoredPromotion>;
}
