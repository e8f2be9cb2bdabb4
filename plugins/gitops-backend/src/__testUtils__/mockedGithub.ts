import { mockServices } from '@backstage/backend-test-utils';
import {
  DefaultGithubCredentialsProvider,
  ScmIntegrations,
} from '@backstage/integration';
import { createGithubRepository } from '../github/createGithubRepository';
import { GithubConnectionOptions } from '../github/GithubConnection';
import { InfraRepository } from '../github/InfraRepository';

/** Where the mocked repository's answers are put, with msw. */
export const API = 'https://api.github.test/repos/demo/gitops-infra';
export const HEAD = 'a'.repeat(40);
export const COMMIT = 'b'.repeat(40);
export const OTHER = 'c'.repeat(40);
export const BRANCH = 'gitops/promote/demo/stage/0123456789ab';

/** A ref as GitHub's API has it. */
export const ref = (sha: string) => ({ ref: 'refs/heads/x', object: { sha } });

/** How the repository is reached whose answers each test gives. */
export function mockedGithub(): GithubConnectionOptions {
  const integrations = ScmIntegrations.fromConfig(
    mockServices.rootConfig({
      data: {
        integrations: {
          github: [
            {
              host: 'github.test',
              apiBaseUrl: 'https://api.github.test',
              token: 'a-secret-token',
            },
          ],
        },
      },
    }),
  );
  return {
    repository: {
      url: 'https://github.test/demo/gitops-infra',
      owner: 'demo',
      name: 'gitops-infra',
      branch: 'main',
    },
    integrations,
    credentials:
      DefaultGithubCredentialsProvider.fromIntegrations(integrations),
  };
}

/** A client of it. */
export function createMockedRepository(): InfraRepository {
  return createGithubRepository(mockedGithub());
}
