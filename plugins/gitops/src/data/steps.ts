/** Decides what stands between an environment and the one that it is promoted from. */
import {
  blockingFindings,
  hindrance,
  sameVersion,
  UNDER_WAY_PROMOTION_STATES,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  Environment,
  EnvironmentsResponse,
  Finding,
  GitopsRights,
  PinChange,
  Promotion,
  PromotionStep,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** What the step into an environment shows. */
export type StepView =
  | {
      kind: 'underWay';
      promotion: Promotion;
      /** Why a merged one does not arrive. */
      hindrance?: Finding;
      /**
       * What could be promoted already after it, as the fix of a version that does not come up; or in its place, where the
       * source has gone on since.
       */
      next?: ReadyStep;
    }
  | {
      kind: 'blocked';
      findings: Finding[];
      changes: PinChange[];
      /** Whether only a gate stops it that somebody may override, so that the dialog is worth opening. */
      mayReview: boolean;
    }
  | ReadyStep
  | { kind: 'upToDate' };

/** Something could be promoted. */
export interface ReadyStep {
  kind: 'ready';
  changes: PinChange[];
  mayPromote: boolean;
  /** The number of the open pull request that would have it then. */
  updates?: number;
}

/** What the step into an environment shows; nothing where nothing is promoted from. */
export function stepView(
  environment: Pick<Environment, 'step' | 'promotion' | 'findings'>,
  rights: GitopsRights,
): StepView | undefined {
  const { step, promotion } = environment;
  const own = step && ownView(step, rights);
  if (!promotion || !UNDER_WAY_PROMOTION_STATES.includes(promotion.state)) {
    return own;
  }
  const next = own?.kind === 'ready' ? nextAfter(promotion, own) : undefined;
  return {
    kind: 'underWay',
    promotion,
    hindrance: hindrance(promotion, environment.findings),
    ...(next && { next }),
  };
}

function nextAfter(
  promotion: Promotion,
  own: ReadyStep,
): ReadyStep | undefined {
  switch (promotion.state) {
    case 'merged':
      return asksFor(promotion, own.changes) ? undefined : own;
    case 'open':
      return own.mayPromote && hasGoneOn(promotion, own.changes)
        ? { ...own, updates: promotion.pullRequest?.number }
        : undefined;
    default:
      return undefined;
  }
}

function ownView(step: PromotionStep, rights: GitopsRights): StepView {
  if (step.blockedBy.length > 0) {
    return {
      kind: 'blocked',
      findings: step.blockedBy,
      changes: step.changes,
      mayReview:
        rights.promote && blockingFindings(step.blockedBy).length === 0,
    };
  }
  return step.changes.length > 0
    ? { kind: 'ready', changes: step.changes, mayPromote: rights.promote }
    : { kind: 'upToDate' };
}

// Until the overlay is read again, what was merged last still looks as if it were to be promoted.
function asksFor(promotion: Promotion, changes: PinChange[]): boolean {
  return changes.every(({ name, after }) =>
    promotion.changes.some(
      merged => merged.name === name && sameVersion(merged.after, after),
    ),
  );
}

// Of the pins that it changes: the others may have been left out on purpose. A version that somebody named has no source.
function hasGoneOn(promotion: Promotion, changes: PinChange[]): boolean {
  return (
    promotion.from !== undefined &&
    promotion.changes.some(open =>
      changes.some(
        ({ name, after }) =>
          name === open.name && !sameVersion(after, open.after),
      ),
    )
  );
}

/** An environment in its place, with the name to put on its step where its neighbour does not say it. */
export interface PlacedEnvironment {
  environment: Environment;
  /** The environment that this one is promoted from. */
  from?: string;
  /** True when `from` stands immediately before, so that a line can join the two. */
  joined: boolean;
}

/** Puts environments in promotion order. */
export function placeEnvironments(
  environments: Environment[],
): PlacedEnvironment[] {
  return [...environments]
    .sort((a, b) => a.order - b.order)
    .map((environment, index, all) => {
      const from =
        environment.step?.from ??
        environment.promotion?.from ??
        environment.promotesFrom;
      return {
        environment,
        from,
        joined: from !== undefined && all[index - 1]?.name === from,
      };
    });
}

/** The response with a promotion that the backend just answered with, so that the card need not wait for a reload. */
export function withPromotion(
  response: EnvironmentsResponse,
  promotion: Promotion,
): EnvironmentsResponse {
  return {
    ...response,
    environments: response.environments.map(environment =>
      environment.name === promotion.to
        ? { ...environment, promotion }
        : environment,
    ),
  };
}

/** Whether any promotion of the service is under way. */
export function anyPromotionUnderWay({
  environments,
}: EnvironmentsResponse): boolean {
  return environments.some(
    ({ promotion }) =>
      promotion && UNDER_WAY_PROMOTION_STATES.includes(promotion.state),
  );
}
