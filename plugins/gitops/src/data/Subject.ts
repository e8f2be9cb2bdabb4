import type { EntityName } from '@gitops-infra/backstage-plugin-gitops-common';

/** What a card is about. */
export interface Subject {
  entity: EntityName;
  /** The service that the entity's annotation names. */
  service: string;
  /** Whom to ask for rights, in words. */
  owner: string;
}
