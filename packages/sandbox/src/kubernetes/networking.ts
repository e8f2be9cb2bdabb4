import { NODE } from '../argocd/cluster';
import { LiveResource } from '../argocd/LiveResources';
import { addressIn } from './addresses';

const SERVICE_NETWORK = '10.96';

interface ServiceSpec {
  clusterIP?: string;
  ports?: object[];
}

/** What a Service has become. */
export function serviceParts({ manifest, uid }: LiveResource) {
  const spec = (manifest.spec ?? {}) as ServiceSpec;
  const clusterIP = spec.clusterIP ?? addressIn(SERVICE_NETWORK, uid);
  return {
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      ...spec,
      ports: spec.ports?.map(port => ({ protocol: 'TCP', ...port })),
    },
    status: { loadBalancer: {} },
  };
}

/** What an Ingress has become. */
export function ingressParts() {
  return { status: { loadBalancer: { ingress: [{ ip: NODE.address }] } } };
}
