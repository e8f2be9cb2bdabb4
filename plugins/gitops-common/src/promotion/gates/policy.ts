import type { GateOverrideRight } from '../../api/types';
import { actsFor, allowedGroupsGate } from './allowedGroups';
import { FreezeWindow, freezeWindowsGate } from './freezeWindows';
import { noBlockingFindingGate } from './noBlockingFinding';
import type { GatePerson, PromotionGate } from './PromotionGate';
import { sourceHealthyGate } from './sourceHealthy';
import { tagExistsGate } from './tagExists';

/** What the configuration says of promotions. @public */
export interface PromotionPolicy {
  /** Whether promotions from a source that is not Synced and Healthy on the version are stopped, until they are merged; otherwise warned of. */
  requireHealthySource: boolean;
  freezeWindows: FreezeWindow[];
  /** Entity refs of those that an environment is for, by its name. */
  allowedGroups: ReadonlyMap<string, string[]>;
  /** Who may override gates; nobody when absent. */
  overrides?: {
    /** Entity refs of groups and users. */
    groups: string[];
    /** How many characters a reason has at least. */
    reasonMinLength: number;
  };
}

/** The policy where nothing is configured: a source that is not healthy is warned of. @public */
export const NO_POLICY: PromotionPolicy = {
  requireHealthySource: false,
  freezeWindows: [],
  allowedGroups: new Map(),
};

/** The gates of these plugins, in the order in which they are shown. @public */
export function policyGates(policy: PromotionPolicy): PromotionGate[] {
  return [
    sourceHealthyGate({ required: policy.requireHealthySource }),
    tagExistsGate,
    noBlockingFindingGate,
    freezeWindowsGate(policy.freezeWindows),
    allowedGroupsGate(policy.allowedGroups),
  ];
}

/** What a person has to give to override gates; undefined where they may not. @public */
export function overrideRight(
  { overrides }: PromotionPolicy,
  person: GatePerson,
): GateOverrideRight | undefined {
  return overrides && actsFor(person, overrides.groups)
    ? { reasonMinLength: overrides.reasonMinLength }
    : undefined;
}
