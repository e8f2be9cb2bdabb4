/** Decides what the list of promotions says of each. */
import { hindrance } from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  EnvironmentsResponse,
  Finding,
  GateResult,
  Promotion,
  PromotionDetails,
  PromotionState,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type { Tone } from './status';

/** What a promotion's state is shown as. */
export type PromotionLook = PromotionState | 'refused' | 'stuck';

/** How each looks. */
export const PROMOTION_LOOK: Record<
  PromotionLook,
  { tone: Tone; mark: string }
> = {
  requested: { tone: 'moving', mark: '…' },
  open: { tone: 'moving', mark: '◌' },
  merged: { tone: 'moving', mark: '◐' },
  stuck: { tone: 'bad', mark: '!' },
  deployed: { tone: 'good', mark: '✓' },
  closed: { tone: 'quiet', mark: '–' },
  refused: { tone: 'bad', mark: '✕' },
  superseded: { tone: 'quiet', mark: '»' },
};

/** What a promotion's state is shown as: closed by somebody or refused by GitHub, rolling out or stuck. */
export function promotionLook(
  { state, durations: { phases } }: PromotionDetails,
  why: Finding | undefined,
): PromotionLook {
  if (state === 'closed' && phases.some(({ until }) => until === 'refused')) {
    return 'refused';
  }
  return state === 'merged' && why ? 'stuck' : state;
}

/** The finding that says why a promotion does not arrive. */
export function whyStuck(
  { id, state, to }: Promotion,
  { environments }: EnvironmentsResponse,
): Finding | undefined {
  const target = environments.find(
    ({ name, promotion }) => name === to && promotion?.id === id,
  );
  return target && hindrance({ state }, target.findings);
}

/** The gates that were overridden for a promotion. */
export function overriddenGates({
  gates = [],
}: Promotion): (GateResult & Required<Pick<GateResult, 'overridden'>>)[] {
  return gates.flatMap(gate =>
    gate.overridden ? [{ ...gate, overridden: gate.overridden }] : [],
  );
}
