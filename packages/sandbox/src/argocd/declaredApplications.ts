import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { DeclaredApplication } from './model';

const NAMESPACE_DEFAULT = 'argocd';

/** The Applications that `bootstrap/kustomization.yaml` names, in its order. What cannot be read is left out. */
export function declaredApplications(
  read: (file: string) => string | undefined,
): DeclaredApplication[] {
  const [kustomization] = documents(read('bootstrap/kustomization.yaml'));
  const { resources } = (kustomization ?? {}) as { resources?: unknown };
  return (Array.isArray(resources) ? resources : [])
    .filter((resource): resource is string => typeof resource === 'string')
    .flatMap(resource =>
      documents(read(path.posix.join('bootstrap', resource))),
    )
    .flatMap(document => toApplication(document) ?? []);
}

function documents(text: string | undefined): unknown[] {
  return parseAllDocuments(text ?? '').flatMap(document =>
    document.errors.length > 0 ? [] : [document.toJS() as unknown],
  );
}

function toApplication(document: unknown): DeclaredApplication | undefined {
  const { kind, metadata, spec } = (document ??
    {}) as Partial<DeclaredApplication> & { kind?: unknown };
  if (kind !== 'Application' || !metadata?.name || !spec?.source?.path) {
    return undefined;
  }
  return {
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace ?? NAMESPACE_DEFAULT,
      labels: metadata.labels,
      annotations: metadata.annotations,
    },
    spec: {
      source: {
        repoURL: spec.source.repoURL,
        path: spec.source.path,
        targetRevision: spec.source.targetRevision ?? 'HEAD',
      },
      destination: spec.destination,
      project: spec.project ?? 'default',
      syncPolicy: spec.syncPolicy,
    },
  };
}
