import { ResponseError } from '@backstage/errors';
import type {
  ApplicationRequestResponse,
  EarlierStatesResponse,
  EnvironmentsResponse,
  MergeGatesResponse,
  MergeRequest,
  PageRequest,
  Promotion,
  PromotionDetails,
  PromotionPreviewResponse,
  PromotionRequest,
  PromotionResponse,
  PromotionsRequest,
  PromotionsResponse,
  PromotionTimelineResponse,
  RefreshRequest,
  RefreshResponse,
  StatusResponse,
} from './types';

/** Names a catalog entity. @public */
export interface EntityName {
  kind: string;
  namespace: string;
  name: string;
}

/** With what GitHub is written to. @public */
export interface WriteOptions {
  /** The person's own GitHub token, where the backend says `asUser`; it is sent with this request alone. */
  githubToken?: string;
}

/**
 * The gitops backend, as its users call it. Every method rejects with a `ResponseError` when the backend says no.
 * @public
 */
export interface GitopsApi {
  /** The environments of the service that the entity names, in promotion order. Makes no call to GitHub or Argo CD. */
  getEnvironments(entity: EntityName): Promise<EnvironmentsResponse>;
  /** How the following of each upstream stands. */
  getStatus(): Promise<StatusResponse>;
  /** Has Argo CD compare the environment's Application with Git now; resolves once it took the request. */
  refreshApplication(
    entity: EntityName,
    environment: string,
    request?: RefreshRequest,
  ): Promise<ApplicationRequestResponse>;
  /** Whether Argo CD still compares the environment's Application with Git after a refresh. Asks Argo CD. */
  getRefresh(entity: EntityName, environment: string): Promise<RefreshResponse>;
  /** Has Argo CD sync the environment's Application to what Git says; resolves once it took the request. */
  syncApplication(
    entity: EntityName,
    environment: string,
  ): Promise<ApplicationRequestResponse>;
  /** What a promotion would change; changes nothing. */
  previewPromotion(
    entity: EntityName,
    request: PromotionRequest,
  ): Promise<PromotionPreviewResponse>;
  /** What an environment pinned before, newest first: what it can be rolled back to. Asks GitHub. */
  getEarlierStates(
    entity: EntityName,
    environment: string,
  ): Promise<EarlierStatesResponse>;
  /** Opens the pull request, or finds the one that is open for the target and updates it where it has another change. */
  promote(
    entity: EntityName,
    request: PromotionRequest,
    options?: WriteOptions,
  ): Promise<PromotionResponse>;
  /** Promotions of the service, newest first, a page at a time. */
  getPromotions(
    entity: EntityName,
    request?: PromotionsRequest,
  ): Promise<PromotionsResponse>;
  /** One promotion with how long it took. */
  getPromotion(id: string): Promise<PromotionDetails>;
  /** What happened to a promotion, newest first, a page at a time. */
  getPromotionTimeline(
    id: string,
    page?: PageRequest,
  ): Promise<PromotionTimelineResponse>;
  /** What the gates say of merging the pull request now. */
  getMergeGates(id: string): Promise<MergeGatesResponse>;
  /** Merges the pull request at the head commit that the promotion names. */
  mergePromotion(
    id: string,
    request?: MergeRequest,
    options?: WriteOptions,
  ): Promise<Promotion>;
  /** Closes the pull request, and deletes its branch if nobody pushed to it; where there is none yet, none is opened any more. */
  closePromotion(id: string, options?: WriteOptions): Promise<Promotion>;
}

/**
 * `GitopsApi` over HTTP.
 * @public
 */
export class GitopsClient implements GitopsApi {
  readonly #discovery: { getBaseUrl(pluginId: string): Promise<string> };
  readonly #fetchApi: { fetch: typeof fetch };

  constructor(options: {
    discoveryApi: { getBaseUrl(pluginId: string): Promise<string> };
    fetchApi: { fetch: typeof fetch };
  }) {
    this.#discovery = options.discoveryApi;
    this.#fetchApi = options.fetchApi;
  }

  getEnvironments(entity: EntityName): Promise<EnvironmentsResponse> {
    return this.#call('GET', `${entityPath(entity)}/environments`);
  }

