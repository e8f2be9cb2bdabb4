import { Promotion } from './promotions';

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
  event:
    | PromotionMilestone
    | 'updated'
    | 'rebuilt'
    | 'overridden'
    | 'amended'
    | 'failed'
    | 'noted';
  /** Entity ref of the person, or the host's login of the one who did it there. */
  who?: string;
  /**
   * Why it ended; what did not work and does not stop it, or became of its pull request after it had ended (`noted`); of an
   * update, the title that the pull request had before; why the same change was made again (`rebuilt`); of an overridden
   * gate, its title and the reason; what was merged in place of what was planned, since others had pushed to it (`amended`);
   * what kept it from arriving (`failed`), which it may do all the same later.
   */
  detail?: string;
  /** The code of the finding that said so; of `failed`, which comes once for each code. */
  code?: string;
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
