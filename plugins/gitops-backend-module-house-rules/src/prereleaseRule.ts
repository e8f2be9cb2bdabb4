import {
  FindingRule,
  overlayLocation,
} from '@gitops-infra/backstage-plugin-gitops-common';

const PRERELEASE = /^v?\d+(\.\d+)*-(alpha|beta|rc|snapshot)/i;

/** An environment of customers pins a version that its makers call unfinished. */
export function prereleaseRule(environments: string[]): FindingRule {
  return {
    code: 'prerelease-pinned',
    docs: 'https://example.com/house-rules#prerelease-pinned',
    check(facts) {
      const { environment } = facts.declared;
      if (!environments.includes(environment)) {
        return [];
      }
      return facts.overlay.pins
        .filter(({ version: { tag } }) => tag && PRERELEASE.test(tag))
        .map(({ name, version: { tag }, position }) => ({
          severity: 'warning',
          what: `${environment} pins ${name} at ${tag}, a version before its release.`,
          why: 'What is released is what was tested as a whole.',
          fix: 'Promote the release, or roll back to the one before.',
          where: overlayLocation(facts, position),
        }));
    },
  };
}
