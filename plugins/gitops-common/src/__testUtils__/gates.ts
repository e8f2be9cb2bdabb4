import type { PinChange } from '../api/types';
import type {
  GateContext,
  PromotionGate,
} from '../promotion/gates/PromotionGate';
import { environmentFacts, pinning, recorded, stageFacts } from './facts';
import { demoSnapshot, LOCAL_OVERLAY, STAGE_OVERLAY } from './tree';

export const CHANGE: PinChange = {
  name: 'demo',
  image: 'localhost:5001/demo',
  before: { tag: '1.4.1' },
  after: { tag: '1.4.2' },
  location: { path: STAGE_OVERLAY },
};

/** Local runs 1.4.2, Synced and Healthy; it is to be promoted to stage by a guest. */
export function gateContext(different: Partial<GateContext> = {}): GateContext {
  return {
    step: 'open',
    service: 'demo',
    entityRef: 'component:default/demo',
    rollback: false,
    source: environmentFacts(
      'local',
      demoSnapshot({ [LOCAL_OVERLAY]: pinning('"1.4.2"') }),
      { status: runs({}) },
    ),
    sourceFreshness: { stale: false },
    target: stageFacts(pinning('"1.4.1"')),
    changes: [CHANGE],
    findings: [],
    person: {
      userEntityRef: 'user:default/guest',
      ownershipEntityRefs: ['user:default/guest', 'group:default/demo-team'],
    },
    now: new Date('2026-03-02T12:00:00Z'),
    ...different,
  };
}

/** An Application that runs 1.4.2, Synced and Healthy, but for what is different. */
export function runs(different: {
  sync?: 'Synced' | 'OutOfSync' | 'Unknown';
  health?: 'Healthy' | 'Progressing' | 'Degraded';
  message?: string;
  images?: string[];
}) {
  const healthy = recorded('a-synced-healthy');
  return {
    ...healthy,
    sync: { ...healthy.sync, status: different.sync ?? 'Synced' },
    health: {
      status: different.health ?? 'Healthy',
      message: different.message,
    },
    images: different.images ?? ['localhost:5001/demo:1.4.2'],
  };
}

/** What a gate says, as `state: message`; nothing where it says nothing. */
export async function verdictOf(
  gate: PromotionGate,
  context: Partial<GateContext> = {},
): Promise<string | undefined> {
  const verdict = await gate.check(
    gateContext(context),
    new AbortController().signal,
  );
  return verdict && `${verdict.state}: ${verdict.message}`;
}
