/**
 * The shapes that travel over the HTTP API, described for other languages by the backend's `openapi.yaml`.
 * Times are ISO 8601 strings in UTC; revisions are full Git commit SHAs unless said otherwise.
 */
import { Finding } from '../findings/Finding';
import type { ApplicationCommits } from '../promotion/applicationCommits';

/** Which part of a list. @public */
export interface PageRequest {
  /** At most so many, up to 100; 50 when absent. */
  limit?: number;
  /** `nextCursor` of the page before; the first page when absent. */
  cursor?: string;
}

/** A version as an image pin or an image reference says it: a tag, a digest (`sha256:…`), or both. @public */
export interface ImageVersion {
  tag?: string;
  digest?: string;
}

/** A place in a file of the infra repository. Lines and columns count from 1. @public */
export interface SourceLocation {
  path: string;
  line?: number;
  column?: number;
  /** A link to the place at the commit it was read at. */
  url?: string;
}

/** One image pin of an environment's overlay and what runs of it. @public */
export interface EnvironmentImage {
  /** `images[].name`: the name that the manifests use. */
  name: string;
  /** The image that runs: `newName`, or `name` where the pin does not rename it. */
  image: string;
  /** What the head of the deployed branch says. */
  desired: ImageVersion;
  location: SourceLocation;
  /** Every version of this image that a live resource runs; two during a rollout, none when Argo CD's side is unknown. */
  live: ImageVersion[];
  /** Where the desired version comes from; absent where its registry does not tell. */
  origin?: ImageOrigin;
}

/** Where an image comes from, as far as it says it. @public */
export interface ImageOrigin {
  /** When it was built. */
  createdAt?: string;
  /** The commit that it was built from, in hexadecimal digits. */
  revision?: string;
  /** Page of that commit. */
  url?: string;
}

/** An image that runs and that no pin names, as all do where the overlay cannot be read. @public */
export interface UnpinnedImage {
  image: string;
  version: ImageVersion;
}

/** When one side was last read, and whether it should be doubted. @public */
export interface Freshness {
  /** When the side was last read with success; absent when it never was. */
  readAt?: string;
  /** True when the upstream has been silent or failing for longer than it should. */
  stale: boolean;
  /** Why the last attempt to read failed, in words for a person. */
  error?: string;
}

/** Argo CD's comparison of the live state with the desired one. @public */
export interface SyncState {
  status: 'Synced' | 'OutOfSync' | 'Unknown';
  /** The commit that Argo CD last compared; absent when it names none, as after a comparison error. */
  revision?: string;
  /** The commit that Argo CD last applied: another one while what it compared is not synced. */
  appliedRevision?: string;
  /**
   * Commits after `appliedRevision`, up to what the environment deploys, that change the overlay or what it is built from;
   * absent when it could not be told.
   */
  commitsBehind?: number;
  /** True when there may be more than `commitsBehind`: only so many commits are looked at. */
  commitsBehindIsAtLeast?: boolean;
  /** The newest of these commits, newest first. */
  commits?: CommitRef[];
}

/** A commit of the infra repository. @public */
export interface CommitRef {
  sha: string;
  /** First line of its message. */
  title: string;
  /** Login on the host, or name. */
  author: string;
  authoredAt?: string;
  url: string;
}

/** Argo CD's judgement of the live resources. @public */
export interface HealthState {
  status:
    | 'Healthy'
    | 'Progressing'
    | 'Degraded'
    | 'Suspended'
    | 'Missing'
    | 'Unknown';
  message?: string;
}

/** The last sync operation of an Application. @public */
export interface OperationState {
  phase: 'Running' | 'Terminating' | 'Succeeded' | 'Failed' | 'Error';
  message?: string;
  startedAt?: string;
  finishedAt?: string;
}

/** The Argo CD Application behind an environment. @public */
export interface EnvironmentApplication {
  /** Name of the Argo CD instance in the configuration; absent when no instance reports the Application. */
  instance?: string;
  namespace: string;
  name: string;
  /** The Application's page in Argo CD's own UI. */
  url?: string;
  /** True where the configuration has the instance looked at only: nothing is asked of it. */
  readOnly?: boolean;
}

/** The folder that an environment deploys. @public */
export interface EnvironmentOverlay {
  path: string;
  /** The commit that the overlay was read at: the head of the deployed branch, or of `revision`. */
  commit: string;
  url: string;
  /** The branch, tag or commit that the Application deploys, where it is not the deployed branch. */
  revision?: string;
}

/** A host that the environment is reached at. @public */
export interface EnvironmentHost {
  host: string;
  url: string;
}

/** The state of a pin in the target that a promotion would move, or moved. @public */
export interface PinChange {
  /** `images[].name` of the pin. */
  name: string;
  image: string;
  before: ImageVersion;
  after: ImageVersion;
  location: SourceLocation;
}

