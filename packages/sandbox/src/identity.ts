/** What the stand-ins take for a token. It protects nothing. */
export const TOKEN = 'sandbox-token';

/** The infra repository that the stand-in for GitHub has. */
export const REPOSITORY = {
  owner: 'demo',
  name: 'gitops-infra',
  branch: 'main',
};

/** The repository that the demo service is built from. */
export const APPLICATION_REPOSITORY = { ...REPOSITORY, name: 'demo' };

/** Whose the token is. */
export const BOT = {
  login: 'gitops-bot',
  name: 'GitOps bot',
  email: 'gitops-bot@example.com',
};
