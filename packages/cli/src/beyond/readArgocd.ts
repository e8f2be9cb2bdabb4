import {
  ApplicationDeclaration,
  ApplicationStatus,
  parseApplication,
  parseResourceTroubles,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { CannotRun, Terminal } from '../terminal';

const TIMEOUT_MS = 20_000;

/** Where the token is read from: on a command line others could see it. */
const TOKEN_VARIABLE = 'ARGOCD_TOKEN';

/** Applications that are not Healthy, of which it is asked why, at a time. */
const ASKED_AT_A_TIME = 4;

/** One Argo CD, read with the token of the environment. */
export class Argocd {
  readonly #url: string;
  readonly #token?: string;

  constructor(url: string, { env }: Pick<Terminal, 'env'>) {
    this.#url = url.replace(/\/+$/, '');
    this.#token = env[TOKEN_VARIABLE];
  }

  /**
   * What it says of every Application that the token may read.
   *
   * @throws CannotRun where it says nothing.
   */
  async applications(): Promise<ApplicationStatus[]> {
    const { items } = record(await this.#get('/api/v1/applications'));
    // Without any right the list is null.
    return Array.isArray(items)
      ? items.flatMap(item => parseApplication('argocd', item) ?? [])
      : [];
  }

  /**
   * The same Applications with what keeps them from being Healthy, which only their resource trees tell; of some, why that could not
   * be read.
   */
  async withTroubles(
    statuses: ApplicationStatus[],
  ): Promise<
    Map<ApplicationStatus, { status: ApplicationStatus; unread?: string }>
  > {
    const read = new Map<
      ApplicationStatus,
      { status: ApplicationStatus; unread?: string }
    >();
    const waiting = [...statuses];
    const ask = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        read.set(next, await this.#withTroubles(next));
      }
    };
    await Promise.all(Array.from({ length: ASKED_AT_A_TIME }, ask));
    return read;
  }

  async #withTroubles(
    status: ApplicationStatus,
  ): Promise<{ status: ApplicationStatus; unread?: string }> {
    if (status.health.status === 'Healthy') {
      return { status };
    }
    const query = new URLSearchParams({ appNamespace: status.namespace });
    try {
      const tree = await this.#get(
        `/api/v1/applications/${encodeURIComponent(
          status.name,
        )}/resource-tree?${query}`,
      );
      return { status: { ...status, troubles: parseResourceTroubles(tree) } };
    } catch (error) {
      if (!(error instanceof CannotRun)) {
        throw error;
      }
      // What is applied and does not run yet may be rolling out, or fail.
      return {
        status:
          status.sync.status === 'Synced' ? { ...status, images: [] } : status,
        unread: error.message,
      };
    }
  }

  async #get(path: string): Promise<unknown> {
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(`${this.#url}${path}`, {
        headers: {
          accept: 'application/json',
          ...(this.#token && { authorization: `Bearer ${this.#token}` }),
        },
        // The token is for this address only.
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      body = response.ok ? await response.json() : {};
    } catch (error) {
      const { message, cause } = error as Error;
      throw new CannotRun(
        `Argo CD at ${this.#url} does not answer: ${
          cause instanceof Error ? cause.message : message
        }`,
      );
    }
    if (response.status === 401 || response.status === 403) {
      throw new CannotRun(
        `Argo CD at ${this.#url} refuses with ${
          response.status
        }: set ${TOKEN_VARIABLE} to a token that may get Applications`,
      );
    }
    if (!response.ok) {
      throw new CannotRun(`Argo CD at ${this.#url} answers ${response.status}`);
    }
    return body;
  }
}

function record(value: unknown): { items?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}

/** Finds the Application that a declaration is about: by its name, and its namespace where the manifest gives one. */
export function statusesByDeclaration(
  statuses: ApplicationStatus[],
): (declared: ApplicationDeclaration) => ApplicationStatus | undefined {
  const byName = new Map<string, ApplicationStatus[]>();
  for (const status of statuses) {
    const named = byName.get(status.name);
    if (named) {
      named.push(status);
    } else {
      byName.set(status.name, [status]);
    }
  }
  return ({ name, namespace }) => {
    const named = byName.get(name) ?? [];
    return namespace === undefined && named.length === 1
      ? named[0]
      : named.find(status => status.namespace === (namespace ?? 'argocd'));
  };
}
