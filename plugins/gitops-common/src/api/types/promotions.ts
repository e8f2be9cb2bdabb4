import { Finding } from '../../findings/Finding';
import type { ApplicationCommits } from '../../promotion/applicationCommits';
import { GateOverride, GateOverrideRight, GateResult } from './gates';
import { PinChange, PinSkipped } from './pins';
import { PromotionDetails } from './promotionTimeline';
import { FileDiff, RepositoryRef } from './repository';

/** Which part of a list. @public */
export interface PageRequest {
  /** At most so many, up to 100; 50 when absent. */
  limit?: number;
  /** `nextCursor` of the page before; the first page when absent. */
  cursor?: string;
}

/**
 * The life of a promotion. It only moves forward:
 * `requested` → `open` → `merged` → `deployed`, or ends as `closed`, or as `superseded` when another change to the
 * target came before it was running. See `promotion/states.ts`.
 * @public
 */
export type PromotionState =
  | 'requested'
  | 'open'
  | 'merged'
  | 'deployed'
  | 'closed'
  | 'superseded';

/** A pull request on the host. @public */
export interface PullRequestRef {
  number: number;
  url: string;
}

/** Where the versions of a promotion come from: exactly one of these. @public */
export interface PromotionSource {
  /** The environment that pins them. */
  from?: string;
  /** A tag, a digest (`sha256:…`), or both as `tag@digest`. */
  version?: string;
  /** The commit at which the target pinned them: a rollback. */
  rollbackTo?: string;
}

/** What the host says of an open pull request; what it does not let the integration read is absent. @public */
export interface PullRequestStatus {
  /**
   * Whether it can be merged: `blocked` by a rule of the branch, `behind` the branch, `dirty` (it conflicts), a `draft`,
   * `unstable` (a check that is not required failed), or not worked out yet.
   */
  mergeability:
    | 'clean'
    | 'blocked'
    | 'behind'
    | 'dirty'
    | 'draft'
    | 'unstable'
    | 'unknown';
  checks?: { passed: number; failing: number; pending: number };
  /** What each reviewer said last. */
  reviews?: { approved: number; changesRequested: number };
}

/** Names a promotion. @public */
export type PromotionRef = Pick<Promotion, 'id' | 'title' | 'pullRequest'>;

/** One promotion, as the database keeps it. @public */
export interface Promotion extends PromotionSource {
  id: string;
  service: string;
  to: string;
  state: PromotionState;
  title: string;
  /** What is planned; once merged, what was, where others had pushed to the pull request. */
  changes: PinChange[];
  /** The promotions that a rollback takes back, newest first; absent where it is none, or none is known. */
  undoes?: PromotionRef[];
  branch: string;
  /** The head of the deployed branch that the change was made on. */
  baseCommit: string;
  /** The newest commit that was made for it, and the only one that is merged. */
  headCommit?: string;
  pullRequest?: PullRequestRef;
  /** Of the open pull request, when it was last looked at. */
  pullRequestStatus?: PullRequestStatus;
  /** Entity ref of the person who asked. */
  requestedBy: string;
  createdAt: string;
  updatedAt: string;
  /** Entity ref of the person who merged here, or the host's login of the one who merged there. */
  mergedBy?: string;
  mergedAt?: string;
  mergeCommit?: string;
  /** What stopped the last step, in words for a person; the step is tried again. */
  error?: string;
  /** What the gates said when it was let through, with what was overridden; absent where none were asked. */
  gates?: GateResult[];
}

/** Body of both promotion requests. @public */
export interface PromotionRequest extends PromotionSource {
  to: string;
  /** Names of the pins to move; all that differ when absent. A version for one of several pins has to name it. */
  images?: string[];
  /** Gates to override; of no effect on a preview. */
  override?: GateOverride;
  /**
   * What the person looked at: nothing else is opened, and an answer of 409 says what it would be by now. Whatever it is
   * when absent; of no effect on a preview.
   */
  reviewed?: ReviewedChange[];
}

/** A change of a pin as a person looked at it. @public */
export type ReviewedChange = Pick<PinChange, 'name' | 'before' | 'after'>;

/** What a promotion would do, before anything is done. @public */
export interface PromotionPlan extends PromotionSource {
  service: string;
  to: string;
  repository: RepositoryRef;
  changes: PinChange[];
  skipped: PinSkipped[];
  /** The promotions that a rollback takes back, as in `Promotion`. */
  undoes?: PromotionRef[];
  files: FileDiff[];
  /** Findings of severity `error` block the promotion, `warning` ones are for the reader. */
  findings: Finding[];
  /** What the gates say of it, for the person who asks, now. */
  gates: GateResult[];
  title: string;
  body: string;
  /** What comes with each changed pin whose image says where it comes from; absent in the plan of what is opened. */
  applicationCommits?: ApplicationCommits[];
}

/** Answer of `POST …/promotions/preview`. @public */
export interface PromotionPreviewResponse {
  plan: PromotionPlan;
  /** Present where the person may override gates. */
  override?: GateOverrideRight;
  /** Whether it has to be asked for with the person's own GitHub token. */
  asUser?: boolean;
  /** The promotion that is already open for this service and target, if there is one. */
  open?: Promotion;
}

/** What `POST /promotions/{id}/merge` is asked with. @public */
export interface MergeRequest {
  /** The commit that was looked at; where the pull request has another one by now nothing is merged. */
  headCommit: string;
  /** Gates to override. */
  override?: GateOverride;
}

/** Answer of `POST …/promotions`: 201 when it was opened, 200 when it was there already, updated or not. @public */
export interface PromotionResponse {
  plan: PromotionPlan;
  promotion: Promotion;
}

/** Query of `GET …/promotions`. @public */
export interface PromotionsRequest extends PageRequest {
  /** Only those into this environment. */
  to?: string;
}

/** Answer of `GET …/promotions`, newest first. @public */
export interface PromotionsResponse {
  promotions: PromotionDetails[];
  /** Asks for the next page; absent on the last one. */
  nextCursor?: string;
}
