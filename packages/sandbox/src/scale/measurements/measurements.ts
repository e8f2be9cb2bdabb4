import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  EnvironmentsResponse,
  serviceSignalChannel,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ESTATE_OWNER } from '../catalog';
import { ENVIRONMENTS } from '../estate';
import { now } from '../now';
import { repositoryUrlAt } from '../standIns';
import { generateLoad, Load, percentile } from './load';
import { Target } from './Target';

// What an answer sets going may call GitHub a little later; it counts as well.
const AFTERMATH_MS = 1_000;
// Looking costs the backend, which is busy reading.
const CATALOG_LOOK_EVERY_MS = 1_000;
const CATALOG_STUCK_MS = 20_000;
const ENOUGH = 0.3;
const SAMPLES = 20;
const CONNECT_TIMEOUT_MS = 1_000;
const SUBSCRIBE_MS = 100;
const [LOCAL, STAGE] = ENVIRONMENTS.map(({ name }) => name);

/**
 * Waits until the catalog has the Components and knows who owns them; returns their names. Reading many at once it leaves
 * out some for hours now and then: where it makes no progress any more, a good part of them will do.
 */
export async function catalogRead(target: Target): Promise<string[]> {
  const query = new URLSearchParams({
    filter: `kind=component,relations.ownedBy=${ESTATE_OWNER}`,
    fields: 'metadata.name',
  });
  const wanted = target.services.length;
  let known = 0;
  let since = now();
  return target.until(
    'The catalog has the Components of the services',
    async () => {
      // Before the backend is ready there is no answer.
      const entities = (await target
        .get(`/api/catalog/entities?${query}`)
        .catch(() => [])) as { metadata: { name: string } }[];
      if (entities.length !== known) {
        known = entities.length;
        since = now();
      }
      const isStuck =
        now() - since > CATALOG_STUCK_MS && known >= ENOUGH * wanted;
      return known === wanted || isStuck
        ? entities.map(({ metadata }) => metadata.name)
        : undefined;
    },
    CATALOG_LOOK_EVERY_MS,
  );
}

/** How long it takes from the first call to an upstream until services, sampled from all, are shown complete and fresh. */
export async function measureFirstSync(
  target: Target,
): Promise<{ firstSyncMs: number; readyAt: number }> {
  const { backendUrl } = target.options;
  await target.until('The backend is ready', async () => {
    const response = await fetch(
      `${backendUrl}/.backstage/health/v1/readiness`,
    ).catch(() => undefined);
    return response?.ok;
  });
  const readyAt = now();
  const { commits } = (await target.github('history')) as { commits: string[] };
  const head = commits[commits.length - 1];
  const { services } = target;
  const step = Math.ceil(services.length / SAMPLES);
  const samples = services.filter((_, index) => index % step === 0);
  for (const service of samples.reverse()) {
    await target.until(`${service} is shown complete and fresh`, async () =>
      isComplete(await target.environments(service), head),
    );
  }
  const completeAt = now();
  const { github, argocd } = await target.calls();
  const beganAt = Math.min(
    github.firstAt ?? Infinity,
    argocd.firstAt ?? Infinity,
  );
  return { firstSyncMs: completeAt - beganAt, readyAt };
}

/** The environments endpoint under load, and the calls to upstreams that page views make: none are expected. */
export async function measureEnvironments(
  target: Target,
  options: { clients: number; warmUpMs: number; durationMs: number },
): Promise<Load & { upstreamCalls: number }> {
  const authorization = `Bearer ${await target.token()}`;
  await target.resetCalls();
  const load = await generateLoad({
    ...options,
    urls: target.services.map(service => target.environmentsUrl(service)),
    headers: { authorization },
  });
  const { github, argocd } = await target.calls();
  return { ...load, upstreamCalls: github.total + argocd.total };
}

/** The backend's liveness endpoint under load: what the stack below every plugin takes. */
export async function measureFloor(
  target: Target,
  options: { clients: number; warmUpMs: number; durationMs: number },
): Promise<Load> {
  return generateLoad({
    ...options,
    urls: [`${target.options.backendUrl}/.backstage/health/v1/liveness`],
  });
}

/** Whether the backend takes GitHub's webhooks. */
export async function takesWebhooks(
  target: Target,
  secret: string,
): Promise<boolean> {
  return (await sendWebhook(target, secret, 'ping', {})).ok;
}

/**
 * What one commit that touches one overlay costs, and how long it takes until the environment shows it. The backend
 * hears of it by webhook, where a secret is given, or else by its own look at the branch; looks that find nothing new
 * are not counted then.
 */
export async function measureCommit(
  target: Target,
  options: { times: number; webhookSecret?: string },
): Promise<{ githubCalls: number; ms: number; routes: object }> {
  const { times, webhookSecret } = options;
  const took: number[] = [];
  let most = { githubCalls: 0, routes: {} };
  for (let time = 1; time <= times; time += 1) {
    const service = nth(target, time);
    const tag = `2.0.${time}`;
    await target.resetCalls();
    const { sha, at } = (await target.github('commit', {
      service,
      environment: STAGE,
      tag,
    })) as { sha: string; at: number };
    if (webhookSecret) {
      await sendWebhook(
        target,
        webhookSecret,
        'push',
        push(target, sha, service),
      );
    }
    await target.until(`${service} shows ${tag} in ${STAGE}`, async () => {
      const shown = await target.environments(service);
      return environmentOf(shown, STAGE)?.images.some(
        ({ desired }) => desired.tag === tag,
      );
    });
    took.push(now() - at);
    await sleep(AFTERMATH_MS);
    const { github } = await target.calls();
    const githubCalls = github.total - (webhookSecret ? 0 : github.notModified);
    if (githubCalls > most.githubCalls) {
      most = { githubCalls, routes: github.routes };
    }
  }
  return { ...most, ms: percentile(took, 0.5) };
}

