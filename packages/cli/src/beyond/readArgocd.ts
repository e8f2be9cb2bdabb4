import {
  ApplicationDeclaration,
  ApplicationStatus,
  parseApplication,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { CannotRun, Terminal } from '../terminal';

const TIMEOUT_MS = 20_000;

/** Where the token is read from: on a command line others could see it. */
const TOKEN_VARIABLE = 'ARGOCD_TOKEN';

/** What Argo CD says of every Application that the token may read. */
export async function readArgocd(
  url: string,
  { env }: Pick<Terminal, 'env'>,
): Promise<ApplicationStatus[]> {
  const token = env[TOKEN_VARIABLE];
  const address = `${url.replace(/\/+$/, '')}/api/v1/applications`;
  let response: Response;
  let body: { items?: unknown };
  try {
    response = await fetch(address, {
      headers: {
        accept: 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      // The token is for this address only.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    body = response.ok ? await response.json() : {};
  } catch (error) {
    const { message, cause } = error as Error;
    throw new CannotRun(
      `Argo CD at ${url} does not answer: ${
        cause instanceof Error ? cause.message : message
      }`,
    );
  }
  if (response.status === 401 || response.status === 403) {
    throw new CannotRun(
      `Argo CD at ${url} refuses with ${response.status}: set ${TOKEN_VARIABLE} to a token that may get Applications`,
    );
  }
  if (!response.ok) {
    throw new CannotRun(`Argo CD at ${url} answers ${response.status}`);
  }
  // Without any right the list is null.
  const items = Array.isArray(body?.items) ? body.items : [];
  return items.flatMap(item => parseApplication('argocd', item) ?? []);
}

/** The Application that a declaration is about: by its name, and its namespace where the manifest gives one. */
export function statusOf(
  statuses: ApplicationStatus[],
  { name, namespace }: ApplicationDeclaration,
): ApplicationStatus | undefined {
  const named = statuses.filter(status => status.name === name);
  return namespace === undefined && named.length === 1
    ? named[0]
    : named.find(status => status.namespace === (namespace ?? 'argocd'));
}
