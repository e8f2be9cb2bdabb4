import type { ApplicationStatus } from '../../argocd/ApplicationStatus';
import type { PodImages } from '../../argocd/podImages';
import type { EnvironmentFacts } from '../../findings/EnvironmentFacts';
import { sameVersion } from '../../images';
import type { GateContext, GateVerdict, PromotionGate } from './PromotionGate';
import {
  judgeByPods,
  runningText,
  runsAlone,
  versionsIn,
} from './sourceVersion';

/**
 * The environment that the target is promoted from is Synced and Healthy and runs what is going to be promoted, and no
 * other version of it. What runs in Jobs only does so if a Job ran it, or the next one will. A rollback goes to what the
 * target itself ran, whatever the source is like.
 *
 * @param options.required - whether it stops promotions, and their merge; otherwise it warns when they are opened
 * @public
 */
export function sourceHealthyGate(options: {
  required: boolean;
}): PromotionGate {
  return {
    id: 'source-healthy',
    title: 'Source is Synced and Healthy on this version',
    required: options.required,
    overridable: true,
    atMerge: options.required,
    async check(context, signal) {
      const { source, rollback } = context;
      if (!source || rollback) {
        return undefined;
      }
      const { environment } = source.declared;
      const unknown = whyUnknown(context, environment);
      if (unknown || !source.status) {
        return {
          state: 'unknown',
          message: unknown ?? `Argo CD does not report ${environment}.`,
        };
      }
      const problem = whyNotWell(environment, source.status);
      const verdict: GateVerdict = problem
        ? { state: 'failed', message: problem }
        : await judgeVersions(context, source, source.status, signal);
      return verdict.state === 'failed' && !options.required
        ? { ...verdict, state: 'warning' }
        : verdict;
    },
  };
}

function whyUnknown(
  { sourceFreshness }: GateContext,
  environment: string,
): string | undefined {
  if (!sourceFreshness?.stale) {
    return undefined;
  }
  const { error } = sourceFreshness;
  return `What runs in ${environment} is not known at present${
    error ? `: ${error}` : '; Argo CD is silent.'
  }`;
}

function whyNotWell(
  environment: string,
  { sync, health }: ApplicationStatus,
): string | undefined {
  if (sync.status !== 'Synced') {
    return `${environment} is ${
      sync.status === 'OutOfSync' ? 'OutOfSync' : 'not compared'
    }; sync it, and promote what runs then.`;
  }
  return health.status === 'Healthy'
    ? undefined
    : `${environment} is ${health.status}${
        health.message ? ` (${health.message})` : ''
      }; wait until it is Healthy, or mend it.`;
}

// Argo CD sums up the images of all pods: those of finished Jobs are among them, and a CronJob has none between its runs. So
// pods are looked at where the sum is not plain.
async function judgeVersions(
  context: GateContext,
  source: EnvironmentFacts,
  status: ApplicationStatus,
  signal: AbortSignal,
): Promise<GateVerdict> {
  const { environment } = source.declared;
  const unclear = context.changes.filter(
    change =>
      // Else it is only quoted.
      !sameVersion(change.before, change.after) &&
      !runsAlone(versionsIn(status.images, change, source), change),
  );
  const pods = unclear.length > 0 ? await podsOf(context, signal) : undefined;
  const verdicts = unclear.flatMap((change): GateVerdict[] => {
    if (pods && !('unknown' in pods)) {
      return [judgeByPods(change, source, pods) ?? []].flat();
    }
    const sum = runningText(versionsIn(status.images, change, source));
    return [
      {
        state: 'unknown',
        message: `Argo CD sums up ${sum} of ${change.name} in ${environment}; whether pods have ended, or are made by a CronJob, could not be checked: ${pods?.unknown}`,
      },
    ];
  });
  return (
    (['failed', 'unknown', 'passed'] as const)
      .map(state => verdicts.find(verdict => verdict.state === state))
      .find(verdict => verdict !== undefined) ?? {
      state: 'passed',
      message: `${environment} is Synced and Healthy and runs it.`,
    }
  );
}

async function podsOf(
  { podsOfSource }: GateContext,
  signal: AbortSignal,
): Promise<PodImages | { unknown: string }> {
  if (!podsOfSource) {
    return { unknown: 'its pods are not looked at.' };
  }
  try {
    return await podsOfSource(signal);
  } catch (error) {
    return { unknown: (error as Error).message };
  }
}
