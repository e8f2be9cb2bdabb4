import { Health, Manifest } from './model';
import {
  isWorkload,
  PodTemplate,
  podTemplateOf,
  resourceKey,
  uidOf,
} from './resources';

/** A pod of the cluster that the sandbox pretends to have. */
export interface Pod {
  name: string;
  uid: string;
  template: PodTemplate;
  phase: 'Pending' | 'Running' | 'ImagePullBackOff' | 'Terminating';
  /** The image that cannot be pulled. */
  missingImage?: string;
  createdAt: string;
  /** Since when it runs. */
  startedAt?: string;
  /** Since when it is to end. */
  deletedAt?: string;
}

/** A generation of a workload's pods. */
export interface ReplicaSet {
  name: string;
  uid: string;
  template: PodTemplate;
  revision: number;
  createdAt: string;
}

/** A resource that is there, with the pods that it runs. */
export interface LiveResource {
  manifest: Manifest;
  uid: string;
  createdAt: string;
  replicaSets: ReplicaSet[];
  pods: Pod[];
  /** The new pods did not come up in time. */
  deadlineExceeded: boolean;
}

/** What an Application's resources are in the cluster that the sandbox pretends to have. */
export class LiveResources {
  readonly #resources = new Map<string, LiveResource>();
  #podsMade = 0;

  get resources(): LiveResource[] {
    return [...this.#resources.values()];
  }

  get manifests(): Manifest[] {
    return this.resources.map(({ manifest }) => manifest);
  }

  /** Every image that a pod runs or is to run. */
  get images(): string[] {
    const images = this.#pods().flatMap(({ template }) => template.images);
    return [...new Set(images)].sort();
  }

  get(key: string): LiveResource | undefined {
    return this.#resources.get(key);
  }

  /**
   * Makes the resources be as rendered. Pods of a workload whose template changed are added beside those that run.
   *
   * @param running - whether new pods run at once, as those that were there before the sandbox began
   */
  apply(manifests: Manifest[], now: string, running = false): void {
    const wanted = new Set(manifests.map(resourceKey));
    for (const key of this.#resources.keys()) {
      if (!wanted.has(key)) {
        this.#resources.delete(key);
      }
    }
    for (const manifest of manifests) {
      const key = resourceKey(manifest);
      const resource = this.#resources.get(key) ?? {
        manifest,
        uid: uidOf(key),
        createdAt: now,
        replicaSets: [],
        pods: [],
        deadlineExceeded: false,
      };
      resource.manifest = manifest;
      this.#resources.set(key, resource);
      if (isWorkload(manifest)) {
        this.#roll(resource, now, running);
      }
    }
  }

  /** Lets new pods try to start. Returns whether every one of them runs now. */
  startPods(hasImage: (image: string) => boolean, now: string): boolean {
    for (const pod of this.#pods()) {
      if (pod.phase === 'Pending' || pod.phase === 'ImagePullBackOff') {
        pod.missingImage = pod.template.images.find(image => !hasImage(image));
        pod.phase = pod.missingImage ? 'ImagePullBackOff' : 'Running';
        pod.startedAt = pod.missingImage ? undefined : now;
      }
    }
    for (const resource of this.resources) {
      if (resource.pods.some(pod => isCurrent(resource, pod) && isUp(pod))) {
        resource.deadlineExceeded = false;
        for (const pod of resource.pods) {
          if (!isCurrent(resource, pod)) {
            pod.phase = 'Terminating';
            pod.deletedAt ??= now;
          }
        }
      }
    }
    return this.resources.every(resource => !isRolling(resource));
  }

  removeTerminated(): void {
    for (const resource of this.resources) {
      resource.pods = resource.pods.filter(
        ({ phase }) => phase !== 'Terminating',
      );
    }
  }

  /** Gives up waiting for pods that do not come up. */
  exceedDeadline(): void {
    for (const resource of this.resources) {
      resource.deadlineExceeded = isRolling(resource);
    }
  }

  #roll(resource: LiveResource, now: string, running: boolean): void {
    const template = podTemplateOf(resource.manifest);
    const latest = resource.replicaSets.reduce(
      (highest, { revision }) => Math.max(highest, revision),
      0,
    );
    const { name } = resource.manifest.metadata;
    const replicaSet = replicaSetOf(resource, template);
    if (!replicaSet) {
      resource.replicaSets.push({
        name: `${name}-${template.hash}`,
        uid: uidOf(`${resource.uid}/${template.hash}`),
        template,
        revision: latest + 1,
        createdAt: now,
      });
    } else if (replicaSet.revision !== latest) {
      replicaSet.revision = latest + 1;
    }
    // A pod that never came up makes way at once for the one that is wanted now.
    resource.pods = resource.pods.filter(
      pod => isUp(pod) || pod.template.hash === template.hash,
    );
    resource.deadlineExceeded &&= isRolling(resource);
    if (!resource.pods.some(pod => pod.template.hash === template.hash)) {
      const suffix = uidOf(`${resource.uid}/${this.#podsMade++}`).slice(0, 5);
      resource.pods.push({
        name: `${name}-${template.hash}-${suffix}`,
        uid: uidOf(`${resource.uid}/${suffix}`),
        template,
        phase: running ? 'Running' : 'Pending',
        createdAt: now,
        startedAt: running ? now : undefined,
      });
    }
  }

  #pods(): Pod[] {
    return this.resources.flatMap(({ pods }) => pods);
  }
}

/** The health that Argo CD would see in a resource; undefined for kinds that have none. */
export function healthOf(resource: LiveResource): Health | undefined {
  const { manifest, deadlineExceeded } = resource;
  if (isWorkload(manifest)) {
    if (!isRolling(resource)) {
      return { status: 'Healthy' };
    }
    return deadlineExceeded
      ? {
          status: 'Degraded',
          message: `${manifest.kind} "${manifest.metadata.name}" exceeded its progress deadline`,
        }
      : {
          status: 'Progressing',
          message: resource.pods.some(isUp)
            ? 'Waiting for rollout to finish: 1 old replicas are pending termination...'
            : 'Waiting for rollout to finish: 0 of 1 updated replicas are available...',
        };
  }
  return manifest.kind === 'Service' || manifest.kind === 'Ingress'
    ? { status: 'Healthy' }
    : undefined;
}

/** Whether the pods that a workload wants are not up yet, or a pod is not the one it wants any more. */
export function isRolling(resource: LiveResource): boolean {
  return (
    isWorkload(resource.manifest) &&
    !resource.pods.some(pod => isCurrent(resource, pod) && isUp(pod))
  );
}

/** Whether a pod is one that its workload wants. */
export function isCurrent(resource: LiveResource, pod: Pod): boolean {
  return pod.template.hash === podTemplateOf(resource.manifest).hash;
}

/** The generation of a workload that has pods of a template. */
export function replicaSetOf(
  { replicaSets }: LiveResource,
  { hash }: PodTemplate,
): ReplicaSet | undefined {
  return replicaSets.find(({ template }) => template.hash === hash);
}

/** What the node says of an image that it cannot pull. */
export function backOffMessage({ missingImage }: Pod): string {
  return `Back-off pulling image "${missingImage}"`;
}

/** Whether a pod runs, and is to go on. */
export function isUp({ phase }: Pod): boolean {
  return phase === 'Running';
}
