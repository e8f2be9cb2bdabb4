import type {
  GateOverride,
  GateOverrideRight,
  GateResult,
} from '../../api/types';

/** Whether a promotion may go on, and with what. @public */
export type GateJudgement =
  | { gates: GateResult[] }
  | {
      /** The gate that stops it. */
      stoppedBy: GateResult;
      /** Why, and what to do. */
      why: string;
    };

/**
 * Judges the results of gates together with what a person overrides. Nothing is overridden that does not stop the
 * promotion anyway.
 *
 * @param right - what the person has to give to override gates; undefined where they may not
 * @returns the results, those that were overridden with who and why; or the first gate that stops the promotion
 * @public
 */
export function judgeGates(
  results: GateResult[],
  asked: {
    override?: GateOverride;
    right?: GateOverrideRight;
    by: string;
  },
): GateJudgement {
  const { override, right, by } = asked;
  const reason = override?.reason.trim() ?? '';
  const gates: GateResult[] = [];
  for (const gate of results) {
    if (!gate.blocks) {
      gates.push(gate);
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
    gates.push({ ...gate, blocks: false, overridden: { by, reason } });
  }
  return { gates };
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
