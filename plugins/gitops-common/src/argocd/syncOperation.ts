import { record, text, texts } from './json';

/** What a sync takes over from the Application: how it syncs by itself, and nothing that it would not do. @public */
export interface SyncPolicy {
  /** Whether resources that Git no longer has are deleted. */
  prune: boolean;
  syncOptions: string[];
  /** As the Application writes it. */
  retry?: object;
}

/** The sync policy of an Application as Argo CD's API and Kubernetes both give it. @public */
export function syncPolicyOf(application: unknown): SyncPolicy {
  const policy = record(record(record(application).spec).syncPolicy);
  return {
    prune: record(policy.automated).prune === true,
    syncOptions: texts(policy.syncOptions),
    retry:
      typeof policy.retry === 'object' && policy.retry !== null
        ? policy.retry
        : undefined,
  };
}

/**
 * Why an Application takes no operation now, in words that go on from its name; undefined where it takes one. Argo CD's
 * API finds out by itself; who writes the operation into the Application has to look.
 *
 * @public
 */
export function busyWith(application: unknown): string | undefined {
  const { metadata, operation, status } = record(application);
  const { operationState } = record(status);
  if (record(metadata).deletionTimestamp) {
    return 'is being deleted';
  }
  const phase = text(record(operationState).phase);
  return operation || phase === 'Running' || phase === 'Terminating'
    ? 'has another operation in progress'
    : undefined;
}

/**
 * The operation that syncs an Application to what its own target revision says, as Argo CD's API would write it. Without
 * a revision, a source or images it can override nothing.
 *
 * @param requestedBy - who asked for it; a sync of nobody's counts as automated, which sync windows treat otherwise
 * @public
 */
export function syncOperation(
  application: unknown,
  requestedBy: string,
): object {
  const { prune, syncOptions, retry } = syncPolicyOf(application);
  return {
    initiatedBy: { username: requestedBy },
    sync: {
      ...(prune && { prune }),
      ...(syncOptions.length > 0 && { syncOptions }),
    },
    ...(retry && { retry }),
  };
}
