/** An object as kube-apiserver keeps it. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
}

export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: object[];
}

/** The `ownerReferences` of what a controller makes for an object. */
export function controlledBy(
  apiVersion: string,
  kind: string,
  { name, uid }: { name: string; uid: string },
): object[] {
  return [
    { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true },
  ];
}
