import {
  DeclaredApplication,
  InitiatedBy,
  Manifest,
  Operation,
  OperationState,
} from './model';
import {
  groupOf,
  isWorkload,
  podTemplateOf,
  resourceKey,
  versionOf,
} from './resources';

const RETRY_LIMIT = 5;
const SUCCEEDED = 'successfully synced (all tasks run)';

/** Who initiates what Argo CD does by itself. */
export const AUTOMATED: InitiatedBy = { automated: true };

/** A sync, as it is written down before it runs. */
export function operationOf(
  { spec }: DeclaredApplication,
  revision: string,
  initiatedBy: InitiatedBy,
  source = spec.source,
): Operation {
  const { syncOptions, automated } = spec.syncPolicy ?? {};
  const isAutomated = 'automated' in initiatedBy;
  return {
    sync: {
      revision,
      ...(isAutomated && automated?.prune ? { prune: true } : {}),
      source,
      ...(syncOptions ? { syncOptions } : {}),
    },
    initiatedBy,
    retry: isAutomated ? { limit: RETRY_LIMIT } : {},
  };
}

/** How a sync stands that is over. */
export function succeeded(
  operation: Operation,
  manifests: Manifest[],
  changed: Set<string>,
  { startedAt, finishedAt }: { startedAt: string; finishedAt: string },
): OperationState {
  return {
    operation,
    phase: 'Succeeded',
    message: SUCCEEDED,
    syncResult: syncResult(operation, manifests, changed),
    startedAt,
    finishedAt,
  };
}

function syncResult(
  { sync }: Operation,
  manifests: Manifest[],
  changed: Set<string>,
) {
  return {
    resources: manifests.map(manifest => {
      const { kind, metadata } = manifest;
      const group = groupOf(manifest) ?? '';
      const resource = `${kind.toLowerCase()}${group && `.${group}`}`;
      return {
        group,
        version: versionOf(manifest),
        kind,
        namespace: metadata.namespace,
        name: metadata.name,
        status: 'Synced',
        message: `${resource}/${metadata.name} ${
          changed.has(resourceKey(manifest)) ? 'configured' : 'unchanged'
        }`,
        hookPhase: 'Running',
        syncPhase: 'Sync',
        ...(isWorkload(manifest)
          ? { images: podTemplateOf(manifest).images }
          : {}),
      };
    }),
    revision: sync.revision,
    source: sync.source,
  };
}
