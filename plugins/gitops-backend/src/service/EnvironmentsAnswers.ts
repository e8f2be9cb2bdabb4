import {
  Environment,
  environmentOf,
  EnvironmentsResponse,
  EnvironmentView,
  Promotion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { PromotionsUnderWay } from '../readmodel/PromotionsUnderWay';
import { ReadModel } from '../readmodel/ReadModel';
import { ServiceState } from '../readmodel/Services';
import { SeenService } from './EntityServices';

/** An answer without what is other for every caller and at every moment, as JSON. */
interface KnownAnswer {
  promotions: readonly Promotion[];
  /** The service and its repository. */
  begin: string;
  /** Each environment without its end, where its freshness goes. */
  environments: string[];
}

/** Answers of `GET …/environments` from what is known. Nobody is asked anything. */
export class EnvironmentsAnswers {
  readonly #readModel: ReadModel;
  readonly #underWay: PromotionsUnderWay;
  readonly #asUser: true | undefined;
  readonly #known = new WeakMap<EnvironmentView[], KnownAnswer>();

  /** @param asUser - whether pull requests are opened, merged and closed with the token of the person who asks */
  constructor(
    readModel: ReadModel,
    underWay: PromotionsUnderWay,
    asUser: boolean,
  ) {
    this.#readModel = readModel;
    this.#underWay = underWay;
    this.#asUser = asUser || undefined;
  }

  /** @throws as `ReadModel.serviceOf` */
  answer({ reference, rights }: SeenService): EnvironmentsResponse {
    const state = this.#readModel.serviceOf(reference);
    const promotions = this.#promotionsOf(state);
    return {
      service: state.service,
      repository: state.repository,
      environments: this.#readModel
        .viewsOf(state)
        .map(view =>
          environmentOf(view, promotions, this.#freshnessOf(state, view)),
        ),
      rights,
      asUser: this.#asUser,
    };
  }

  /** Remembers that an answer was held against the API's description, so that it can be given again as it is. */
  remember({ reference }: SeenService): void {
    const state = this.#readModel.serviceOf(reference);
    const views = this.#readModel.viewsOf(state);
    const promotions = this.#promotionsOf(state);
    const { service, repository } = state;
    this.#known.set(views, {
      promotions,
      begin: JSON.stringify({
        service,
        repository,
        asUser: this.#asUser,
      }).slice(0, -1),
      environments: views.map(view =>
        JSON.stringify({
          ...view,
          promotion: promotions.find(({ to }) => to === view.name),
        }).slice(0, -1),
      ),
    });
  }

  /**
   * The answer as JSON, where all of it but its age was given before.
   *
   * @throws as `ReadModel.serviceOf`
   */
  remembered({ reference, rights }: SeenService): string | undefined {
    const state = this.#readModel.serviceOf(reference);
    const views = this.#readModel.viewsOf(state);
    const known = this.#known.get(views);
    if (!known || known.promotions !== this.#promotionsOf(state)) {
      return undefined;
    }
    const environments = known.environments.map(
      (environment, index) =>
        `${environment},"freshness":${JSON.stringify(
          this.#freshnessOf(state, views[index]),
        )}}`,
    );
    return `${known.begin},"environments":[${environments.join(
      ',',
    )}],"rights":${JSON.stringify(rights)}}`;
  }

  #promotionsOf({ repository, service }: ServiceState): readonly Promotion[] {
    return this.#underWay.of(repository.url, service);
  }

  #freshnessOf(
    state: ServiceState,
    view: EnvironmentView,
  ): Environment['freshness'] {
    return this.#readModel.freshnessOf(state, view, new Date());
  }
}
