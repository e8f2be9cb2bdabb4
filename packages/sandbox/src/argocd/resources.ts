import { createHash } from 'node:crypto';
import { Manifest } from './model';

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** `group/kind/namespace/name`: resources of a cluster are unique by it. */
export function resourceKey(manifest: Manifest): string {
  const { kind, metadata } = manifest;
  return [
    groupOf(manifest) ?? '',
    kind,
    metadata.namespace ?? '',
    metadata.name,
  ].join('/');
}

/** The API group, or undefined for the core one. */
export function groupOf({ apiVersion }: Manifest): string | undefined {
  return apiVersion.includes('/') ? apiVersion.split('/')[0] : undefined;
}

export function versionOf({ apiVersion }: Manifest): string {
  return apiVersion.split('/').pop() ?? apiVersion;
}

/** Whether a resource runs pods. */
export function isWorkload({ kind }: Manifest): boolean {
  return WORKLOADS.includes(kind);
}

/** A container as a workload declares it. */
export interface Container {
  name: string;
  image?: string;
  ports?: object[];
  resources?: {
    requests?: Record<string, string>;
    limits?: Record<string, string>;
  };
}

/** What a workload declares of its pods. */
export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
}

/** The pods that a workload asks for. */
export interface PodTemplate {
  hash: string;
  labels: Record<string, string>;
  annotations?: Record<string, string>;
  images: string[];
  spec: PodSpec;
}

export function podTemplateOf(workload: Manifest): PodTemplate {
  const { template } = (workload.spec ?? {}) as {
    template?: {
      metadata?: Partial<Pick<PodTemplate, 'labels' | 'annotations'>>;
      spec?: PodSpec;
    };
  };
  const { metadata = {}, spec = {} } = template ?? {};
  const { containers = [], initContainers = [] } = spec;
  return {
    hash: fingerprint(template).slice(0, 9),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations,
    images: [...initContainers, ...containers].flatMap(
      ({ image }) => image ?? [],
    ),
    spec,
  };
}

/** The labels of the pods that are made from a template. */
export function podLabelsOf({
  labels,
  hash,
}: PodTemplate): Record<string, string> {
  return { ...labels, 'pod-template-hash': hash };
}

/** The addresses that the Ingresses among resources answer at. */
export function externalUrlsOf(manifests: Iterable<Manifest>): string[] {
  const urls: string[] = [];
  for (const { kind, spec } of manifests) {
    if (kind === 'Ingress') {
      const { rules = [], tls = [] } = (spec ?? {}) as {
        rules?: { host?: string; http?: { paths?: { path?: string }[] } }[];
        tls?: { hosts?: string[] }[];
      };
      for (const { host, http } of rules) {
        const secure = tls.some(({ hosts }) => hosts?.includes(host ?? ''));
        for (const { path } of http?.paths ?? []) {
          urls.push(`${secure ? 'https' : 'http'}://${host}${path ?? '/'}`);
        }
      }
    }
  }
  return [...new Set(urls)].sort();
}

/** The names of the Services that an Ingress leads to. */
export function backendsOf({ spec }: Manifest): string[] {
  const { rules = [] } = (spec ?? {}) as {
    rules?: {
      http?: { paths?: { backend?: { service?: { name: string } } }[] };
    }[];
  };
  const names = rules
    .flatMap(({ http }) => http?.paths ?? [])
    .flatMap(({ backend }) => backend?.service?.name ?? []);
  return [...new Set(names)];
}

/** Whether two resources are declared alike. */
export function sameManifest(
  one: Manifest | undefined,
  other: Manifest | undefined,
): boolean {
  return fingerprint(one) === fingerprint(other);
}

/** The same for the same content; kustomize always writes keys in the same order. */
export function fingerprint(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('hex');
}

/** A UUID that is the same for the same text. */
export function uidOf(text: string): string {
  const hex = fingerprint(text);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