  getStatus(): Promise<StatusResponse> {
    return this.#call('GET', '/status');
  }

  refreshApplication(
    entity: EntityName,
    environment: string,
    { mode }: RefreshRequest = {},
  ): Promise<ApplicationRequestResponse> {
    return this.#call(
      'POST',
      `${environmentPath(entity, environment)}/refresh${queryOf({ mode })}`,
    );
  }

  getRefresh(
    entity: EntityName,
    environment: string,
  ): Promise<RefreshResponse> {
    return this.#call('GET', `${environmentPath(entity, environment)}/refresh`);
  }

  syncApplication(
    entity: EntityName,
    environment: string,
  ): Promise<ApplicationRequestResponse> {
    return this.#call('POST', `${environmentPath(entity, environment)}/sync`);
  }

  previewPromotion(
    entity: EntityName,
    request: PromotionRequest,
  ): Promise<PromotionPreviewResponse> {
    return this.#call(
      'POST',
      `${entityPath(entity)}/promotions/preview`,
      request,
    );
  }

  getEarlierStates(
    entity: EntityName,
    environment: string,
  ): Promise<EarlierStatesResponse> {
    return this.#call(
      'GET',
      `${entityPath(entity)}/earlier-states/${encodeURIComponent(environment)}`,
    );
  }

  promote(
    entity: EntityName,
    request: PromotionRequest,
    options?: WriteOptions,
  ): Promise<PromotionResponse> {
    return this.#call(
      'POST',
      `${entityPath(entity)}/promotions`,
      request,
      options,
    );
  }

  getPromotions(
    entity: EntityName,
    { to, ...page }: PromotionsRequest = {},
  ): Promise<PromotionsResponse> {
    const query = queryOf({ to, ...pageQuery(page) });
    return this.#call('GET', `${entityPath(entity)}/promotions${query}`);
  }

  getPromotion(id: string): Promise<PromotionDetails> {
    return this.#call('GET', `/promotions/${encodeURIComponent(id)}`);
  }

  getPromotionTimeline(
    id: string,
    page: PageRequest = {},
  ): Promise<PromotionTimelineResponse> {
    const query = queryOf(pageQuery(page));
    return this.#call(
      'GET',
      `/promotions/${encodeURIComponent(id)}/timeline${query}`,
    );
  }

  getMergeGates(id: string): Promise<MergeGatesResponse> {
    return this.#call('GET', `/promotions/${encodeURIComponent(id)}/gates`);
  }

  mergePromotion(
    id: string,
    request: MergeRequest,
    options?: WriteOptions,
  ): Promise<Promotion> {
    return this.#call(
      'POST',
      `/promotions/${encodeURIComponent(id)}/merge`,
      request,
      options,
    );
  }

  closePromotion(id: string, options?: WriteOptions): Promise<Promotion> {
    return this.#call(
      'POST',
      `/promotions/${encodeURIComponent(id)}/close`,
      undefined,
      options,
    );
  }

  async #call<T>(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    { githubToken }: WriteOptions = {},
  ): Promise<T> {
    const baseUrl = await this.#discovery.getBaseUrl('gitops');
    const response = await this.#fetchApi.fetch(`${baseUrl}${path}`, {
      method,
      ...((body !== undefined || githubToken !== undefined) && {
        headers: {
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(githubToken !== undefined && {
            'X-Gitops-Github-Token': githubToken,
          }),
        },
      }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) {
      throw await ResponseError.fromResponse(response);
    }
    return (await response.json()) as T;
  }
}

function queryOf(values: Record<string, string | undefined>): string {
  const query = new URLSearchParams(
    Object.entries(values).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  ).toString();
  return query && `?${query}`;
}

function pageQuery({ limit, cursor }: PageRequest) {
  return { limit: limit?.toString(), cursor };
}

function environmentPath(entity: EntityName, environment: string): string {
  return `${entityPath(entity)}/environments/${encodeURIComponent(
    environment,
  )}`;
}

function entityPath({ kind, namespace, name }: EntityName): string {
  return `/entities/${[kind, namespace, name]
    .map(encodeURIComponent)
    .join('/')}`;
}
