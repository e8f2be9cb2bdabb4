import type { ResourceTrouble } from '../../argocd/ApplicationStatus';
import { isPullTrouble } from '../../argocd/podReasons';
import { parseImageReference } from '../../images';
import type { EnvironmentFacts, RegistryAnswer } from '../EnvironmentFacts';
import type { Diagnosis } from '../Finding';
import type { FindingRule } from '../FindingRule';
import { overlayLocation } from '../evidence/location';
import { namespaceOf } from '../evidence/namespaces';

/** A new pod cannot start because its image cannot be pulled. */
export const imagePullFailed: FindingRule = {
  code: 'image-pull-failed',
  check(facts) {
    const failing = (facts.status?.troubles ?? []).filter(isPullTrouble);
    const told = failing.filter(it => accused(it).length > 0);
    const images = new Set(told.flatMap(accused));
    // One that has an image which another pod tells of is in trouble because of that, as far as is known.
    const untold = failing.filter(
      it => accused(it).length === 0 && !it.images.some(i => images.has(i)),
    );
    return [
      ...(told.length > 0 ? [pullFailed([...images], told[0], facts)] : []),
      ...(untold.length > 0 ? [someImage(untold[0], facts)] : []),
    ];
  },
};

// A pod's other containers may be well: where the message names the image, it is that one.
function accused({ images, message }: ResourceTrouble): string[] {
  return images.length === 1
    ? images
    : images.filter(image => message?.includes(`"${image}"`));
}

function pullFailed(
  images: string[],
  { kind, name, reason, message }: ResourceTrouble,
  facts: EnvironmentFacts,
): Diagnosis {
  const running = images.map(image => parseImageReference(image).image);
  const pin = facts.overlay.pins.find(({ image }) => running.includes(image));
  const { registry, fix } = registrySays(images, facts);
  return {
    severity: 'error',
    what: `${images.join(
      ', ',
    )} cannot be pulled, so the new version does not start.`,
    why: `${kind} ${name} is in ${reason}${registry}.`,
    fix,
    evidence: message,
    where: overlayLocation(facts, pin?.position),
  };
}

// Argo CD gives no message of init containers, nor of the pods of Jobs.
function someImage(
  { kind, name, reason, message, images }: ResourceTrouble,
  facts: EnvironmentFacts,
): Diagnosis {
  const namespace = namespaceOf(facts) ?? '<namespace>';
  const which = images.length > 0 ? ` (one of ${images.join(', ')})` : '';
  return {
    severity: 'error',
    what: `An image of the pod ${name}${which} cannot be pulled, so the pod does not start.`,
    why: `${kind} ${name} is in ${reason}; which image it is is not known.`,
    fix: `Look in the pod's events which one it is: \`kubectl -n ${namespace} describe pod ${name}\`. Then push it to the registry, or change its tag to one that is there.`,
    evidence: message,
    where: overlayLocation(facts),
  };
}

function registrySays(
  images: string[],
  facts: EnvironmentFacts,
): { registry: string; fix: string } {
  const answers = images.map(image => facts.registry?.get(image)?.state);
  const all = (state: RegistryAnswer['state']) =>
    answers.length > 0 && answers.every(answer => answer === state);
  if (all('exists')) {
    return {
      registry: '; the registry has the image',
      fix: 'Look at what keeps the cluster from the registry: imagePullSecrets of the pod, and the network between them.',
    };
  }
  return {
    registry: answers.includes('missing')
      ? '; the registry does not have the image'
      : '',
    fix: 'Push the image to the registry, or change the tag to one that is there.',
  };
}
