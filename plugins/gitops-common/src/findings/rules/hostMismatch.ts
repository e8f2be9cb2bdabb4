import type { FindingRule } from '../FindingRule';
import { liveAddresses } from './liveHosts';
import { overlayLocation } from './location';

/** What is live is not reached at the host that the overlay wants, which answers 404 there. */
export const hostMismatch: FindingRule = {
  code: 'host-mismatch',
  check(facts) {
    const { hosts, status, declared } = facts;
    const live = [
      ...new Set(liveAddresses(status).map(address => address.host)),
    ];
    if (!hosts || live.length === 0) {
      return [];
    }
    if ('unknown' in hosts) {
      return [
        {
          severity: 'info',
          what: `Whether ${declared.environment} is reached at the host that Git wants could not be checked.`,
          why: hosts.unknown,
          fix: 'Nothing has to be changed; it is checked again when the overlay can be rendered.',
        },
      ];
    }
    const missing = hosts.known.filter(
      // A wildcard is no address that Argo CD could report.
      host => !host.includes('*') && !live.includes(host),
    );
    const isSynced = status?.sync.status === 'Synced';
    return missing.map(host => ({
      severity: 'warning',
      what: `${declared.environment} is not reached at ${host}, as Git wants it.`,
      why: `What is live answers at ${live.join(', ')}.`,
      fix: isSynced
        ? `Look at the live Ingress: \`kubectl -n ${
            declared.destinationNamespace ?? '<namespace>'
          } get ingress\`. If its host is right, correct the patch in ${
            facts.overlay.path
          }.`
        : `Sync ${declared.name}: Git and the cluster differ.`,
      evidence: `Rendered: ${hosts.known.join(', ')}; live: ${live.join(', ')}`,
      where: overlayLocation(facts),
      command: isSynced ? undefined : 'sync',
    }));
  },
};
