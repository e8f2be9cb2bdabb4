/**
 * Has Argo CD compare an Application with Git; it takes it away when it has done so.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/annotations-and-labels/
 */
export const REFRESH_ANNOTATION = 'argocd.argoproj.io/refresh';

/** Whether an Application, as Argo CD's API or Kubernetes gives it, is still to be compared. */
export function isRefreshing(application: unknown): boolean {
  const { metadata } = (application ?? {}) as {
    metadata?: { annotations?: Record<string, unknown> };
  };
  return metadata?.annotations?.[REFRESH_ANNOTATION] !== undefined;
}
