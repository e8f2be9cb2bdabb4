import { mockServices } from '@backstage/backend-test-utils';
import { EventParams, EventsService } from '@backstage/plugin-events-node';
import { GithubNews, readGithubEvent, subscribeToWebhooks } from './webhooks';

const URL = 'https://github.test/demo/gitops-infra';
const repository = { html_url: URL };

describe('readGithubEvent', () => {
  it.each<[string, EventParams, GithubNews | undefined]>([
    [
      'a push to a branch',
      {
        topic: 'github.push',
        eventPayload: { ref: 'refs/heads/release/1', repository },
      },
      { kind: 'push', repositoryUrl: URL },
    ],
    [
      'a push of a tag',
      {
        topic: 'github.push',
        eventPayload: { ref: 'refs/tags/v1', repository },
      },
      { kind: 'push', repositoryUrl: URL },
    ],
    [
      'a change of a pull request',
      {
        topic: 'github.pull_request',
        eventPayload: {
          action: 'closed',
          pull_request: { number: 7 },
          repository,
        },
      },
      { kind: 'pullRequest', repositoryUrl: URL, number: 7 },
    ],
    [
      'a review',
      {
        topic: 'github.pull_request_review',
        eventPayload: { pull_request: { number: 7 }, repository },
      },
      { kind: 'pullRequest', repositoryUrl: URL, number: 7 },
    ],
    [
      'checks of a pull request',
      {
        topic: 'github.check_suite',
        eventPayload: {
          check_suite: { pull_requests: [{ number: 7 }] },
          repository,
        },
      },
      { kind: 'pullRequest', repositoryUrl: URL, number: 7 },
    ],
    [
      'checks of no pull request',
      {
        topic: 'github.check_suite',
        eventPayload: { check_suite: { pull_requests: [] }, repository },
      },
      undefined,
    ],
    [
      'another topic',
      {
        topic: 'github.issues',
        eventPayload: { pull_request: { number: 7 }, repository },
      },
      undefined,
    ],
    [
      'a payload without a repository',
      { topic: 'github.push', eventPayload: { ref: 'refs/heads/main' } },
      undefined,
    ],
    ['no payload', { topic: 'github.push', eventPayload: null }, undefined],
  ])('%s', (_, event, expected) => {
    expect(readGithubEvent(event)).toEqual(expected);
  });
});

describe('subscribeToWebhooks', () => {
  it('passes on what matters, and survives a listener that fails', async () => {
    let onEvent: (event: EventParams) => Promise<void> = async () => {};
    const events: EventsService = {
      publish: async () => {},
      subscribe: async options => {
        expect(options.topics).toEqual([
          'github.push',
          'github.pull_request',
          'github.pull_request_review',
          'github.check_suite',
        ]);
        onEvent = options.onEvent;
      },
    };
    const logger = mockServices.logger.mock();
    const onNews = jest
      .fn<Promise<void>, [GithubNews]>()
      .mockRejectedValue(new Error('GitHub is away'));
    await subscribeToWebhooks({ events, logger, onNews });

    await onEvent({ topic: 'github.push', eventPayload: {} });
    expect(onNews).not.toHaveBeenCalled();
    await onEvent({
      topic: 'github.push',
      eventPayload: { ref: 'refs/heads/main', repository },
    });
    expect(onNews).toHaveBeenCalledTimes(1);
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('GitHub is away'),
    );
  });
});
