/** Where stand-ins are, and what they let in. A sandbox is one. @public */
export interface Upstreams {
  urls: { github: string; repository: string; argocd: string };
  tokens: { github: string; argocd: string };
}

/** What a test configures besides. Each part is put over the one of the same name. @public */
export interface MoreConfig {
  /** Of the one entry of `integrations.github`. */
  github?: object;
  /** Of the one entry of `gitops.argocd`. */
  argocd?: object;
  gitops?: object;
}

/** The configuration of a Backstage app before stand-ins that are looked at often. @public */
export function backstageConfig(
  { urls, tokens }: Upstreams,
  more: MoreConfig = {},
) {
  return {
    app: { baseUrl: 'http://backstage.test' },
    backend: { baseUrl: 'http://backstage.test' },
    integrations: {
      github: [
        {
          host: new URL(urls.github).host,
          apiBaseUrl: urls.github,
          token: tokens.github,
          ...more.github,
        },
      ],
    },
    gitops: {
      repositories: [{ url: urls.repository }],
      argocd: [
        {
          name: 'main',
          url: urls.argocd,
          token: tokens.argocd,
          ...more.argocd,
        },
      ],
      repositoryInterval: { milliseconds: 200 },
      promotionInterval: { milliseconds: 200 },
      ...more.gitops,
    },
  };
}
