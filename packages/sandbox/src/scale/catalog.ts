import { stringify } from 'yaml';
import { serviceNames } from './estate';

/** The group that owns every service. */
export const ESTATE_OWNER = 'group:default/estate-team';

/** The user that signs in as a guest, and the group. */
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

/** A catalog file with a Component for each service of an estate, and a guest in the team that owns them. */
export function catalogYaml(services: number): string {
  const components = serviceNames(services).map(service => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: {
      name: service,
      annotations: { 'gitops-infra.dev/service': service },
    },
    spec: {
      type: 'service',
      lifecycle: 'production',
      owner: ESTATE_OWNER,
    },
  }));
  return [...OWNER, ...components]
    .map(entity => stringify(entity))
    .join('---\n');
}
