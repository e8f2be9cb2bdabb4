import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import { ResourcePermission } from '@backstage/plugin-permission-common';
import { Request } from 'express';
import { PromotionStore, StoredPromotion } from '../database/PromotionStore';
import { ReadModel } from '../readmodel/ReadModel';
import { ServiceState } from '../readmodel/Services';
import { EntityServices } from './EntityServices';
import { entityName } from './paths';

/** The service or the promotion that a request is about, for those who may do with it what the request wants. */
export class Permitted {
  readonly #entities: EntityServices;
  readonly #readModel: ReadModel;
  readonly #store: PromotionStore;

  constructor(options: {
    entities: EntityServices;
    readModel: ReadModel;
    store: PromotionStore;
  }) {
    this.#entities = options.entities;
    this.#readModel = options.readModel;
    this.#store = options.store;
  }

  /**
   * The service of the entity in the path, with what any process knew of it when the request came.
   *
   * @throws as `EntityServices.serviceOf` and `ReadModel.serviceOf`
   */
  async service(
    req: Request,
    permission: ResourcePermission<'catalog-entity'>,
    credentials: BackstageCredentials,
  ): Promise<{ state: ServiceState; entityRef: string }> {
    const { reference, entityRef } = await this.#entities.serviceOf(
      entityName(req),
      permission,
      credentials,
    );
    await this.#readModel.catchUp();
    return { state: this.#readModel.serviceOf(reference), entityRef };
  }

  /**
   * The promotion in the path.
   *
   * @throws NotFoundError where there is none; NotAllowedError where the caller lacks the permission on its entity.
   */
  async promotion(
    req: Request,
    permission: ResourcePermission<'catalog-entity'>,
    credentials: BackstageCredentials,
  ): Promise<StoredPromotion> {
    const promotion = await this.#store.get(req.params.promotion);
    if (!promotion) {
      throw new NotFoundError(`There is no promotion ${req.params.promotion}`);
    }
    await this.#entities.assertAllowed(
      promotion.entityRef,
      permission,
      credentials,
    );
    return promotion;
  }
}
