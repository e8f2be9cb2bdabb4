/** What both stand-ins take for a token. It protects nothing. */
export const TOKEN = 'sandbox-token';

/** The one repository that the stand-in for GitHub has. */
export const REPOSITORY = {
  owner: 'demo',
  name: 'gitops-infra',
  branch: 'main',
};

/** Whose the token is. */
export const BOT = {
  login: 'gitops-bot',
  name: 'GitOps bot',
  email: 'gitops-bot@example.com',
};