/** A pin that a promotion leaves alone, and why. @public */
export interface PinSkipped {
  name: string;
  reason:
    | 'same-version'
    | 'only-in-source'
    | 'only-in-target'
    | 'not-chosen'
    | 'tag-against-digest';
}

/** What stands between an environment and the one it is promoted from. @public */
export interface PromotionStep {
  from: string;
  to: string;
  changes: PinChange[];
  /** Why nothing can be promoted, when something should be: the overlay is broken, the source is not readable. */
  blockedBy: Finding[];
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

/** What begins or ends a phase of a promotion's life. @public */
export type PromotionMilestone =
  | 'requested'
  | 'opened'
  | 'merged'
  | 'synced'
  | 'arrived'
  | 'replaced'
  | 'refused'
  | 'closed';

/** A part of a promotion's life, between two milestones. @public */
export interface PromotionPhase {
  /**
   * The milestone that it begins with. `synced` is missing in promotions from before it was kept: then what is after
   * `merged` is the sync and the rollout.
   */
  after: 'requested' | 'opened' | 'merged' | 'synced';
  startedAt: string;
  /** The milestone that it ended with; absent while it lasts. */
  until?: PromotionMilestone;
  /** How long it took; absent while it lasts. */
  seconds?: number;
}

/** How long a promotion took. @public */
export interface PromotionDurations {
  /** In their order, one after the other. */
  phases: PromotionPhase[];
  /** The whole; absent while it is under way, and where it is not known when it ended. */
  seconds?: number;
}

/** Something that happened to a promotion. @public */
export interface PromotionTimelineEntry {
  at: string;
  event: PromotionMilestone | 'updated' | 'rebuilt' | 'overridden' | 'noted';
  /** Entity ref of the person, or the host's login of the one who did it there. */
  who?: string;
  /**
   * Why it ended; what did not work and does not stop it (`noted`); of an update, the title that the pull request had
   * before; why the same change was made again (`rebuilt`); of an overridden gate, its title and the reason.
   */
  detail?: string;
}

/** A promotion where it is looked back on. Answer of `GET /promotions/{id}`. @public */
export interface PromotionDetails extends Promotion {
  durations: PromotionDurations;
}

/** Answer of `GET /promotions/{id}/timeline`. @public */
export interface PromotionTimelineResponse {
  /** What happened to it, newest first. */
  timeline: PromotionTimelineEntry[];
  /** Asks for the next page; absent on the last one. */
  nextCursor?: string;
}

/** One environment of a service. @public */
export interface Environment {
  /** The last segment of the overlay's path: `local`, `stage`. */
  name: string;
  /** Position in the promotion order, from 0. */
  order: number;
  /** Name of the environment that versions are promoted from. */
  promotesFrom?: string;
  application: EnvironmentApplication;
  overlay: EnvironmentOverlay;
  /** Namespace that the Application deploys to. */
  namespace?: string;
  /** Hosts of the live resources. */
  hosts: EnvironmentHost[];
  images: EnvironmentImage[];
  /** What runs besides; empty when Argo CD's side is unknown. */
  unpinned: UnpinnedImage[];
  sync: SyncState;
  health: HealthState;
  operation?: OperationState;
  findings: Finding[];
  /** What could be promoted into this environment; absent where nothing is promoted from. */
  step?: PromotionStep;
  /** The promotion into this environment that is under way: requested, open, or merged and not yet deployed. */
  promotion?: Promotion;
  freshness: { git: Freshness; argocd: Freshness };
}

/** The infra repository that a service was found in. @public */
export interface RepositoryRef {
  /** Page of the repository on its host. */
  url: string;
  /** `owner/name` */
  slug: string;
  branch: string;
  /** Head of the branch when last read. */
  head: string;
}

/** What the signed-in user may do with the service's entity. @public */
export interface GitopsRights {
  promote: boolean;
  merge: boolean;
  /** Have Argo CD refresh and sync. */
  sync: boolean;
}

/** Answer of `GET /entities/{kind}/{namespace}/{name}/environments`. @public */
export interface EnvironmentsResponse {
  service: string;
  repository: RepositoryRef;
  environments: Environment[];
  rights: GitopsRights;
  /** Whether pull requests are opened, merged and closed with the person's own GitHub token. */
  asUser?: boolean;
}

/** How the following of an upstream stands. @public */
export interface FollowedUpstream extends Freshness {
  /** Seconds since it was last read with success; absent when it never was. */
  lagSeconds?: number;
}

/** An infra repository that is followed. @public */
export interface FollowedRepository extends FollowedUpstream {
  url: string;
  branch: string;
  /** Head of the branch when last read. */
  head?: string;
  services: number;
  /** Files of it that are known. */
  files: number;
  /** What the host's rate limit stands at, in the process that answers; absent where it asked the host nothing yet. */
  rateLimit?: { limit: number; remaining: number; resetAt: string };
}

/** An Argo CD instance that is followed. @public */
export interface FollowedInstance extends FollowedUpstream {
  name: string;
  applications: number;
}

/** A container registry that is asked for images: read when it answers, whatever it says of an image. @public */
export interface FollowedRegistry extends FollowedUpstream {
  host: string;
  /** Images of it that there is an answer for. */
  images: number;
  /** Those of them for which the answer is that it could not be asked. */
  unknown: number;
}

/** The rendering of overlays: read when it was last looked for what there is to render. @public */
export interface FollowedRendering extends FollowedUpstream {
  /** Overlays that are deployed. */
  overlays: number;
  /** Those of them that are to be rendered yet. */
  waiting: number;
  /** Those of them that cannot be rendered. */
  unknown: number;
  /** Why, of the first hundred; absent for who may not read the environments of all services. */
  reasons?: OverlayNotRendered[];
}

/** An overlay that cannot be rendered. @public */
export interface OverlayNotRendered {
  /** Page of the repository. */
  repository: string;
  /** Branch, tag or commit of it that is deployed. */
  branch: string;
  /** The overlay's folder. */
  overlay: string;
  /** In a sentence. */
  why: string;
}

/** How fresh what is known of each upstream is, and why not. @public */
export interface UpstreamsStatus {
  repositories: FollowedRepository[];
  argocd: FollowedInstance[];
  /** Those that are configured. */
  registries: FollowedRegistry[];
  /** Absent where nothing is rendered. */
  rendering?: FollowedRendering;
}

/** Answer of `GET /status`. @public */
export interface StatusResponse extends UpstreamsStatus {
  policy: {
    /** Environments that the policy of promotions names and no service has, so that it restricts nothing there. */
    unknownEnvironments: string[];
  };
}

/**
 * How Argo CD refreshes an Application: `normal` compares it with Git again, `hard` also renders what Git has again
 * where that was cached.
 * @public
 */
export type RefreshMode = 'normal' | 'hard';

/** Query of `POST …/environments/{environment}/refresh`. @public */
export interface RefreshRequest {
  /** `normal` when absent. */
  mode?: RefreshMode;
}

/**
 * Answer of `POST …/environments/{environment}/refresh` and `…/sync`: Argo CD took it. What comes of it shows in the
 * environment, as everything that happens there.
 * @public
 */
export interface ApplicationRequestResponse {
  environment: string;
  application: EnvironmentApplication;
  acceptedAt: string;
}

/** Body of both promotion requests. @public */
export interface PromotionRequest extends PromotionSource {
  to: string;
  /** Names of the pins to move; all that differ when absent. A version for one of several pins has to name it. */
  images?: string[];
  /** Gates to override; of no effect on a preview. */
  override?: GateOverride;
}

/** What a gate says: `failed` stops a promotion, `warning` does not, `unknown` could not be checked. @public */
export type GateState = 'passed' | 'warning' | 'failed' | 'unknown';

/** What a gate says of a promotion. @public */
export interface GateResult {
  /** Names the gate. */
  id: string;
  /** What has to be so, in a few words. */
  title: string;
  state: GateState;
  /** Why, and what to do. */
  message: string;
  /** Whether it stops the promotion; no more where it was overridden. */
  blocks: boolean;
  /** Whether those who may override gates can override this one. */
  overridable: boolean;
  /** Who overrode it, and with which reason. */
  overridden?: { by: string; reason: string };
}

/** Gates that are to be overridden. @public */
export interface GateOverride {
  /** Ids of the gates. */
  gates: string[];
  /** Kept with the promotion, and shown in its pull request. */
  reason: string;
}

/** What somebody who may override gates has to give. @public */
export interface GateOverrideRight {
  /** How many characters the reason has at least. */
  reasonMinLength: number;
}

/** One file as a promotion changes it, as a unified diff with three lines of context. @public */
export interface FileDiff {
  path: string;
  diff: string;
}

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
  branch: string;
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

/** What an overlay pinned from a commit on, until another one changed it. @public */
export interface OverlayState {
  /** The commit that made it so. */
  commit: CommitRef;
  pins: { name: string; image: string; version: ImageVersion }[];
  /** The promotion that made the commit, where it is known. */
  promotion?: PromotionRef;
  /** Why it cannot be gone back to. */
  problem?: string;
}

/** Answer of `GET …/earlier-states/{environment}`. @public */
export interface EarlierStatesResponse {
  /** Newest first, without the present one. */
  states: OverlayState[];
  /** False where there are older ones that were not looked at. */
  complete: boolean;
}

/** What `POST /promotions/{id}/merge` is asked with. @public */
export interface MergeRequest {
  /** The commit that was looked at; where the pull request has another one by now nothing is merged. */
  headCommit: string;
  /** Gates to override. */
  override?: GateOverride;
}

/** Answer of `GET /promotions/{id}/gates`. @public */
export interface MergeGatesResponse {
  /** What the gates say of merging it, for the person who asks, now. */
  gates: GateResult[];
  /** Present where the person may override gates. */
  override?: GateOverrideRight;
  /** Whether it has to be merged with the person's own GitHub token. */
  asUser?: boolean;
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
