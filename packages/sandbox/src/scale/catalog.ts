import { stringify } from 'yaml';
import { serviceNames } from './estate';

/** The user that signs in as a guest, and the group that owns every service. */
const OWNER = [
  {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'User',
    metadata: { name: 'guest' },
    spec: { memberOf: ['estate-team'] },
  },
  {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Group',
    metadata: { name: 'estate-team' },
    spec: { type: 'team', children: [] },
  },
];

/** The services of an estate that have a catalog entity: so many, evenly spread. */
export function cataloguedServices(
  services: number,
  components: number,
): string[] {
  const names = serviceNames(services);
  const count = Math.min(components, services);
  return Array.from(
    { length: count },
    (_, index) => names[Math.floor((index * services) / count)],
  );
}

/** A catalog file with a Component for each of some services, and a guest in the team that owns them. */
export function catalogYaml(services: readonly string[]): string {
  const components = services.map(service => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name: service,
      annotations: { 'gitops-infra.dev/service': service },
    },
    spec: {
      type: 'service',
      lifecycle: 'production',
      owner: 'group:default/estate-team',
    },
  }));
  return [...OWNER, ...components]
    .map(entity => stringify(entity))
    .join('---\n');
}
