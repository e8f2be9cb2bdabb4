import { eventually } from '@gitops-infra/sandbox';
import { registerBackendSuite } from './__testUtils__/backendSuite';
import { ENTITY, REQUEST } from './__testUtils__/gitopsBackend';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

describe('when an upstream says no', () => {
  const suite = registerBackendSuite();
  const { get, post, stage } = suite;

  it('GitHub refuses the token: the page says so, and a promotion is not half done', async () => {
    suite.sandbox.setGithub({ tokenRefused: true });
    const { freshness } = await eventually(
      stage,
      environment => environment.freshness.git.stale,
    );
    expect(freshness.git.error).toBe(
      'GitHub refuses the token for demo/gitops-infra (401); give a valid one in integrations.github',
    );
    const answer = await post(`${ENTITY}/promotions`, REQUEST);
    // Not 403: the person may, the integration may not.
    expect(answer.status).toBe(503);
    expect(answer.body.error.message).toContain('refuses the token');
    expect(JSON.stringify(answer.body)).not.toContain(
      suite.sandbox.tokens.github,
    );
    suite.sandbox.setGithub({ tokenRefused: false });
    const { body } = await get(`${ENTITY}/promotions`);
    expect(body.promotions).toEqual([]);
  });

  it('Argo CD refuses the token: the page says so', async () => {
    suite.sandbox.setArgocd({ tokenRefused: true });
    suite.sandbox.endArgocdStreams();
    const { freshness } = await eventually(
      stage,
      environment => environment.freshness.argocd.stale,
    );
    expect(freshness.argocd.error).toBe(
      'Argo CD main refuses the token (401); give a valid one in gitops.argocd',
    );
  });

  it.each([
    [
      'a repository',
      () => ({
        repositories: [{ url: `${suite.sandbox.urls.github}/demo/nothing` }],
      }),
    ],
    [
      'a branch',
      () => ({
        repositories: [
          { url: suite.sandbox.urls.repository, branch: 'nothing' },
        ],
      }),
    ],
  ])('%s is missing: the page says what to check', async (_, config) => {
    await suite.restart(config());
    const { body } = await eventually(
      () => get(`${ENTITY}/environments`),
      answer => answer.body.error?.message.includes('404'),
    );
    expect(body.error.name).toBe('ServiceUnavailableError');
    expect(body.error.message).toMatch(
      /Service demo is not known: .*check the repository, the branch, and that the token may see them/,
    );
  });
});
