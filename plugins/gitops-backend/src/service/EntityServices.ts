import {
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  AuthorizeResult,
  ResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  EntityName,
  GitopsRights,
  gitopsPromotionCreatePermission,
  gitopsPromotionMergePermission,
  serviceReference,
  ServiceReference,
  SERVICE_ANNOTATION,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** Which service a catalog entity names, and what somebody may do with it. */
export class EntityServices {
  readonly #catalog: CatalogService;
  readonly #permissions: PermissionsService;

  constructor(options: {
    catalog: CatalogService;
    permissions: PermissionsService;
  }) {
    this.#catalog = options.catalog;
    this.#permissions = options.permissions;
  }

  /**
   * What an entity says of its service, as the caller may see it.
   *
   * @throws NotFoundError where there is no such entity for the caller, or it names no service; NotAllowedError where
   * the caller lacks the permission.
   */
  async serviceOf(
    entityName: EntityName,
    permission: ResourcePermission<'catalog-entity'>,
    credentials: BackstageCredentials,
  ): Promise<{ reference: ServiceReference; entityRef: string }> {
    const entity = await this.#catalog.getEntityByRef(entityName, {
      credentials,
    });
    const entityRef = stringifyEntityRef(entityName);
    if (!entity) {
      throw new NotFoundError(`There is no entity ${entityRef}`);
    }
    await this.assertAllowed(entityRef, permission, credentials);
    const reference = serviceReference(entity.metadata.annotations);
    if (!reference) {
      throw new NotFoundError(
        `${entityRef} has no environments: it has no annotation ${SERVICE_ANNOTATION} that names its service`,
      );
    }
    return { reference, entityRef };
  }

  /** @throws NotAllowedError where the caller lacks the permission on the entity. */
  async assertAllowed(
    entityRef: string,
    permission: ResourcePermission<'catalog-entity'>,
    credentials: BackstageCredentials,
  ): Promise<void> {
    const [decision] = await this.#permissions.authorize(
      [{ permission, resourceRef: entityRef }],
      { credentials },
    );
    if (decision.result !== AuthorizeResult.ALLOW) {
      throw new NotAllowedError(
        `You lack the permission ${permission.name} on ${entityRef}; ask its owner`,
      );
    }
  }

  /** What the caller may do besides looking. */
  async rights(
    entityRef: string,
    credentials: BackstageCredentials,
  ): Promise<GitopsRights> {
    const [promote, merge] = await this.#permissions.authorize(
      [gitopsPromotionCreatePermission, gitopsPromotionMergePermission].map(
        permission => ({ permission, resourceRef: entityRef }),
      ),
      { credentials },
    );
    return {
      promote: promote.result === AuthorizeResult.ALLOW,
      merge: merge.result === AuthorizeResult.ALLOW,
    };
  }
}
