import type { FindingRule } from '../FindingRule';
import { imageOverrides } from '../evidence/imageOverrides';
import { overlayLocation } from '../evidence/location';

/** Git is the source of what is deployed; here somebody set an image in the cluster, and promotions do not arrive. */
export const overriddenOutsideGit: FindingRule = {
  code: 'overridden-outside-git',
  check(facts) {
    const { declared, status, overlay } = facts;
    return imageOverrides(facts)
      .filter(({ inGit }) => !inGit)
      .map(({ written, name }) => ({
        severity: 'error',
        what: `${name} does not follow Git: it is set in the cluster.`,
        why: `spec.source.kustomize.images of the Application ${declared.name} has ${written}, which wins over the overlay.`,
        fix: `Remove the override: \`argocd app unset ${declared.name} --kustomize-image ${name}\`. Then promote the version that should run.`,
        evidence: `${status?.namespace}/${status?.name}: ${written}`,
        where: overlayLocation(
          facts,
          overlay.pins.find(pin => pin.name === name)?.position,
        ),
      }));
  },
};
