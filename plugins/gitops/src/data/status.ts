/** Decides what the status chips say. */
import type {
  Environment,
  HealthState,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** How a chip looks: good, wants a look, bad, moving, or nothing to say. */
export type Tone = 'good' | 'warning' | 'bad' | 'moving' | 'quiet';

/** Whether Argo CD's comparison can be shown, and what it says. */
export type SyncSummary =
  | 'Synced'
  | 'OutOfSync'
  /** Argo CD could not compare. */
  | 'cannotCompare'
  /** No instance reports the Application. */
  | 'notReported'
  /** Nothing was read from Argo CD yet. */
  | 'notRead';

/** What Argo CD says of an environment's sync, or why it says nothing. */
export function syncSummary({
  freshness,
  application,
  sync,
}: Pick<Environment, 'freshness' | 'application' | 'sync'>): SyncSummary {
  if (!freshness.argocd.readAt) {
    return 'notRead';
  }
  if (application.instance === undefined) {
    return 'notReported';
  }
  return sync.status === 'Unknown' ? 'cannotCompare' : sync.status;
}

/** How each sync summary looks. */
export const SYNC_LOOK: Record<SyncSummary, { tone: Tone; mark: string }> = {
  Synced: { tone: 'good', mark: '✓' },
  OutOfSync: { tone: 'warning', mark: '↻' },
  cannotCompare: { tone: 'bad', mark: '!' },
  notReported: { tone: 'warning', mark: '?' },
  notRead: { tone: 'quiet', mark: '…' },
};

/** How each health looks. */
export const HEALTH_LOOK: Record<
  HealthState['status'],
  { tone: Tone; mark: string }
> = {
  Healthy: { tone: 'good', mark: '♥' },
  Progressing: { tone: 'moving', mark: '◐' },
  Degraded: { tone: 'bad', mark: '✕' },
  Suspended: { tone: 'quiet', mark: '‖' },
  Missing: { tone: 'warning', mark: '?' },
  Unknown: { tone: 'quiet', mark: '?' },
};

/** Whether the health was judged before something that Argo CD can no longer see. */
export function healthIsLastKnown(
  environment: Pick<Environment, 'freshness' | 'application' | 'sync'>,
): boolean {
  return (
    environment.freshness.argocd.stale ||
    syncSummary(environment) === 'cannotCompare'
  );
}
