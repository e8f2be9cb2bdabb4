import { IncomingMessage, ServerResponse } from 'node:http';
import type { ArgocdInstance } from '../argocd/ArgocdInstance';
import { matchesSelector } from '../argocd/selector';
import { sendJson, sendText, tokenOf, urlOf } from '../http/messages';
import { clusterObjects } from './clusterObjects';
import { KubernetesObject } from './KubernetesObject';
import { podLog } from './podLog';
import { isPod } from './pods';
import { resourceRequest, ResourceRequest } from './requests';
import { apiVersionOf } from './resourceTypes';
import { NO_SUCH_PATH, Refusal, sendStatus, UNAUTHORIZED } from './status';

const USERNAME = 'sandbox';

/** The cluster that the API shows: what Argo CD has deployed to it. */
export type Cluster = Pick<ArgocdInstance, 'liveResources' | 'resourceVersion'>;

/**
 * kube-apiserver, as far as somebody asks it who may get and list what Applications deploy, their Secrets excepted. Nobody
 * gets in without a token, as where anonymous requests are switched off.
 *
 * Pods are as in the recordings. Refusals are not in them: their words are those of apiserver's
 * pkg/endpoints/handlers/responsewriters/errors.go and apimachinery's pkg/api/errors/errors.go.
 */
export class KubernetesApi {
  readonly #cluster: () => Cluster;
  readonly #token: string;

  /** @param cluster - the one to show; another after a reset */
  constructor(cluster: () => Cluster, token: string) {
    this.#cluster = cluster;
    this.#token = token;
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const url = urlOf(request);
    const wanted = resourceRequest(request.method ?? 'GET', url);
    if (tokenOf(request) !== this.#token) {
      sendStatus(response, UNAUTHORIZED);
    } else if (!wanted) {
      sendStatus(response, NO_SUCH_PATH);
    } else if (!isAllowed(wanted)) {
      sendStatus(response, forbidden(wanted));
    } else if (wanted.name === undefined) {
      this.#list(response, wanted, url.searchParams);
    } else {
      this.#get(response, wanted, url.searchParams);
    }
  }

  #list(
    response: ServerResponse,
    wanted: ResourceRequest,
    query: URLSearchParams,
  ): void {
    const selector = query.get('labelSelector') ?? '';
    sendJson(response, 200, {
      kind: `${wanted.type.kind}List`,
      apiVersion: apiVersionOf(wanted.type),
      metadata: { resourceVersion: String(this.#cluster().resourceVersion) },
      items: this.#find(wanted)
        .filter(({ metadata }) =>
          matchesSelector(metadata.labels ?? {}, selector),
        )
        // The list says of what kind its items are, and they do not.
        .map(({ apiVersion, kind, ...item }) => item),
    });
  }

  #get(
    response: ServerResponse,
    wanted: ResourceRequest,
    query: URLSearchParams,
  ): void {
    const object = this.#find(wanted).find(
      ({ metadata }) => metadata.name === wanted.name,
    );
    if (!object) {
      sendStatus(response, notFound(wanted));
    } else if (!wanted.subresource) {
      sendJson(response, 200, object);
    } else if (isPod(object) && wanted.subresource === 'log') {
      const log = podLog(object, {
        container: query.get('container') ?? undefined,
        previous: query.has('previous'),
      });
      if (typeof log === 'string') {
        sendText(response, 200, log);
      } else {
        sendStatus(response, log);
      }
    } else {
      sendStatus(response, NO_SUCH_PATH);
    }
  }

  #find({ type, namespace }: ResourceRequest): KubernetesObject[] {
    return clusterObjects(this.#cluster().liveResources, new Date()).filter(
      ({ apiVersion, kind, metadata }) =>
        kind === type.kind &&
        apiVersion === apiVersionOf(type) &&
        (namespace === undefined || metadata.namespace === namespace),
    );
  }
}

function isAllowed({ verb, type }: ResourceRequest): boolean {
  return ['get', 'list'].includes(verb) && type.kind !== 'Secret';
}

function forbidden(wanted: ResourceRequest): Refusal {
  const { verb, type, namespace, name, subresource } = wanted;
  const resource = [type.plural, subresource].filter(Boolean).join('/');
  const where = namespace
    ? `in the namespace "${namespace}"`
    : 'at the cluster scope';
  return {
    code: 403,
    reason: 'Forbidden',
    message: `${qualified(wanted)}${
      name ? ` "${name}"` : ''
    } is forbidden: User "${USERNAME}" cannot ${verb} resource "${resource}" in API group "${
      type.group
    }" ${where}`,
    details: details(wanted),
  };
}

function notFound(wanted: ResourceRequest): Refusal {
  return {
    code: 404,
    reason: 'NotFound',
    message: `${qualified(wanted)} "${wanted.name}" not found`,
    details: details(wanted),
  };
}

function qualified({ type }: ResourceRequest): string {
  return [type.plural, type.group].filter(Boolean).join('.');
}

function details({ type, name }: ResourceRequest): Refusal['details'] {
  return { name, group: type.group || undefined, kind: type.plural };
}
