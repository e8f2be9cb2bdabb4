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

/** Answer of `GET /promotions/{id}/gates`. @public */
export interface MergeGatesResponse {
  /** What the gates say of merging it, for the person who asks, now. */
  gates: GateResult[];
  /** Present where the person may override gates. */
  override?: GateOverrideRight;
  /** Whether it has to be merged with the person's own GitHub token. */
  asUser?: boolean;
}
