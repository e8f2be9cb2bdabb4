import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import type { DesiredHosts } from '../findings/EnvironmentFacts';
import { environmentFacts, recorded } from './facts';
import { demoSnapshot, STAGE_OVERLAY } from './tree';

/** An overlay of stage that patches the host. */
export const PATCHED = `resources: [../../base]
patches:
  # not demo.localtest.me
  - target: {kind: Ingress}
    patch: |-
      - {op: replace, path: /spec/rules/0/host, value: HOST}
`;

/** What is known of the hosts of stage and local. */
export interface HostOptions {
  overlay?: string;
  desired?: { local?: DesiredHosts; stage?: DesiredHosts };
  live?: { local?: string[]; stage?: string[] };
  sync?: ApplicationStatus['sync']['status'];
  /** The cluster of stage. */
  cluster?: string;
  /** Other files, by path. */
  files?: Record<string, string>;
}

/** Stage and local, with the hosts of their rendered overlays and the addresses that Argo CD reports. */
export function hostFacts(options: HostOptions) {
  const { overlay = PATCHED, desired, live, sync = 'Synced' } = options;
  const { cluster, files } = options;
  const snapshot = demoSnapshot({ [STAGE_OVERLAY]: overlay, ...files });
  const status = (externalURLs?: string[]) =>
    externalURLs &&
    recorded('a-synced-healthy', { externalURLs, sync: { status: sync } });
  return {
    ...environmentFacts('stage', snapshot, {
      status: status(live?.stage),
      declared: cluster ? { destinationCluster: cluster } : {},
      others: {
        local: { status: status(live?.local), hosts: desired?.local },
      },
    }),
    hosts: desired?.stage,
  };
}

/** Hosts that are known. */
export const known = (...hosts: string[]): DesiredHosts => ({ known: hosts });
