import type { FindingRule } from '../FindingRule';
import { namespaceLocation, PlacedIn, placedIn } from '../evidence/namespaces';

const writeBoth = (overlay: string, manifest: string) =>
  `Write the namespace that is meant into both, ${overlay} and ${manifest}.`;

// By what sets the namespace.
const SAID: Record<
  Exclude<PlacedIn['by'], 'destination'>,
  { subject: string; fix: (overlay: string, manifest: string) => string }
> = {
  application: {
    subject: 'kustomize.namespace',
    fix: (_, manifest) =>
      `Write the namespace that is meant into ${manifest} twice, as kustomize.namespace and as the destination's.`,
  },
  overlay: { subject: 'The overlay', fix: writeBoth },
  base: { subject: 'What the overlay is built on', fix: writeBoth },
};

/** What is rendered and the destination of the Application name different namespaces; the rendered one wins. */
export const namespaceMismatch: FindingRule = {
  code: 'namespace-mismatch',
  check(facts) {
    const { declared, overlay } = facts;
    const placed = placedIn(facts);
    const destination = declared.destinationNamespace;
    if (
      !placed ||
      placed.by === 'destination' ||
      !destination ||
      placed.name === destination
    ) {
      return [];
    }
    const set = placed.name;
    const { subject, fix } = SAID[placed.by];
    return [
      {
        severity: 'warning',
        what: `${subject} deploys into ${set}, the Application ${declared.name} into ${destination}.`,
        why: `The rendered namespace wins: the resources go to ${set}, while Argo CD creates and shows ${destination}.`,
        fix: fix(overlay.path, declared.location.path),
        evidence: `namespace: ${set}; spec.destination.namespace: ${destination}`,
        where: namespaceLocation(facts, placed),
      },
    ];
  },
};
