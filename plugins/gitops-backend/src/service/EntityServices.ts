import {
  AuthService,
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import {
  AuthorizeResult,
  PolicyDecision,
  ResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  EntityName,
  gitopsApplicationSyncPermission,
  gitopsEnvironmentReadPermission,
  GitopsRights,
  gitopsPromotionCreatePermission,
  gitopsPromotionMergePermission,
  serviceReference,
  ServiceReference,
  SERVICE_ANNOTATION,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** How long the annotations of an entity are remembered for page views; they change seldom. */
const ANNOTATIONS_REMEMBERED_MS = 60_000;
const MAX_ANNOTATIONS = 10_000;

/** What a caller may know of an entity's service. */
export interface SeenService {
  reference: ServiceReference;
  rights: GitopsRights;
}

/** Which service a catalog entity names, and what somebody may do with it. */
export class EntityServices {
  readonly #auth: AuthService;
  readonly #catalog: CatalogService;
  readonly #permissions: PermissionsService;
  readonly #now: () => number;
  // In the order in which they were read.
  readonly #annotations = new Map<
    string,
    { since: number; annotations: Record<string, string> }
  >();

  /** @param options.now - milliseconds of a clock that does not jump */
  constructor(options: {
    auth: AuthService;
    catalog: CatalogService;
    permissions: PermissionsService;
    now?: () => number;
  }) {
    this.#auth = options.auth;
    this.#catalog = options.catalog;
    this.#permissions = options.permissions;
    this.#now = options.now ?? (() => performance.now());
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
    return {
      reference: referenceIn(entity.metadata.annotations, entityRef),
      entityRef,
    };
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
    if (!isAllowed(decision)) {
      throw lacking(permission, entityRef);
    }
  }

  /** Whether the caller may read the environments of every service, whichever entity is asked about. */
  async seesAll(credentials: BackstageCredentials): Promise<boolean> {
    const [decision] = await this.#permissions.authorizeConditional(
      [{ permission: gitopsEnvironmentReadPermission }],
      { credentials },
    );
    return isAllowed(decision);
  }

  /**
   * What an entity says of its service and what the caller may do with it, in one question to the permissions. The
   * entity itself is remembered for a minute for all callers; whether the caller may see it is asked for each.
   *
   * @throws as `serviceOf`, for reading environments
   */
  async seenBy(
    entityName: EntityName,
    credentials: BackstageCredentials,
  ): Promise<SeenService> {
    const entityRef = stringifyEntityRef(entityName);
    const [annotations, [entity, read, promote, merge, sync]] =
      await Promise.all([
        this.#annotationsOf(entityRef),
        this.#permissions.authorize(
          [
            catalogEntityReadPermission,
            gitopsEnvironmentReadPermission,
            gitopsPromotionCreatePermission,
            gitopsPromotionMergePermission,
            gitopsApplicationSyncPermission,
          ].map(permission => ({ permission, resourceRef: entityRef })),
          { credentials },
        ),
      ]);
    if (!annotations || !isAllowed(entity)) {
      throw new NotFoundError(`There is no entity ${entityRef}`);
    }
    if (!isAllowed(read)) {
      throw lacking(gitopsEnvironmentReadPermission, entityRef);
    }
    return {
      reference: referenceIn(annotations, entityRef),
      rights: {
        promote: isAllowed(promote),
        merge: isAllowed(merge),
        sync: isAllowed(sync),
      },
    };
  }

  async #annotationsOf(
    entityRef: string,
  ): Promise<Record<string, string> | undefined> {
    const now = this.#now();
    const known = this.#annotations.get(entityRef);
    if (known && now - known.since < ANNOTATIONS_REMEMBERED_MS) {
      return known.annotations;
    }
    const entity = await this.#catalog.getEntityByRef(entityRef, {
      credentials: await this.#auth.getOwnServiceCredentials(),
    });
    if (!entity) {
      this.#annotations.delete(entityRef);
      return undefined;
    }
    const annotations = entity.metadata.annotations ?? {};
    this.#annotations.delete(entityRef);
    this.#annotations.set(entityRef, { since: now, annotations });
    if (this.#annotations.size > MAX_ANNOTATIONS) {
      this.#annotations.delete(this.#annotations.keys().next().value ?? '');
    }
    return annotations;
  }
}

function referenceIn(
  annotations: Record<string, string> | undefined,
  entityRef: string,
): ServiceReference {
  const reference = serviceReference(annotations);
  if (!reference) {
    throw new NotFoundError(
      `${entityRef} has no environments: it has no annotation ${SERVICE_ANNOTATION} that names its service`,
    );
  }
  return reference;
}

function isAllowed({ result }: PolicyDecision): boolean {
  return result === AuthorizeResult.ALLOW;
}

function lacking(
  { name }: ResourcePermission<'catalog-entity'>,
  entityRef: string,
): NotAllowedError {
  return new NotAllowedError(
    `You lack the permission ${name} on ${entityRef}; ask its owner`,
  );
}
