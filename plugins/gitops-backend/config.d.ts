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
    /**
     * Argo CD instances. Each is read by its API, with `url` and `token`, or as resources of its cluster, with
     * `kubernetes`.
     */
    argocd?: Array<{
      /** Short name, shown on the card. */
      name: string;
      /** Where the API answers, without `/api/v1`. */
      url?: string;
      /**
       * Where people open Argo CD, when it differs from `url`. Without either, Applications have no link.
       */
      uiUrl?: string;
      /**
       * Token of an Argo CD account that may get Applications, and sync them if that is asked for here. It is read anew for
       * each request.
       * @visibility secret
       */
      token?: string;
      /** Certificate, in PEM, of the CA that signed the certificate of `url`, where that is a private one. */
      ca?: string;
      /** Only Applications of this namespace; with `url`. */
      appNamespace?: string;
      /** Only Applications of these Argo CD projects. */
      projects?: string[];
      /** Only Applications that this label selector selects. */
      selector?: string;
      /**
       * Only looks at the instance: nobody can refresh or sync an Application of it from Backstage.
       *
       * Default: false
       */
      readOnly?: boolean;
      /** Reads the Applications in a cluster of the Kubernetes plugin instead of asking Argo CD's API. */
      kubernetes?: {
        /** The cluster's name in `kubernetes.clusterLocatorMethods`. */
        cluster: string;
        /** Only Applications of these namespaces. */
        namespaces?: string[];
      };
    }>;
    /**
     * Container registries that are asked whether they have the images that overlays pin. Images of other registries are
     * not judged; no registry that is not here is ever asked.
     */
    registries?: Array<{
      /** As image references name it, with its port: `ghcr.io`, `localhost:5001`, `docker.io`. */
      host: string;
      /**
       * Where it answers, without `/v2`, when that is another address.
       *
       * Default: `https://<host>`, for Docker Hub `https://registry-1.docker.io`
       */
      url?: string;
      /** With `password`; read anew for each request, as `token` is. */
      username?: string;
      /** @visibility secret */
      password?: string;
      /**
       * A bearer token that the registry itself takes, instead of `username` and `password`.
       * @visibility secret
       */
      token?: string;
      /** Lets it be asked by plain HTTP, which is otherwise done on loopback only. */
      insecure?: boolean;
      /** Certificate, in PEM, of the CA that signed its certificate, where that is a private one. */
      ca?: string;
      /** Other hosts that image references name it by. */
      aliases?: string[];
    }>;
    /** Which commits of applications are shown with the promotions of what was built from them. */
    applicationCommits?: {
      /**
       * The repositories whose commits may be shown, as `github.com/owner/name`, or `github.com/owner/*` for all of an owner.
       * What an image says it was built from may be anything, so that nothing else is asked for with the integration's rights.
       *
       * Default: all repositories of the owners of the infra repositories; an empty list shows none
       */
      repositories?: string[];
    };
    /** How overlays are rendered, to know the hosts that they want. Nothing is rendered when absent. */
    rendering?: {
      /** The `kustomize` program: its absolute path, or its name where it is on the PATH. */
      kustomize?: string;
    };
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
    promotions?: {
      /**
       * How the pull request of a promotion is merged from Backstage; the repository has to allow it.
       *
       * Default: `merge`
       */
      mergeMethod?: 'merge' | 'squash' | 'rebase';
      /**
       * Whether pull requests are opened, merged and closed with the GitHub token of the person who asks, who signs in to
       * GitHub in Backstage for it.
       *
       * Default: false, it is done with the credentials of `integrations.github`
       */
      asUser?: boolean;
      /** What the pull requests look like. */
      pullRequest?: {
        /**
         * With `{{title}}`, `{{service}}`, `{{source}}` (environment, version or commit), `{{target}}` and `{{versions}}`.
         *
         * Default: `{{title}}`
         */
        titleTemplate?: string;
        /**
         * With the same, `{{body}}`, `{{requestedBy}}` and `{{page}}`. What the gates said and the trailers follow in any case.
         *
         * Default: `{{body}}`
         */
        bodyTemplate?: string;
        /** Costs a call for each pull request. */
        labels?: string[];
        /** Logins. Costs a call for each pull request, together with `teamReviewers`. */
        reviewers?: string[];
        /** Slugs of teams of the repository's organisation. */
        teamReviewers?: string[];
        /** Opens them as drafts. Those are merged once somebody marked them as ready on GitHub. */
        draft?: boolean;
      };
      /** What a promotion has to meet before its pull request is opened, updated or merged from Backstage. */
      policy?: {
        /**
         * Whether a promotion, and its merge, is stopped while the source environment is not Synced and Healthy on the version.
         *
         * Default: false, it is warned of when the promotion is opened
         */
        requireHealthySource?: boolean;
        /** Times in which nothing is promoted, as a clock on the wall shows them in the time zone. */
        freezeWindows?: Array<{
          /** What people are told. */
          name: string;
          /** Names of environments; all when absent. */
          environments?: string[];
          /** IANA name, such as `Europe/Berlin`. */
          timeZone: string;
          /** Each week. One that ends at or before its beginning goes on into the next day. */
          weekly?: Array<{
            days: Array<
              | 'monday'
              | 'tuesday'
              | 'wednesday'
              | 'thursday'
              | 'friday'
              | 'saturday'
              | 'sunday'
            >;
            /**
             * `HH:mm`
             *
             * Default: `00:00`
             */
            from?: string;
            /**
             * `HH:mm`
             *
             * Default: `24:00`
             */
            to?: string;
          }>;
          /** Once: `2026-12-23` or `2026-12-23T18:00`. A day as the end is frozen as a whole. */
          dates?: Array<{ from: string; to: string }>;
          /**
           * Whether nothing is rolled back either.
           *
           * Default: false
           */
          appliesToRollbacks?: boolean;
        }>;
        /** Entity refs of the groups and users that an environment is for, by its name; others are for everybody. */
        allowedGroups?: { [environment: string]: string[] };
        /** Who may override gates with a reason; nobody when absent. */
        overrides?: {
          /** Entity refs of groups and users. */
          groups: string[];
          /**
           * How many characters a reason has at least.
           *
           * Default: 10
           */
          reasonMinLength?: number;
        };
      };
    };
    /**
     * How often the list of Applications is read again, whatever the stream says.
     *
     * Default: 5 minutes
     */
    argocdResyncInterval?: HumanDuration | string;
    /**
     * How long a stream of Applications may be silent before the list is read again.
     *
     * Default: 90 seconds
     */
    argocdIdleLimit?: HumanDuration | string;
  };
}