/** How long it takes from an event of Argo CD until the environment shows it, and until an open page is told. */
export async function measureEvent(
  target: Target,
  options: { times: number; signals: boolean },
): Promise<{ ms: number; signalMs?: number }> {
  const { times, signals } = options;
  const shown: number[] = [];
  const told: number[] = [];
  for (let time = 1; time <= times; time += 1) {
    const service = nth(target, time);
    const signal = signals ? await listenForSignal(target, service) : undefined;
    const { status, at } = (await target.argocd('event', {
      application: `${service}-${STAGE}`,
    })) as { status: string; at: number };
    await target.until(`${service} shows ${status} in ${STAGE}`, async () => {
      const answer = await target.environments(service);
      return environmentOf(answer, STAGE)?.sync.status === status;
    });
    shown.push(now() - at);
    if (signal) {
      told.push((await signal.received) - at);
      signal.close();
    }
  }
  return {
    ms: percentile(shown, 0.5),
    ...(told.length > 0 && { signalMs: percentile(told, 0.5) }),
  };
}

/**
 * The calls to upstreams while nothing happens.
 *
 * @param options.settleMs - how long to wait first, so that what comes once in the duration does not come at its edge
 */
export async function measureIdle(
  target: Target,
  options: { settleMs: number; durationMs: number },
): Promise<{ githubCalls: number; argocdCalls: number; routes: object }> {
  await sleep(options.settleMs);
  await target.resetCalls();
  await sleep(options.durationMs);
  const { github, argocd } = await target.calls();
  return {
    githubCalls: github.total,
    argocdCalls: argocd.total,
    routes: { ...github.routes, ...argocd.routes },
  };
}

/** The calls to GitHub that opening one promotion takes. */
export async function measurePromotion(
  target: Target,
  options: { times: number },
): Promise<{ githubCalls: number; ms: number; routes: object }> {
  const took: number[] = [];
  let most = { githubCalls: 0, routes: {} };
  for (let time = 1; time <= options.times; time += 1) {
    const service = nth(target, -time);
    await target.resetCalls();
    const started = now();
    await target.post(
      `/api/gitops/entities/component/default/${service}/promotions`,
      { from: LOCAL, to: STAGE },
    );
    took.push(now() - started);
    await sleep(AFTERMATH_MS);
    const { github } = await target.calls();
    if (github.total > most.githubCalls) {
      most = { githubCalls: github.total, routes: github.routes };
    }
  }
  return { ...most, ms: percentile(took, 0.5) };
}

function isComplete(
  answer: EnvironmentsResponse | undefined,
  head: string,
): boolean {
  return (
    answer?.environments.length === ENVIRONMENTS.length &&
    answer.environments.every(
      ({ freshness, images, sync }) =>
        !freshness.git.stale &&
        !freshness.argocd.stale &&
        sync.revision === head &&
        images.length > 0 &&
        images.every(({ desired, live }) => desired.tag && live.length > 0),
    )
  );
}

function environmentOf(answer: EnvironmentsResponse | undefined, name: string) {
  return answer?.environments.find(environment => environment.name === name);
}

// One service after the other, from the front, or from the back where the number is negative.
function nth(target: Target, number: number): string {
  const { services } = target;
  const index = number > 0 ? number - 1 : number;
  return services[
    (index + services.length * Math.abs(index)) % services.length
  ];
}

async function sendWebhook(
  target: Target,
  secret: string,
  event: string,
  payload: object,
): Promise<Response> {
  const body = JSON.stringify(payload);
  return fetch(`${target.options.backendUrl}/api/events/http/github`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': `bench-${now()}`,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret)
        .update(body)
        .digest('hex')}`,
    },
    body,
  });
}

function push(target: Target, sha: string, service: string): object {
  const url = repositoryUrlAt(target.options.githubUrl);
  const [owner, name] = new URL(url).pathname.slice(1).split('/');
  return {
    ref: 'refs/heads/main',
    after: sha,
    repository: {
      name,
      full_name: `${owner}/${name}`,
      owner: { login: owner },
      html_url: url,
      default_branch: 'main',
    },
    commits: [
      {
        id: sha,
        added: [],
        removed: [],
        modified: [`apps/${service}/overlays/${STAGE}/kustomization.yaml`],
      },
    ],
  };
}

async function listenForSignal(target: Target, service: string) {
  const url = `${target.options.backendUrl.replace(/^http/, 'ws')}/api/signals`;
  const channel = serviceSignalChannel(service);
  const socket = await target.until(`${url} takes a websocket`, async () =>
    openSocket(url, await target.token()),
  );
  socket.send(JSON.stringify({ action: 'subscribe', channel }));
  const received = new Promise<number>((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => {
      if (JSON.parse(String(data)).channel === channel) {
        resolve(now());
      }
    });
    setTimeout(
      () => reject(new Error(`No signal on ${channel}`)),
      target.patienceMs,
    ).unref();
  });
  received.catch(() => {});
  // The backend does not say when it has subscribed.
  await sleep(SUBSCRIBE_MS);
  return { received, close: () => socket.close() };
}

// The signals backend begins to take sockets with the first that asks, and never answers that one.
function openSocket(
  url: string,
  token: string,
): Promise<WebSocket | undefined> {
  return new Promise(resolve => {
    const socket = new WebSocket(url, [token]);
    const late = setTimeout(() => {
      socket.close();
      resolve(undefined);
    }, CONNECT_TIMEOUT_MS);
    socket.addEventListener('open', () => {
      clearTimeout(late);
      resolve(socket);
    });
    // Closing before the connection is there is an error as well.
    socket.addEventListener('error', () => {});
  });
}
