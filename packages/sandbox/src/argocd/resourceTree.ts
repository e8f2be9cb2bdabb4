import { NODE } from './cluster';
import {
  backOffMessage,
  healthOf,
  isRolling,
  LiveResource,
  LiveResources,
  Pod,
  replicaSetOf,
} from './LiveResources';
import { Health } from './model';
import {
  backendsOf,
  externalUrlsOf,
  groupOf,
  isWorkload,
  podLabelsOf,
  podTemplateOf,
  uidOf,
  versionOf,
} from './resources';

interface TreeNode {
  group?: string;
  version: string;
  kind: string;
  namespace?: string;
  name: string;
  uid: string;
  parentRefs?: object[];
  info?: { name: string; value: string }[];
  networkingInfo?: object;
  images?: string[];
  health?: Health;
  createdAt: string;
  resourceVersion: string;
}

/** The answer to `GET /api/v1/applications/{name}/resource-tree`. */
export function resourceTree(live: LiveResources): object {
  const nodes = live.resources.flatMap(nodesOf).sort(byGroupKindAndName);
  return {
    nodes,
    hosts: [
      {
        name: NODE.name,
        resourcesInfo: [
          { resourceName: 'cpu', capacity: 4_000 },
          { resourceName: 'memory', capacity: 8_589_934_592_000 },
        ],
        systemInfo: {
          machineID: '',
          systemUUID: '',
          bootID: '',
          kernelVersion: 'sandbox',
          osImage: '',
          containerRuntimeVersion: 'sandbox',
          kubeletVersion: 'sandbox',
          kubeProxyVersion: 'sandbox',
          operatingSystem: 'linux',
          architecture: 'amd64',
        },
      },
    ],
  };
}

function nodesOf(resource: LiveResource): TreeNode[] {
  const { manifest } = resource;
  if (isWorkload(manifest)) {
    return workloadNodes(resource);
  }
  switch (manifest.kind) {
    case 'Service':
      return serviceNodes(resource);
    case 'Ingress':
      return [
        {
          ...ownNode(resource),
          networkingInfo: {
            targetRefs: backendsOf(manifest).map(service => ({
              kind: 'Service',
              namespace: manifest.metadata.namespace,
              name: service,
            })),
            ingress: [{ ip: NODE.address }],
            externalURLs: externalUrlsOf([manifest]),
          },
        },
      ];
    default:
      return [ownNode(resource)];
  }
}

function ownNode(resource: LiveResource): TreeNode {
  const { manifest, uid, createdAt } = resource;
  const { namespace, name } = manifest.metadata;
  return node(
    {
      group: groupOf(manifest),
      version: versionOf(manifest),
      kind: manifest.kind,
      namespace,
      name,
      uid,
      createdAt,
    },
    { health: healthOf(resource) },
  );
}

function workloadNodes(resource: LiveResource): TreeNode[] {
  const { manifest, replicaSets, pods } = resource;
  const { namespace } = manifest.metadata;
  const latest = replicaSetOf(resource, podTemplateOf(manifest));
  const workload = ownNode(resource);
  const generations = replicaSets.map(replicaSet =>
    node(
      {
        group: 'apps',
        version: 'v1',
        kind: 'ReplicaSet',
        namespace,
        name: replicaSet.name,
        uid: replicaSet.uid,
        createdAt: replicaSet.createdAt,
      },
      {
        parentRefs: [parentRef(workload)],
        info: [{ name: 'Revision', value: `Rev:${replicaSet.revision}` }],
        health:
          replicaSet === latest && isRolling(resource)
            ? {
                status: 'Progressing',
                message:
                  'Waiting for rollout to finish: 0 out of 1 new replicas are available...',
              }
            : { status: 'Healthy' },
      },
    ),
  );
  return [
    {
      ...workload,
      info: [{ name: 'Revision', value: `Rev:${latest?.revision ?? 1}` }],
    },
    ...generations,
    ...pods.map(pod =>
      podNode(
        pod,
        namespace,
        generations.find(
          ({ uid }) => uid === replicaSetOf(resource, pod.template)?.uid,
        ) ?? workload,
      ),
    ),
  ];
}

function podNode(
  pod: Pod,
  namespace: string | undefined,
  owner: TreeNode,
): TreeNode {
  const { name, uid, createdAt, startedAt, template, phase } = pod;
  return node(
    { version: 'v1', kind: 'Pod', namespace, name, uid, createdAt },
    {
      parentRefs: [parentRef(owner)],
      info: [
        { name: 'Status Reason', value: phase },
        { name: 'Node', value: NODE.name },
        {
          name: 'Containers',
          value: `${startedAt ? 1 : 0}/${template.images.length}`,
        },
        { name: 'cpu', value: '0' },
        { name: 'memory', value: '0' },
      ],
      networkingInfo: {
        labels: podLabelsOf(template),
      },
      images: template.images,
      health: podHealth(pod),
    },
  );
}

function podHealth(pod: Pod): Health {
  switch (pod.phase) {
    case 'Running':
      return { status: 'Healthy' };
    case 'ImagePullBackOff':
      return {
        status: 'Degraded',
        message: backOffMessage(pod),
      };
    case 'Terminating':
      return { status: 'Progressing', message: 'Pending deletion' };
    default:
      return { status: 'Progressing' };
  }
}

function serviceNodes(resource: LiveResource): TreeNode[] {
  const { manifest, uid, createdAt } = resource;
  const { namespace, name } = manifest.metadata;
  const { selector = {} } = (manifest.spec ?? {}) as {
    selector?: Record<string, string>;
  };
  const service = ownNode(resource);
  const parentRefs = [parentRef(service)];
  return [
    { ...service, networkingInfo: { targetLabels: selector } },
    node(
      {
        version: 'v1',
        kind: 'Endpoints',
        namespace,
        name,
        uid: uidOf(`${uid}/endpoints`),
        createdAt,
      },
      { parentRefs },
    ),
    node(
      {
        group: 'discovery.k8s.io',
        version: 'v1',
        kind: 'EndpointSlice',
        namespace,
        name: `${name}-${uid.slice(0, 5)}`,
        uid: uidOf(`${uid}/slice`),
        createdAt,
      },
      { parentRefs },
    ),
  ];
}

function node(
  identity: Omit<TreeNode, 'resourceVersion'>,
  rest: Partial<TreeNode>,
): TreeNode {
  // What is undefined would be left out of the JSON anyway; a resource's version says nothing to a client here.
  return { ...identity, ...rest, resourceVersion: '1' };
}

function parentRef({
  group,
  version,
  kind,
  namespace,
  name,
  uid,
}: TreeNode): object {
  return { group, version, kind, namespace, name, uid };
}

function byGroupKindAndName(one: TreeNode, other: TreeNode): number {
  const key = ({ group = '', kind, name }: TreeNode) =>
    `${group}/${kind}/${name}`;
  return key(one).localeCompare(key(other));
}
