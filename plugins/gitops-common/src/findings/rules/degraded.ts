import type { ResourceTrouble } from '../../argocd/ApplicationStatus';
import { isFailing, isPullTrouble } from '../../argocd/podReasons';
import type { FindingRule } from '../FindingRule';
import { namespaceOf } from '../evidence/namespaces';

/** What is live does not work, for another reason than its image. */
export const degraded: FindingRule = {
  code: 'degraded',
  check(facts) {
    const { declared, status } = facts;
    const troubles = status?.troubles ?? [];
    const failing = troubles.filter(isFailing);
    const isDegraded = status?.health.status === 'Degraded';
    const explained = failing.length === 0 && troubles.some(isPullTrouble);
    if (!status || explained || (!isDegraded && failing.length === 0)) {
      return [];
    }
    const [trouble] = [
      ...failing,
      ...troubles.filter(it => !isPullTrouble(it)),
    ];
    return [
      {
        severity: isDegraded ? 'error' : 'warning',
        what: isDegraded
          ? `${declared.environment} is Degraded.`
          : `A pod of ${declared.environment} does not stay up.`,
        why: trouble
          ? symptomOf(trouble)
          : status.health.message ??
            'Argo CD finds at least one of its resources Degraded.',
        fix: remedy(trouble, declared.name, namespaceOf(facts)),
        evidence: trouble?.message ?? status.health.message,
      },
    ];
  },
};

// A pod that runs and is in trouble all the same is one that does not become ready.
function symptomOf({ kind, name, reason }: ResourceTrouble): string {
  return reason === 'Running'
    ? `${kind} ${name} runs and does not become ready.`
    : `${kind} ${name} is in ${reason}.`;
}

function remedy(
  trouble: ResourceTrouble | undefined,
  application: string,
  namespace = '<namespace>',
): string {
  if (!trouble) {
    return `Look for the resource that is not healthy: \`argocd app resources ${application}\`.`;
  }
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
