import type { ResourceTrouble } from '../../argocd/ApplicationStatus';
import { isFailing, isLeftover, isPullTrouble } from '../../argocd/podReasons';
import type { Diagnosis } from '../Finding';
import type { FindingRule } from '../FindingRule';
import { namespaceOf } from '../evidence/namespaces';

/** What is live does not work, for another reason than its image. */
export const degraded: FindingRule = {
  code: 'degraded',
  check(facts) {
    const { declared, status } = facts;
    if (!status) {
      return [];
    }
    const isDegraded = status.health.status === 'Degraded';
    const troubles = status.troubles.filter(
      // The pod of a Job runs until its work is done, and is never ready.
      ({ owner, reason }) => !(owner === 'Job' && reason === 'Running'),
    );
    // What is left of a Job can be why an Application is Degraded, and is nothing of a rollout.
    const failing = [
      ...troubles.filter(it => isFailing(it) && !isLeftover(it)),
      ...(isDegraded ? troubles.filter(isLeftover) : []),
    ];
    const explained = failing.length === 0 && troubles.some(isPullTrouble);
    if (explained || (!isDegraded && failing.length === 0)) {
      return [];
    }
    const { environment, name } = declared;
    const [trouble] = failing;
    const namespace = namespaceOf(facts);
    return [
      {
        severity: isDegraded ? 'error' : 'warning',
        what: isDegraded
          ? `${environment} is Degraded.`
          : `A pod of ${environment} does not stay up.`,
        ...(trouble
          ? {
              why: symptomOf(trouble),
              fix: remedy(trouble, namespace),
              evidence: trouble.message ?? status.health.message,
            }
          : withoutFailingPod(
              name,
              status.health.message,
              namespace,
              troubles,
            )),
      },
    ];
  },
};

// A pod that waits can be in trouble for the same reason, and for another: it is named as that and not as the cause.
function withoutFailingPod(
  application: string,
  message: string | undefined,
  namespace: string | undefined,
  [waiting]: ResourceTrouble[],
): Pick<Diagnosis, 'why' | 'fix' | 'evidence'> {
  const why =
    message ?? 'Argo CD finds at least one of its resources Degraded.';
  const fix = `Look for the resource that is not healthy: \`argocd app resources ${application}\`.`;
  return waiting
    ? {
        why: `${why.replace(
          /(?<![.!?])$/,
          '.',
        )} What is also not ready: ${symptomOf(waiting)}`,
        fix: `${fix} ${remedy(waiting, namespace)}`,
        evidence: message ?? waiting.message,
      }
    : { why, fix, evidence: message };
}

// A pod that runs and is in trouble all the same is one that does not become ready.
function symptomOf({ kind, name, reason }: ResourceTrouble): string {
  return reason === 'Running'
    ? `${kind} ${name} runs and does not become ready.`
    : `${kind} ${name} is in ${reason}.`;
}

function remedy(trouble: ResourceTrouble, namespace = '<namespace>'): string {
  const describe = `\`kubectl -n ${namespace} describe pod ${trouble.name}\``;
  // What ended the container is in the message where it is being started again.
  const reason = trouble.message?.includes('OOMKilled')
    ? 'OOMKilled'
    : trouble.reason.replace(/^Init:/, '');
  switch (reason) {
    case 'Running':
    case 'NotReady':
      return `Look at what its readiness probe answers, in the pod's events: ${describe}.`;
    case 'OOMKilled':
      return 'Give the container a higher memory limit, or find out what it needs the memory for.';
    case 'CreateContainerConfigError':
      return `Look for the ConfigMap or Secret that is missing: ${describe}.`;
    case 'Pending':
      return `Look why no node takes the pod: ${describe}.`;
    default:
      return isFailing(trouble)
        ? `Read what the container said last: \`kubectl -n ${namespace} logs ${trouble.name} --all-containers --previous\`.`
        : `Look at the pod's events: ${describe}.`;
  }
}
