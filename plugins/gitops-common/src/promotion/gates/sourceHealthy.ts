import type { ApplicationStatus } from '../../argocd/ApplicationStatus';
import type { EnvironmentFacts } from '../../findings/EnvironmentFacts';
import {
  formatVersion,
  parseImageReference,
  runsVersion,
  sameVersion,
} from '../../images';
import type { PinChange } from '../../api/types';
import type { GateContext, PromotionGate } from './PromotionGate';

/**
 * The environment that the target is promoted from is Synced and Healthy and runs what is going to be promoted, and no
 * other version of it. A rollback goes to what the target itself ran, whatever the source is like.
 *
 * @param options.required - whether it stops promotions; otherwise it warns
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
    check(context) {
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
      const problem = problemOf(source, source.status, context.changes);
      return problem
        ? { state: options.required ? 'failed' : 'warning', message: problem }
        : {
            state: 'passed',
            message: `${environment} is Synced and Healthy and runs it.`,
          };
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

function problemOf(
  { declared: { environment }, overlay }: EnvironmentFacts,
  status: ApplicationStatus,
  changes: PinChange[],
): string | undefined {
  const { sync, health } = status;
  if (sync.status !== 'Synced') {
    return `${environment} is ${
      sync.status === 'OutOfSync' ? 'OutOfSync' : 'not compared'
    }; sync it, and promote what runs then.`;
  }
  if (health.status !== 'Healthy') {
    return `${environment} is ${health.status}${
      health.message ? ` (${health.message})` : ''
    }; wait until it is Healthy, or mend it.`;
  }
  const live = status.images.map(parseImageReference);
  for (const { name, image, before, after } of changes) {
    if (sameVersion(before, after)) {
      // Only quoted.
      continue;
    }
    const runsAs = overlay.pins.find(pin => pin.name === name)?.image ?? image;
    const running = live.filter(reference => reference.image === runsAs);
    if (
      running.length === 0 ||
      !running.every(({ version }) => runsVersion(version, after))
    ) {
      const versions = running.map(({ version }) => formatVersion(version));
      return `${environment} runs ${
        [...new Set(versions)].join(' and ') || 'nothing'
      } of ${name}, not ${formatVersion(
        after,
      )} alone; wait until ${formatVersion(after)} runs there.`;
    }
  }
  return undefined;
}
