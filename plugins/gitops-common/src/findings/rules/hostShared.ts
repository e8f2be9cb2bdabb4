import type { SourceLocation } from '../../api/types';
import type { Position } from '../../tree/kustomization';
import type { EnvironmentFacts, OtherEnvironment } from '../EnvironmentFacts';
import type { Diagnosis } from '../Finding';
import type { FindingRule } from '../FindingRule';
import { liveAddresses } from '../evidence/liveHosts';
import { overlayLocation } from '../evidence/location';

/**
 * Contract: the host of an environment is its own. By the rendered overlays where both are known, else by the addresses
 * that Argo CD reports of both. Said once for two of them, at the one that versions reach later.
 */
export const hostShared: FindingRule = {
  code: 'host-shared',
  check(facts) {
    return (facts.others ?? [])
      .filter(other => other.declared.order < facts.declared.order)
      .flatMap(other =>
        known(facts) && known(other)
          ? sharedInTree(facts, other)
          : sharedLive(facts, other),
      );
  },
};

function sharedInTree(
  facts: EnvironmentFacts,
  other: OtherEnvironment,
): Diagnosis[] {
  const theirs = known(other) ?? [];
  const shared = (known(facts) ?? []).filter(host => theirs.includes(host));
  return shared.map(host => {
    const where = hostLocation(facts, host);
    return {
      severity: 'error',
      what: `${facts.declared.environment} and ${other.declared.environment} both want the host ${host}.`,
      why: where.line
        ? 'The overlay writes the host of the other environment.'
        : 'The overlay does not patch the host, so the one of its base stays.',
      fix: where.line
        ? `Write a host of ${facts.declared.environment}'s own in the patch.`
        : `Patch the host in ${facts.overlay.path}.`,
      evidence: `Rendered, ${facts.declared.overlayPath} and ${other.declared.overlayPath} have the host ${host}.`,
      where,
    };
  });
}

function sharedLive(
  facts: EnvironmentFacts,
  other: OtherEnvironment,
): Diagnosis[] {
  // With its path: environments can share a host and divide its paths.
  const theirs = liveAddresses(other.status).map(({ address }) => address);
  return liveAddresses(facts.status)
    .filter(({ address }) => theirs.includes(address))
    .map(({ host, address }) => ({
      severity: 'warning',
      what: `${facts.declared.environment} and ${other.declared.environment} are both reached at ${address}.`,
      why: 'Argo CD reports the address for both; only one of them can answer there.',
      fix: `Patch the host in ${facts.overlay.path}, unless the address is a link that both carry.`,
      evidence: `${facts.status?.name} and ${other.status?.name}: ${address}`,
      where: hostLocation(facts, host),
    }));
}

function known({
  hosts,
}: Pick<EnvironmentFacts, 'hosts'>): string[] | undefined {
  return hosts && 'known' in hosts ? hosts.known : undefined;
}

// The line that has the host as a word of its own.
function hostLocation(facts: EnvironmentFacts, host: string): SourceLocation {
  const lines = facts.overlay.text?.split(/\r?\n/) ?? [];
  const isPart = (character: string | undefined) =>
    character !== undefined && /[\w.-]/.test(character);
  for (const [index, line] of lines.entries()) {
    const at = line.toLowerCase().indexOf(host);
    if (
      at >= 0 &&
      !isPart(line[at - 1]) &&
      !isPart(line[at + host.length]) &&
      !line.trimStart().startsWith('#')
    ) {
      const position: Position = { line: index + 1, column: at + 1 };
      return overlayLocation(facts, position);
    }
  }
  return overlayLocation(facts);
}
