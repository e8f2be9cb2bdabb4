import {
  ApplicationStatus,
  parseResourceTroubles,
} from '../argocd/ApplicationStatus';
import type { EnvironmentFacts } from '../findings/EnvironmentFacts';
import type { Diagnosis } from '../findings/Finding';
import { findingsOf } from '../findings/findings';
import type { InfraSnapshot } from '../tree/InfraSnapshot';
import { readOverlay } from '../tree/overlay';
import { readBases } from '../tree/overlayBases';
import { recordedBody, recordedStatus } from './recordings';
import {
  COMMIT,
  demoEnvironments,
  demoSnapshot,
  overlayPinning,
  repository,
  STAGE_OVERLAY,
} from './tree';

/** An overlay that pins demo at what is written. */
export const pinning = (newTag: string) =>
  overlayPinning({ name: 'demo', newName: 'localhost:5001/demo', newTag });

export const SOUND = pinning('"1.5.0"');
export const MALFORMED =
  'kind: Kustomization\nimages:\n  - name: demo\n    newTag: [\nresources: []\n';

/**
 * The facts of stage with an overlay's text and a status; both are as they should be when not given. Argo CD has compared
 * what is desired.
 */
export function stageFacts(
  text: string = SOUND,
  status?: ApplicationStatus,
  declared: Partial<EnvironmentFacts['declared']> = {},
): EnvironmentFacts {
  return environmentFacts('stage', demoSnapshot({ [STAGE_OVERLAY]: text }), {
    status,
    declared,
  });
}

/** The facts of an environment of a tree, with the service's other environments. */
export function environmentFacts(
  name: string,
  snapshot: InfraSnapshot,
  more: {
    status?: ApplicationStatus;
    declared?: Partial<EnvironmentFacts['declared']>;
    others?: Record<string, Partial<EnvironmentFacts>>;
  } = {},
): EnvironmentFacts {
  const { [name]: declared, ...others } = demoEnvironments(snapshot);
  return {
    repository: {
      ...repository,
      head: more.status?.sync.revision ?? COMMIT,
    },
    declared: { ...declared, ...more.declared },
    overlay: readOverlay(snapshot, declared.overlayPath),
    snapshot,
    bases: readBases(snapshot, declared.overlayPath),
    status: more.status,
    others: Object.values(others).map(other => ({
      declared: other,
      overlay: readOverlay(snapshot, other.overlayPath),
      bases: readBases(snapshot, other.overlayPath),
      ...more.others?.[other.environment],
    })),
  };
}

/** A recorded Application with its tree, as if it deployed from this repository. */
export function recorded(
  folder: string,
  more: Partial<ApplicationStatus> = {},
): ApplicationStatus {
  const status = recordedStatus(`${folder}/application.json`);
  return {
    ...status,
    repoURL: repository.url,
    sources: status.sources.map(source => ({
      ...source,
      repoURL: repository.url,
    })),
    troubles:
      status.health.status === 'Healthy'
        ? []
        : parseResourceTroubles(recordedBody(`${folder}/resource-tree.json`)),
    ...more,
  };
}

/** Severities and codes of all findings. */
export const codesOf = (facts: EnvironmentFacts) =>
  findingsOf(facts).map(({ code, severity }) => `${severity} ${code}`);

/** A diagnosis as `path:line:column severity what`. */
export const shown = (diagnosis: Diagnosis) => {
  const { path, line, column } = diagnosis.where ?? {};
  const place = [path, line, column].filter(part => part !== undefined);
  return [place.join(':'), diagnosis.severity, diagnosis.what]
    .filter(part => part !== '')
    .join(' ');
};
