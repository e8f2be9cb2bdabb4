import type {
  GateOverride,
  GateOverrideRight,
  GateResult,
} from '../../api/types';

/** Whether a promotion may go on, and with what. @public */
export type GateDecision =
  | {
      /** What is kept with the promotion: what the gates said, and which of them were overridden, now or earlier. */
      gates: GateResult[];
      /** Those that are overridden by this decision. */
      overrides: GateResult[];
    }
  | {
      /** The gate that stops it. */
      stoppedBy: GateResult;
      /** Why, and what to do. */
      why: string;
    };

/**
 * Decides whether a promotion may go on, from what its gates say now, what was overridden at an earlier step, and what a
 * person overrides now. Nothing is overridden that does not stop the promotion anyway.
 *
 * @param results - what the gates say now
 * @param asked.earlier - what was kept with the promotion at an earlier step of the same change
 * @param asked.right - what the person has to give to override gates; undefined where they may not
 * @public
 */
export function decideGates(
  results: GateResult[],
  asked: {
    earlier?: GateResult[];
    override?: GateOverride;
    right?: GateOverrideRight;
    by: string;
  },
): GateDecision {
  const { earlier = [], override, right, by } = asked;
  const reason = override?.reason.trim() ?? '';
  const passed: GateResult[] = [];
  const overrides: GateResult[] = [];
  for (const gate of stillOverridden(results, earlier)) {
    if (!gate.blocks) {
      passed.push(gate);
      continue;
    }
    const why = whyStopped(gate, {
      wanted: override?.gates.includes(gate.id) ?? false,
      right,
      reason,
    });
    if (why) {
      return { stoppedBy: gate, why };
    }
    const overridden = { ...gate, blocks: false, overridden: { by, reason } };
    passed.push(overridden);
    overrides.push(overridden);
  }
  return { gates: keptOf(earlier, passed), overrides };
}

/**
 * What gates say now, of which what was overridden earlier stops nothing again as long as the gate says the same: a
 * reason to go on in one freeze is none for the next.
 *
 * @public
 */
export function stillOverridden(
  results: GateResult[],
  earlier: GateResult[],
): GateResult[] {
  return results.map(gate => {
    const overridden = earlier.find(
      ({ id, state, message }) =>
        id === gate.id && state === gate.state && message === gate.message,
    )?.overridden;
    return gate.blocks && gate.overridable && overridden
      ? { ...gate, blocks: false, overridden }
      : gate;
  });
}

// The last word of each gate, but that an override stays on record where the gate passes by itself later.
function keptOf(earlier: GateResult[], passed: GateResult[]): GateResult[] {
  return [
    ...earlier.map(gate => {
      const later = passed.find(({ id }) => id === gate.id);
      return later && (later.overridden || !gate.overridden) ? later : gate;
    }),
    ...passed.filter(({ id }) => !earlier.some(gate => gate.id === id)),
  ];
}

function whyStopped(
  { title, message, overridable }: GateResult,
  {
    wanted,
    right,
    reason,
  }: { wanted: boolean; right?: GateOverrideRight; reason: string },
): string | undefined {
  const said = `${title}: ${message}`;
  if (!overridable) {
    return wanted ? `${said} Nobody may override it.` : said;
  }
  if (!right) {
    return wanted
      ? `${said} You may not override it; gitops.promotions.policy.overrides says who may.`
      : said;
  }
  if (!wanted) {
    return `${said} You may override it with a reason.`;
  }
  return reason.length < right.reasonMinLength
    ? `${said} To override it give a reason of at least ${right.reasonMinLength} characters.`
    : undefined;
}
