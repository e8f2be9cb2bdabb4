import { LoggerService } from '@backstage/backend-plugin-api';
import { EventParams, EventsService } from '@backstage/plugin-events-node';

/**
 * Topics of `@backstage/plugin-events-backend-module-github`, which verifies the signatures of GitHub's webhooks before
 * it passes them on.
 */
const PULL_REQUEST_TOPICS = [
  'github.pull_request',
  'github.pull_request_review',
  'github.check_suite',
];
const TOPICS = ['github.push', ...PULL_REQUEST_TOPICS];

/** What a webhook says that matters to promotions. */
export type GithubNews =
  | { kind: 'push'; repositoryUrl: string }
  | { kind: 'pullRequest'; repositoryUrl: string; number: number };

/** Reads a webhook's event; undefined where it says nothing that matters. */
export function readGithubEvent({
  topic,
  eventPayload,
}: EventParams): GithubNews | undefined {
  const payload = (eventPayload ?? {}) as {
    ref?: unknown;
    repository?: { html_url?: unknown };
    pull_request?: { number?: unknown };
    check_suite?: { pull_requests?: { number?: unknown }[] };
  };
  const repositoryUrl = payload.repository?.html_url;
  if (typeof repositoryUrl !== 'string') {
    return undefined;
  }
  // Of a branch or a tag: Applications may deploy any.
  if (topic === 'github.push' && typeof payload.ref === 'string') {
    return { kind: 'push', repositoryUrl };
  }
  const number = (
    payload.pull_request ?? payload.check_suite?.pull_requests?.[0]
  )?.number;
  return PULL_REQUEST_TOPICS.includes(topic) && typeof number === 'number'
    ? { kind: 'pullRequest', repositoryUrl, number }
    : undefined;
}

/** Has a listener told what GitHub's webhooks say, as soon as they come. Polling goes on: a webhook may be lost. */
export async function subscribeToWebhooks(options: {
  events: EventsService;
  logger: LoggerService;
  onNews: (news: GithubNews) => Promise<void>;
}): Promise<void> {
  const { events, logger, onNews } = options;
  await events.subscribe({
    id: 'gitops-github-webhooks',
    topics: TOPICS,
    onEvent: async event => {
      const news = readGithubEvent(event);
      if (news) {
        await onNews(news).catch(error =>
          logger.warn(
            `What the webhook ${event.topic} announced could not be read: ${error}`,
          ),
        );
      }
    },
  });
}
