import type {
  EntityName,
  ServiceReference,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** What a card is about. */
export interface Subject {
  entity: EntityName;
  /** How the entity says which service it is. */
  reference: ServiceReference;
  /** Whom to ask for rights, in words. */
  owner: string;
  /** Whether the entity's page has the tab of the Kubernetes plugin. */
  hasKubernetes?: boolean;
}
