import { AuthService, DiscoveryService } from '@backstage/backend-plugin-api';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import { ArgocdKubernetesConfig } from '../config';
import { JsonUpstream, messageOf, Refusal } from './JsonUpstream';

/** Where a cluster has its Applications. */
export const APPLICATIONS_API = '/apis/argoproj.io/v1alpha1';

const PLUGIN = 'kubernetes';
const CLUSTER_HEADER = 'Backstage-Kubernetes-Cluster';

/** What Kubernetes says of a failure. */
export interface KubernetesStatus {
  kind?: unknown;
  code?: unknown;
  reason?: unknown;
  message?: unknown;
}

/** How the cluster of an Argo CD is called in messages. */
export function clusterName({ name, cluster }: ArgocdKubernetesConfig): string {
  return `Argo CD ${name} (cluster ${cluster})`;
}

/** Where an Application is in its cluster. */
export function applicationPath(application: {
  namespace: string;
  name: string;
}): string {
  const [namespace, name] = [application.namespace, application.name].map(
    encodeURIComponent,
  );
  return `${APPLICATIONS_API}/namespaces/${namespace}/applications/${name}`;
}

/** Whether a refusal is the cluster's, and not one of the Kubernetes plugin before it. */
export function isFromCluster({ body }: Refusal): boolean {
  return ((body ?? {}) as KubernetesStatus).kind === 'Status';
}

/**
 * The cluster of one Argo CD, behind the proxy of Backstage's Kubernetes plugin.
 *
 * @param refusal - what to make of a status first; where it knows nothing, it is taken as one for reading
 */
export function kubernetesUpstream(
  config: ArgocdKubernetesConfig,
  { auth, discovery }: { auth: AuthService; discovery: DiscoveryService },
  refusal: (refusal: Refusal) => Error | undefined,
): JsonUpstream {
  return new JsonUpstream({
    name: clusterName(config),
    access: async () => {
      const { token } = await auth.getPluginRequestToken({
        onBehalfOf: await auth.getOwnServiceCredentials(),
        targetPluginId: PLUGIN,
      });
      return {
        baseUrl: `${await discovery.getBaseUrl(PLUGIN)}/proxy`,
        headers: {
          authorization: `Bearer ${token}`,
          [CLUSTER_HEADER]: config.cluster,
        },
      };
    },
    refusal: refused =>
      refusal(refused) ?? refusedToRead(clusterName(config), refused),
    hints: {
      page: 'check that the backend has the Kubernetes plugin, and what its cluster answers',
      untrusted: 'check how the backend reaches its own plugins',
    },
  });
}

function refusedToRead(who: string, refusal: Refusal): Error | undefined {
  const { message } = (refusal.body ?? {}) as KubernetesStatus;
  switch (refusal.status) {
    case 401:
      return new NotAllowedError(
        isFromCluster(refusal)
          ? `${who} refuses the credentials that the Kubernetes plugin has for it (401); correct them in kubernetes.clusterLocatorMethods`
          : `${who}: the Kubernetes plugin refuses requests of this plugin (401); check backend.auth`,
      );
    case 403:
      return new NotAllowedError(
        isFromCluster(refusal)
          ? `${who} forbids it (403): ${message}; let the account of the Kubernetes plugin get, list and watch applications.argoproj.io, and list pods`
          : `${who}: the Kubernetes plugin does not let this plugin use its proxy (403); allow kubernetes.proxy to plugin:gitops`,
      );
    case 404:
      return new NotFoundError(notThere(who, refusal));
    default:
      return undefined;
  }
}

function notThere(who: string, refusal: Refusal): string {
  const message = messageOf(refusal.body) ?? '';
  if (isFromCluster(refusal)) {
    return `${who} has no such Applications (404): ${message}; is Argo CD, with its CRD applications.argoproj.io, in this cluster? Correct gitops.argocd[].kubernetes.cluster`;
  }
  return /cluster/i.test(message)
    ? `${who}: the Kubernetes plugin does not know the cluster (404): ${message}; add it to kubernetes.clusterLocatorMethods, or correct gitops.argocd[].kubernetes.cluster`
    : `${who}: no Kubernetes plugin answers (404); add @backstage/plugin-kubernetes-backend to the backend`;
}
