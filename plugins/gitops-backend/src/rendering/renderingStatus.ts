import {
  FollowedRendering,
  OverlayNotRendered,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { RepositoryState } from '../readmodel/RepositoryState';
import { followed } from '../readmodel/Side';
import { keyOf, RenderedHosts } from './RenderedHosts';

// More nobody reads.
const MAX_REASONS = 100;

/** How the rendering of what repositories deploy stands, by what all processes know of it. */
export function renderingStatus(
  hosts: Pick<RenderedHosts, 'kept' | 'mirror'>,
  repositories: readonly Pick<
    RepositoryState,
    'config' | 'ref' | 'refOf' | 'topology'
  >[],
  now: Date,
): FollowedRendering {
  const deployed = new Map<string, Omit<OverlayNotRendered, 'why'>>();
  for (const source of repositories) {
    const ref = source.ref();
    for (const service of ref ? source.topology.services : []) {
      for (const declared of source.topology.environments(service)) {
        const key = keyOf(source, declared);
        if (ref && key !== undefined) {
          deployed.set(key, {
            repository: source.config.url,
            branch: source.refOf(declared, ref).branch,
            overlay: declared.overlayPath,
          });
        }
      }
    }
  }
  const known = [...deployed].flatMap(([key, overlay]) => {
    const kept = hosts.kept(key);
    return kept ? [{ overlay, hosts: kept.hosts }] : [];
  });
  const reasons = known.flatMap(({ overlay, hosts: found }) =>
    'unknown' in found ? [{ ...overlay, why: found.unknown }] : [],
  );
  return {
    overlays: deployed.size,
    waiting: deployed.size - known.length,
    unknown: reasons.length,
    reasons: reasons.slice(0, MAX_REASONS),
    ...followed(hosts.mirror.side, now),
  };
}
