import type { SourceLocation } from '../../api/types';
import type { Position } from '../../tree/kustomization';
import { overlayInputs } from '../../tree/overlayInputs';
import type { EnvironmentFacts, OtherEnvironment } from '../EnvironmentFacts';
import type { Diagnosis } from '../Finding';
import type { FindingRule } from '../FindingRule';
import { liveAddresses } from '../evidence/liveHosts';
import { fileLocation, overlayLocation } from '../evidence/location';
import { clusterOf } from '../evidence/namespaces';

/**
 * Contract: the host of an environment is its own. By the rendered overlays where both are known, else by the addresses
 * that Argo CD reports of both. Said once for two of them, at the one that versions reach later.
 */
export const hostShared: FindingRule = {
  code: 'host-shared',
  check(facts) {
    return (facts.others ?? [])
      .filter(
        other =>
          other.declared.order < facts.declared.order &&
          clusterOf(other) === clusterOf(facts),
      )
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
        : notInOverlay(facts, host),
      fix: where.line
        ? `Write a host of ${facts.declared.environment}'s own in ${where.path}.`
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

// What the overlay itself writes; where it does not write the host, the overlay.
function hostLocation(facts: EnvironmentFacts, host: string): SourceLocation {
  const { overlay } = facts;
  const own = overlay.text === undefined ? [] : [[overlay.path, overlay.text]];
  for (const [path, text] of [...own, ...inputs(facts, true)]) {
    const position = positionOf(host, text);
    if (position) {
      return fileLocation(facts, path, position);
    }
  }
  return overlayLocation(facts);
}

function notInOverlay(facts: EnvironmentFacts, host: string): string {
  for (const [path, text] of inputs(facts, false)) {
    const position = positionOf(host, text);
    if (position) {
      return `The overlay does not write the host; ${path} does, in line ${position.line}.`;
    }
  }
  return `The rendered host is ${host}.`;
}

// The files that the overlay is built from: those that it names itself, or those of what it is built on.
function inputs(
  { snapshot, declared, bases }: EnvironmentFacts,
  isOwn: boolean,
): [path: string, text: string][] {
  const folders = (bases?.bases ?? []).map(({ path }) =>
    path.slice(0, path.lastIndexOf('/') + 1),
  );
  return (snapshot ? overlayInputs(snapshot, declared.overlayPath) : [])
    .filter(path => isOwn !== folders.some(folder => path.startsWith(folder)))
    .flatMap(path => {
      const text = snapshot?.files.get(path);
      return text === undefined ? [] : [[path, text] as [string, string]];
    });
}

// Where a text has the host as a word of its own.
function positionOf(host: string, text: string): Position | undefined {
  const isPart = (character: string | undefined) =>
    character !== undefined && /[\w.-]/.test(character);
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const at = line.toLowerCase().indexOf(host);
    if (
      at >= 0 &&
      !isPart(line[at - 1]) &&
      !isPart(line[at + host.length]) &&
      !line.trimStart().startsWith('#')
    ) {
      return { line: index + 1, column: at + 1 };
    }
  }
  return undefined;
}
