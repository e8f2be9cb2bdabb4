import {
  mockServices,
  registerMswTestHooks,
} from '@backstage/backend-test-utils';
import {
  DefaultGithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import {
  API,
  createMockedRepository,
  HEAD,
  ref,
} from '../__testUtils__/mockedGithub';
import { GithubConnection } from './GithubConnection';

describe('GithubConnection', () => {
  const server = setupServer();
  registerMswTestHooks(server);

  it('wants an integration for the host', () => {
    const integrations = ScmIntegrations.fromConfig(
      mockServices.rootConfig({ data: {} }),
    );
    expect(
      () =>
        new GithubConnection({
          repository: {
            url: 'https://ghe.example.net/demo/gitops-infra',
            owner: 'demo',
            name: 'gitops-infra',
            branch: 'main',
          },
          integrations,
          credentials:
            DefaultGithubCredentialsProvider.fromIntegrations(integrations),
        }),
    ).toThrow(
      'There is no GitHub integration for https://ghe.example.net/demo/gitops-infra; add its host to integrations.github',
    );
  });

  describe('the head of the branch', () => {
    it('is asked for conditionally once it is known', async () => {
      const asked: (string | null)[] = [];
      server.use(
        http.get(`${API}/git/ref/heads%2Fmain`, ({ request }) => {
          asked.push(request.headers.get('if-none-match'));
          return request.headers.get('if-none-match') === '"one"'
            ? new HttpResponse(null, { status: 304 })
            : HttpResponse.json(ref(HEAD), { headers: { etag: '"one"' } });
        }),
      );
      const repository = createMockedRepository();
      await expect(repository.head()).resolves.toBe(HEAD);
      await expect(repository.head()).resolves.toBe(HEAD);
      expect(asked).toEqual([null, '"one"']);
    });
  });

  describe('a failure', () => {
    const reset = Math.floor(Date.parse('2026-11-24T01:00:00Z') / 1000);
    it.each<{
      answer: string;
      status: number;
      headers?: Record<string, string>;
      message: string;
      name: string;
      says: string;
    }>([
      {
        answer: 'a refused token',
        status: 401,
        message: 'Bad credentials',
        name: 'ServiceUnavailableError',
        says: 'GitHub refuses the token for demo/gitops-infra (401); give a valid one in integrations.github',
      },
      {
        answer: 'a missing right',
        status: 403,
        message: 'Resource not accessible by integration',
        name: 'ServiceUnavailableError',
        says: '403: Resource not accessible by integration',
      },
      {
        answer: 'the rate limit',
        status: 403,
        headers: {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': `${reset}`,
        },
        message: 'API rate limit exceeded',
        name: 'ServiceUnavailableError',
        says: 'rate limit is reached; try again after 2026-11-24T01:00:00.000Z',
      },
      {
        answer: 'the secondary rate limit',
        status: 403,
        headers: { 'retry-after': '30' },
        message: 'You have exceeded a secondary rate limit',
        name: 'ServiceUnavailableError',
        says: 'rate limit is reached; try again in 30 s',
      },
      {
        answer: 'a missing repository or branch',
        status: 404,
        message: 'Not Found',
        name: 'NotFoundError',
        says: 'check the repository, the branch, and that the token may see them',
      },
      {
        answer: 'a conflict',
        status: 409,
        message: 'Git Repository is empty.',
        name: 'ConflictError',
        says: '409: Git Repository is empty.',
      },
      {
        answer: 'a failed validation',
        status: 422,
        message: 'Validation Failed',
        name: 'InputError',
        says: '422: Validation Failed',
      },
      {
        answer: 'a broken GitHub',
        status: 502,
        message: 'Server Error',
        name: 'ServiceUnavailableError',
        says: 'GitHub failed (502) when asked to read the branch main in demo/gitops-infra',
      },
    ])(
      'by $answer ($status) says what to do, without the token',
      async ({ status, headers, message, name, says }) => {
        server.use(
          http.get(`${API}/git/ref/heads%2Fmain`, () =>
            HttpResponse.json({ message }, { status, headers }),
          ),
        );
        const error = await createMockedRepository()
          .head()
          .catch(thrown => thrown);
        expect(error.name).toBe(name);
        expect(error.message).toContain(says);
        expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(
          'a-secret-token',
        );
      },
    );

    it('without any answer is an upstream that is away', async () => {
      server.use(
        http.get(`${API}/git/ref/heads%2Fmain`, () => HttpResponse.error()),
      );
      await expect(createMockedRepository().head()).rejects.toMatchObject({
        name: 'ServiceUnavailableError',
        message: expect.stringContaining(
          'GitHub did not answer when asked to read the branch main',
        ),
      });
    });
  });
});
