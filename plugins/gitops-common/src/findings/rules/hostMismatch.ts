import type { EnvironmentFacts } from '../EnvironmentFacts';
import type { Diagnosis } from '../Finding';
import type { FindingRule } from '../FindingRule';
import { liveAddresses } from '../evidence/liveHosts';
import { overlayLocation } from '../evidence/location';
import { namespaceOf } from '../evidence/namespaces';

/** What is live is not reached at the host that the overlay wants, which answers 404 there. */
export const hostMismatch: FindingRule = {
  code: 'host-mismatch',
  check(facts) {
    const { hosts, status, declared, overlay } = facts;
    const live = [
      ...new Set(liveAddresses(status).map(address => address.host)),
    ];
    if (!hosts || live.length === 0) {
      return [];
    }
    if ('unknown' in hosts) {
      // What is wrong with the overlay itself is told, and this comes of it.
      if (overlay.problem) {
        return [];
      }
      return [
        {
          severity: 'info',
          what: `Whether ${declared.environment} is reached at the host that Git wants could not be checked.`,
          why: hosts.unknown,
          fix: 'Nothing has to be changed; it is checked again when the overlay can be rendered.',
        },
      ];
    }
    const { known, notReported = [], links = [] } = hosts;
    const compared = known.filter(
      // A wildcard is no address that Argo CD could report.
      host => !host.includes('*') && !notReported.includes(host),
    );
    const answering = live.filter(
      host => compared.includes(host) || !links.includes(host),
    );
    if (answering.length === 0) {
      return [];
    }
    if (
      compared.length === 0 &&
      notReported.length > 0 &&
      !answering.some(host => notReported.includes(host))
    ) {
      return [
        {
          severity: 'info',
          what: `Whether ${
            declared.environment
          } is reached at ${notReported.join(', ')} could not be checked.`,
          why: `Argo CD reports the hosts of Ingresses, which have paths, and of links; what is reported is ${answering.join(
            ', ',
          )}.`,
          fix: 'Nothing has to be changed; open the address to see whether it answers.',
        },
      ];
    }
    const missing = compared.filter(host => !answering.includes(host));
    return missing.map(host => ({
      severity: 'warning',
      what: `${declared.environment} is not reached at ${host}, as Git wants it.`,
      why: `What is live answers at ${answering.join(', ')}.`,
      ...mendOf(facts),
      evidence: `Rendered: ${compared.join(', ')}; live: ${answering.join(
        ', ',
      )}`,
      where: overlayLocation(facts),
    }));
  },
};

function mendOf(facts: EnvironmentFacts): Pick<Diagnosis, 'fix' | 'command'> {
  const { declared, status, behind, overlay } = facts;
  if (behind?.commitsBehind) {
    return {
      fix: `Refresh ${declared.name}: Argo CD has not seen yet what Git says.`,
      command: 'refresh',
    };
  }
  if (status?.sync.status === 'OutOfSync') {
    return {
      fix: `Sync ${declared.name}: Git and the cluster differ.`,
      command: 'sync',
    };
  }
  if (status?.sync.status !== 'Synced') {
    return {
      fix: `Have Argo CD compare ${declared.name} first: its sync status is Unknown, so whether a sync would change the host is not known.`,
    };
  }
  const namespace = namespaceOf(facts) ?? '<namespace>';
  return {
    fix: `Look at the live Ingress: \`kubectl -n ${namespace} get ingress\`. If its host is right, correct the patch in ${overlay.path}.`,
  };
}
