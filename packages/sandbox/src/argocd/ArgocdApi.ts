import { IncomingMessage, ServerResponse } from 'node:http';
import { html, page } from '../http/html';
import { readJson, sendHtml, sendJson, tokenOf, urlOf } from '../http/messages';
import { ApplicationJson } from './applicationJson';
import { ApplicationEvent, ArgocdInstance } from './ArgocdInstance';
import { listFields, pick } from './fields';
import { matchesSelector } from './selector';

const VERSION = 'v3.5.1+sandbox';
const USERNAME = 'sandbox';
const TOKEN_ISSUED_AT = '2026-11-23T23:28:48Z';

/** What is wrong with the stand-in for Argo CD. Being down is the server's matter. */
export interface ArgocdFaults {
  /** Every token is refused. */
  tokenRefused: boolean;
  /** The account may get Applications and not sync them. */
  syncRefused: boolean;
  /** A sync window of the project denies syncs by hand. */
  syncWindow: boolean;
}

/** The Applications that the API shows. */
export type ArgocdApplications = Pick<
  ArgocdInstance,
  | 'applications'
  | 'get'
  | 'refresh'
  | 'resourceTree'
  | 'resourceVersion'
  | 'subscribe'
  | 'sync'
>;

/** Argo CD's HTTP API, as far as a reader of Applications uses it. */
export class ArgocdApi {
  readonly faults: ArgocdFaults = {
    tokenRefused: false,
    syncRefused: false,
    syncWindow: false,
  };
  readonly #instance: () => ArgocdApplications;
  readonly #token: string;
  readonly #streams = new Set<ServerResponse>();

  /** @param instance - the one to show; another after a reset */
  constructor(instance: () => ArgocdApplications, token: string) {
    this.#instance = instance;
    this.#token = token;
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const url = urlOf(request);
    const parts = url.pathname.split('/').filter(Boolean);
    if (parts[0] === 'applications' || parts.length === 0) {
      this.#page(response, parts[1], parts[2]);
    } else if (url.pathname === '/api/version') {
      sendJson(response, 200, { Version: VERSION });
    } else if (this.faults.tokenRefused || tokenOf(request) !== this.#token) {
      sendError(response, 401, 16, 'no session information');
    } else if (url.pathname === '/api/v1/applications') {
      this.#list(response, url.searchParams);
    } else if (url.pathname === '/api/v1/stream/applications') {
      this.#stream(response, url.searchParams);
    } else if (url.pathname.startsWith('/api/v1/applications/')) {
      const [name, what] = parts.slice(3).map(decodeURIComponent);
      await this.#application(request, response, { name, what }, url);
    } else {
      sendError(response, 404, 5, 'Not Found');
    }
  }

  /** Ends every stream, as a restart of the server would. */
  endStreams(): void {
    for (const stream of this.#streams) {
      stream.end();
    }
  }

