/** Decides whether gates let a promotion go on, and what is overridden. The backend decides again. */
import type {
  GateOverride,
  GateOverrideRight,
  GateResult,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** What a gate is shown as. */
export type GateLook = GateResult['state'] | 'overridden';

/** The mark before a gate, for those who see it; its text says the same. */
export const GATE_MARKS: Record<GateLook, string> = {
  passed: '✓',
  warning: '!',
  failed: '✕',
  unknown: '?',
  overridden: '»',
};

/** What a gate is shown as. */
export function gateLook({ state, overridden }: GateResult): GateLook {
  return overridden ? 'overridden' : state;
}

/** What a person put in to override gates. */
export interface OverrideInput {
  isOn: boolean;
  reason: string;
}

/** Before anything was put in. */
export const NOTHING_OVERRIDDEN: OverrideInput = { isOn: false, reason: '' };

/** Whether gates let a promotion go on. */
export type GatesOutcome =
  | { kind: 'passed'; override?: GateOverride }
  /** Gates stop it, and the person cannot override all of them. */
  | { kind: 'blocked'; gates: GateResult[] }
  /** The person may override them; it takes so many more characters once that is wanted. */
  | { kind: 'overridable'; gates: GateResult[]; reasonMinLength: number };

/** Whether gates let a promotion go on with what a person put in. */
export function gatesOutcome(
  gates: GateResult[],
  right: GateOverrideRight | undefined,
  { isOn, reason }: OverrideInput,
): GatesOutcome {
  const stopping = gates.filter(({ blocks }) => blocks);
  if (stopping.length === 0) {
    return { kind: 'passed' };
  }
  if (!right || !stopping.every(({ overridable }) => overridable)) {
    return { kind: 'blocked', gates: stopping };
  }
  const { reasonMinLength } = right;
  return isOn && reason.trim().length >= reasonMinLength
    ? {
        kind: 'passed',
        override: {
          gates: stopping.map(({ id }) => id),
          reason: reason.trim(),
        },
      }
    : { kind: 'overridable', gates: stopping, reasonMinLength };
}

/** Whether a person may override all that stops a promotion. */
export function mayOverride(
  gates: GateResult[],
  right: GateOverrideRight | undefined,
): boolean {
  return gatesOutcome(gates, right, NOTHING_OVERRIDDEN).kind === 'overridable';
}
