import { HumanDuration } from '@backstage/types';

export interface Config {
  /** Connections of the gitops plugin. What is deployed where is read from the infra repositories, never from here. */
  gitops?: {
    /**
     * Infra repositories. Credentials come from `integrations.github` of the host.
     */
    repositories?: Array<{
      /** Page of the repository, such as `https://github.com/demo/gitops-infra`. */
      url: string;
      /**
       * The branch that Argo CD deploys.
       *
       * Default: `main`
       */
      branch?: string;
    }>;
    /** Argo CD instances. */
    argocd?: Array<{
      /** Short name, shown on the card. */
      name: string;
      /** Where the API answers, without `/api/v1`. */
      url: string;
      /** Where people open Argo CD, when it differs from `url`. */
      uiUrl?: string;
      /**
       * Token of an Argo CD account that may get Applications; nothing else is needed.
       * @visibility secret
       */
      token: string;
    }>;
    /**
     * How often the head of a deployed branch is looked at; a look is one conditional request.
     *
     * Default: 20 seconds
     */
    repositoryInterval?: HumanDuration | string;
    /**
     * How often open pull requests are looked at.
     *
     * Default: 15 seconds
     */
    promotionInterval?: HumanDuration | string;
    /**
     * How often the list of Applications is read again, whatever the stream says.
     *
     * Default: 60 seconds
     */
    argocdResyncInterval?: HumanDuration | string;
  };
}
