import { ApplicationState, DeclaredApplication } from './model';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** An Application as Argo CD's API gives it. */
export type ApplicationJson = ReturnType<typeof applicationJson>;

/** Puts what is known of an Application into the shape of Argo CD's API. */
export function applicationJson(state: ApplicationState) {
  const { declared, operationState } = state;
  return {
    metadata: {
      name: declared.metadata.name,
      namespace: declared.metadata.namespace,
      uid: state.uid,
      resourceVersion: String(state.resourceVersion),
      generation: state.generation,
      creationTimestamp: state.createdAt,
      ...(declared.metadata.labels ? { labels: declared.metadata.labels } : {}),
      annotations: {
        ...declared.metadata.annotations,
        ...(state.refreshing ? { 'argocd.argoproj.io/refresh': 'normal' } : {}),
        [LAST_APPLIED]: lastApplied(declared),
      },
    },
    spec: declared.spec,
    status: {
      resources: state.resources,
      sync: {
        status: state.sync.status,
        comparedTo: {
          source: state.sync.source,
          destination: declared.spec.destination,
        },
        revision: state.sync.revision,
      },
      health: state.health,
      ...(state.history.length > 0 ? { history: state.history } : {}),
      ...(state.comparisonError
        ? {
            conditions: [{ type: 'ComparisonError', ...state.comparisonError }],
          }
        : {}),
      reconciledAt: state.reconciledAt,
      ...(operationState ? { operationState } : {}),
      ...(state.comparisonError ? {} : { sourceType: 'Kustomize' }),
      summary: {
        ...(state.externalURLs.length > 0
          ? { externalURLs: state.externalURLs }
          : {}),
        ...(state.images.length > 0 ? { images: state.images } : {}),
      },
      resourceHealthSource: 'appTree',
      controllerNamespace: declared.metadata.namespace,
      sourceHydrator: {},
    },
    ...(state.operation ? { operation: state.operation } : {}),
  };
}

function lastApplied({ metadata, spec }: DeclaredApplication): string {
  const { labels, annotations = {}, name, namespace } = metadata;
  return `${JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { annotations, labels, name, namespace },
    spec,
  })}\n`;
}
