import type { Freshness, GateState, PinChange } from '../../api/types';
import type { PodImages } from '../../argocd/podImages';
import type { EnvironmentFacts } from '../../findings/EnvironmentFacts';
import type { Finding } from '../../findings/Finding';

/** Who asks for a promotion. @public */
export interface GatePerson {
  /** Entity ref of the person. */
  userEntityRef: string;
  /** Entity refs of the person and of every group that they act for. */
  ownershipEntityRefs: string[];
}

/** What a gate may know of a promotion. @public */
export interface GateContext {
  /** Whether the pull request is to be opened (or updated with another change), or to be merged. */
  step: 'open' | 'merge';
  service: string;
  /** The catalog entity that the promotion was asked for on. */
  entityRef: string;
  /** True where the target goes back to what it had, as `goesBack` says, and that was asked for as a rollback. */
  rollback: boolean;
  /** The environment that the target is promoted from; absent where it has none. */
  source?: EnvironmentFacts;
  /** How old what Argo CD said of `source` is. */
  sourceFreshness?: Freshness;
  /** Looks at the pods of `source`, which asks Argo CD; absent where that cannot be. */
  podsOfSource?: (signal: AbortSignal) => Promise<PodImages>;
  target: EnvironmentFacts;
  /** The pins of the target that are going to move. */
  changes: PinChange[];
  /**
   * Of the plan; those of severity `error` stop the promotion whatever the gates say. At the merge those of the target as it is
   * now, with the change on it.
   */
  findings: Finding[];
  person: GatePerson;
  now: Date;
}

/** What a gate says of a promotion. @public */
export interface GateVerdict {
  /** `failed` stops it; `unknown` says that it could not be checked, and stops it where the gate is `required`. */
  state: GateState;
  /** Why, and what to do, in a sentence or two for the person who asks. It is shown in the browser and on GitHub. */
  message: string;
}

/**
 * A condition that a promotion has to meet. It is asked when somebody looks at a promotion, and again on the server when
 * the pull request is opened or updated.
 *
 * @public
 */
export interface PromotionGate {
  /** Lower case, with dashes; no other gate has it. */
  id: string;
  /** What has to be so, in a few words: `Runbook is linked`. */
  title: string;
  /** Whether the promotion is stopped where the gate cannot be checked: it throws, takes too long, or says `unknown`. */
  required?: boolean;
  /** Whether the people that the policy names may override it, with a reason. */
  overridable?: boolean;
  /** Whether it is asked again when the pull request is merged from Backstage. */
  atMerge?: boolean;
  /**
   * Yields nothing where the gate has nothing to say about such a promotion; then it is not shown.
   *
   * @param signal - aborts when the answer is not waited for any longer
   */
  check(
    context: GateContext,
    signal: AbortSignal,
  ): GateVerdict | undefined | Promise<GateVerdict | undefined>;
}
