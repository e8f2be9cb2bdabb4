import { DeclaredApplication } from '../argocd/model';

/** The environments of every service, in promotion order, and the version that each begins with. */
export const ENVIRONMENTS = [
  { name: 'local', version: '1.4.2' },
  { name: 'stage', version: '1.4.1' },
  { name: 'prod', version: '1.4.0' },
] as const;

// A real estate is never whole: the last environment of one service in so many cannot pull its image.
const SERVICES_PER_TROUBLE = 100;

/** The Argo CD Application of one environment of one service. */
export interface EstateApplication {
  name: string;
  service: string;
  environment: string;
  version: string;
  overlayPath: string;
  /** What Argo CD says of it; the rest is Healthy. */
  degraded: boolean;
}

/** The names of the services of an estate: `service-0001` and so on. */
export function serviceNames(services: number): string[] {
  return Array.from(
    { length: services },
    (_, index) => `service-${String(index + 1).padStart(4, '0')}`,
  );
}

/** The Applications of an estate, service by service, in promotion order. */
export function estateApplications(services: number): EstateApplication[] {
  return serviceNames(services).flatMap((service, index) =>
    ENVIRONMENTS.map(({ name, version }, place) => ({
      name: `${service}-${name}`,
      service,
      environment: name,
      version,
      overlayPath: overlayPath(service, name),
      degraded:
        place === ENVIRONMENTS.length - 1 &&
        (index + 1) % SERVICES_PER_TROUBLE === 0,
    })),
  );
}

/** Where the overlay of a service's environment is. */
export function overlayPath(service: string, environment: string): string {
  return `apps/${service}/overlays/${environment}`;
}

/** The image that the overlays of a service pin. */
export function imageOf(service: string): string {
  return `registry.example.com/${service}`;
}

/** The host that an environment of a service answers at. */
export function hostOf(service: string, environment: string): string {
  return `${service}.${environment}.example.com`;
}

/** Every file of an estate's infra repository, in the layout of this repository. */
export function* estateFiles(
  services: number,
  repositoryUrl: string,
): Generator<{ path: string; text: string }> {
  const applications = estateApplications(services);
  yield {
    path: 'bootstrap/kustomization.yaml',
    text: kustomization(
      applications.map(({ name }) => `${name}-application.yaml`),
    ),
  };
  for (const application of applications) {
    yield {
      path: `bootstrap/${application.name}-application.yaml`,
      text: applicationYaml(declaredApplication(application, repositoryUrl)),
    };
    yield {
      path: `${application.overlayPath}/kustomization.yaml`,
      text: overlay(application),
    };
  }
  for (const service of serviceNames(services)) {
    const base = `apps/${service}/base`;
    yield {
      path: `${base}/kustomization.yaml`,
      text: kustomization(['deployment.yaml', 'service.yaml', 'ingress.yaml']),
    };
    yield { path: `${base}/deployment.yaml`, text: deployment(service) };
    yield { path: `${base}/service.yaml`, text: kubernetesService(service) };
    yield { path: `${base}/ingress.yaml`, text: ingress(service) };
  }
}

/** An Application as `bootstrap/` declares it. */
export function declaredApplication(
  { name, service, environment, overlayPath: path }: EstateApplication,
  repositoryUrl: string,
): DeclaredApplication {
  const place = ENVIRONMENTS.findIndex(known => known.name === environment);
  return {
    metadata: {
      name,
      namespace: 'argocd',
      labels: { 'app.kubernetes.io/part-of': service },
      ...(place > 0 && {
        annotations: {
          'gitops-infra.dev/promotes-from': `${service}-${
            ENVIRONMENTS[place - 1].name
          }`,
        },
      }),
    },
    spec: {
      project: 'default',
      source: { repoURL: repositoryUrl, targetRevision: 'main', path },
      destination: {
        server: 'https://kubernetes.default.svc',
        namespace: name,
      },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: ['CreateNamespace=true'],
      },
    },
  };
}

function applicationYaml({ metadata, spec }: DeclaredApplication): string {
  const from = metadata.annotations?.['gitops-infra.dev/promotes-from'];
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${metadata.name}
  namespace: ${metadata.namespace}
  labels:
    app.kubernetes.io/part-of: ${metadata.labels?.['app.kubernetes.io/part-of']}
${
  from
    ? `  annotations:
    gitops-infra.dev/promotes-from: ${from}
`
    : ''
}spec:
  project: ${spec.project}
  source:
    repoURL: ${spec.source.repoURL}
    targetRevision: ${spec.source.targetRevision}
    path: ${spec.source.path}
  destination:
    server: ${spec.destination.server}
    namespace: ${spec.destination.namespace}
  syncPolicy:
    automated:
      prune: true
      selfHeal: true
    syncOptions:
      - CreateNamespace=true
`;
}

function kustomization(resources: string[]): string {
  return `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
${resources.map(resource => `  - ${resource}\n`).join('')}`;
}

function overlay({
  service,
  environment,
  name,
  version,
}: EstateApplication): string {
  return `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: ${name}
resources:
  - ../../base
images:
  - name: ${service}
    newName: ${imageOf(service)}
    newTag: "${version}" # keep quoted: Kustomize wants a string
patches:
  - target:
      kind: Ingress
      name: ${service}
    patch: |-
      - op: replace
        path: /spec/rules/0/host
        value: ${hostOf(service, environment)}
`;
}

function labels(service: string, indent: string): string {
  return [
    `app.kubernetes.io/name: ${service}`,
    `backstage.io/kubernetes-id: ${service}`,
  ]
    .map(label => `${indent}${label}\n`)
    .join('');
}

function deployment(service: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${service}
  labels:
${labels(service, '    ')}spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: ${service}
  template:
    metadata:
      labels:
${labels(service, '        ')}    spec:
      containers:
        - name: ${service}
          # The overlays say which image and version this name stands for.
          image: ${service}
          ports:
            - name: http
              containerPort: 8080
          readinessProbe:
            httpGet:
              path: /
              port: http
          resources:
            requests:
              cpu: 10m
              memory: 32Mi
            limits:
              memory: 128Mi
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
`;
}

function kubernetesService(service: string): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${service}
  labels:
${labels(service, '    ')}spec:
  selector:
    app.kubernetes.io/name: ${service}
  ports:
    - name: http
      port: 80
      targetPort: http
`;
}

function ingress(service: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${service}
  labels:
${labels(service, '    ')}spec:
  rules:
    - host: ${service}.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ${service}
                port:
                  name: http
`;
}