  #list(response: ServerResponse, query: URLSearchParams): void {
    const instance = this.#instance();
    const list = {
      metadata: { resourceVersion: String(instance.resourceVersion) },
      items: instance.applications.filter(matching(query)),
    };
    const fields = query.get('fields')?.split(',');
    sendJson(response, 200, fields ? pick(list, listFields(fields)) : list);
  }

  #stream(response: ServerResponse, query: URLSearchParams): void {
    const instance = this.#instance();
    const matches = matching(query);
    const fields = query.get('fields')?.split(',');
    const send = (event: ApplicationEvent) => {
      if (matches(event.application)) {
        const line = { result: event };
        response.write(
          `${JSON.stringify(fields ? pick(line, fields) : line)}\n`,
        );
      }
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (!query.get('resourceVersion')) {
      for (const application of instance.applications) {
        send({ type: 'ADDED', application });
      }
    }
    const unsubscribe = instance.subscribe(send);
    this.#streams.add(response);
    response.on('close', () => {
      unsubscribe();
      this.#streams.delete(response);
    });
  }

  async #application(
    request: IncomingMessage,
    response: ServerResponse,
    { name, what }: { name: string; what?: string },
    url: URL,
  ): Promise<void> {
    const instance = this.#instance();
    const { method } = request;
    const body = method === 'POST' ? await readJson(request) : {};
    const namespace =
      url.searchParams.get('appNamespace') ??
      (typeof body.appNamespace === 'string' ? body.appNamespace : undefined);

    if (!instance.get(name, namespace)) {
      // Argo CD does not tell what is not there from what one may not see.
      sendError(response, 403, 7, 'permission denied');
    } else if (method === 'GET' && what === undefined) {
      if (url.searchParams.has('refresh')) {
        await instance.refresh(name, namespace);
      }
      sendJson(response, 200, instance.get(name, namespace));
    } else if (method === 'GET' && what === 'resource-tree') {
      sendJson(response, 200, instance.resourceTree(name, namespace));
    } else if (method === 'POST' && what === 'sync') {
      this.#sync(response, { name, namespace }, body);
    } else {
      sendError(response, 404, 5, 'Not Found');
    }
  }

  // In Argo CD's own order. What it says of a window and of another operation is not in the recordings; it is in
  // argo-cd/server/application/application.go, and codes.FailedPrecondition goes over HTTP as 400.
  #sync(
    response: ServerResponse,
    { name, namespace }: { name: string; namespace?: string },
    { prune, infos }: Record<string, unknown>,
  ): void {
    const instance = this.#instance();
    const { operation, spec } = instance.get(name, namespace) ?? {};
    if (this.faults.syncWindow) {
      sendError(response, 403, 7, 'cannot sync: blocked by sync window');
    } else if (this.faults.syncRefused) {
      sendError(
        response,
        403,
        7,
        `permission denied: applications, sync, ${spec?.project}/${name}, sub: ${USERNAME}, iat: ${TOKEN_ISSUED_AT}`,
      );
    } else if (operation) {
      sendError(response, 400, 9, 'another operation is already in progress');
    } else {
      sendJson(
        response,
        200,
        instance.sync(name, namespace, {
          username: USERNAME,
          prune: prune === true,
          info: Array.isArray(infos) ? infos : [],
        }),
      );
    }
  }

  #page(response: ServerResponse, namespace?: string, name?: string): void {
    const all = this.#instance().applications;
    const shown = name
      ? all.filter(
          ({ metadata }) =>
            metadata.name === name && metadata.namespace === namespace,
        )
      : all;
    sendHtml(
      response,
      shown.length > 0 ? 200 : 404,
      page({
        title: name ?? 'Applications',
        service: 'stands in for Argo CD',
        body: html`<h1>${name ?? 'Applications'}</h1>
          ${shown.length > 0
            ? shown.map(applicationHtml)
            : html`<p>There is no such Application.</p>`}`,
      }),
    );
  }
}

function matching(
  query: URLSearchParams,
): (application: ApplicationJson) => boolean {
  const projects = [...query.getAll('projects'), ...query.getAll('project')];
  const name = query.get('name');
  const namespace = query.get('appNamespace');
  const repository = query.get('repo');
  const selector = query.get('selector');
  return ({ metadata, spec }) =>
    (projects.length === 0 || projects.includes(spec.project)) &&
    (!name || metadata.name === name) &&
    (!namespace || metadata.namespace === namespace) &&
    (!repository || spec.source.repoURL === repository) &&
    (!selector || matchesSelector(metadata.labels ?? {}, selector));
}

function sendError(
  response: ServerResponse,
  status: number,
  code: number,
  message: string,
): void {
  sendJson(response, status, { error: message, code, message });
}

function applicationHtml({ metadata, spec, status }: ApplicationJson) {
  const { namespace, name } = metadata;
  const rows: [string, string][] = [
    ['Sync', `${status.sync.status} at ${status.sync.revision}`],
    ['Health', status.health.status],
    [
      'Last sync',
      [status.operationState?.phase, status.operationState?.message]
        .filter(Boolean)
        .join(': '),
    ],
    ['Images', (status.summary.images ?? []).join(', ')],
    ['Folder', `${spec.source.path} in ${spec.source.repoURL}`],
    ['Namespace', spec.destination.namespace],
    ...(status.conditions ?? []).map(({ type, message }): [string, string] => [
      type,
      message,
    ]),
  ];
  return html`<h2><a href="/applications/${namespace}/${name}">${name}</a></h2>
    <table>
      ${rows.map(
        ([label, value]) =>
          html`<tr>
            <th scope="row">${label}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </table>`;
}
