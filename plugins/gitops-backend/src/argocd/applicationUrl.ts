import { ArgocdInstanceConfig } from '../config';

/** The page of an Application in its Argo CD, where it is known where people open that. */
export function applicationUrl(
  { uiUrl }: ArgocdInstanceConfig,
  { namespace, name }: { namespace: string; name: string },
): string | undefined {
  return (
    uiUrl &&
    `${uiUrl}/applications/${encodeURIComponent(
      namespace,
    )}/${encodeURIComponent(name)}`
  );
}
