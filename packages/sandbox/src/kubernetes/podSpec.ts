import { Container, PodSpec } from '../argocd/resources';

/** A pod template's spec with what kube-apiserver fills in where nothing is said. */
export function withDefaults(spec: PodSpec) {
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    containers: (spec.containers ?? []).map(container => ({
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      // Of images that have a tag.
      imagePullPolicy: 'IfNotPresent',
      ...container,
      ...(container.ports && {
        ports: container.ports.map(port => ({ protocol: 'TCP', ...port })),
      }),
    })),
  };
}

/** How a node weighs a pod when memory gets short. */
export function qosClassOf({ containers = [] }: PodSpec): string {
  if (containers.every(container => !isBounded(container))) {
    return 'BestEffort';
  }
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function isBounded({ resources: { requests, limits } = {} }: Container) {
  return Object.keys({ ...requests, ...limits }).length > 0;
}

function isGuaranteed({ resources: { requests, limits } = {} }: Container) {
  return ['cpu', 'memory'].every(
    name =>
      limits?.[name] !== undefined &&
      (requests?.[name] ?? limits[name]) === limits[name],
  );
}
