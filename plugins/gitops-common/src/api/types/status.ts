import { Freshness } from './freshness';

/** How the following of an upstream stands. @public */
export interface FollowedUpstream extends Freshness {
  /** Seconds since it was last read with success; absent when it never was. */
  lagSeconds?: number;
}

/** An infra repository that is followed. @public */
export interface FollowedRepository extends FollowedUpstream {
  url: string;
  branch: string;
  /** Head of the branch when last read. */
  head?: string;
  services: number;
  /** Files of it that are known. */
  files: number;
  /** What the host's rate limit stands at, in the process that answers; absent where it asked the host nothing yet. */
  rateLimit?: { limit: number; remaining: number; resetAt: string };
}

/** An Argo CD instance that is followed. @public */
export interface FollowedInstance extends FollowedUpstream {
  name: string;
  applications: number;
}

/** A container registry that is asked for images: read when it answers, whatever it says of an image. @public */
export interface FollowedRegistry extends FollowedUpstream {
  host: string;
  /** Images of it that there is an answer for. */
  images: number;
  /** Those of them for which the answer is that it could not be asked. */
  unknown: number;
}

/** The rendering of overlays: read when it was last looked for what there is to render. @public */
export interface FollowedRendering extends FollowedUpstream {
  /** Overlays that are deployed. */
  overlays: number;
  /** Those of them that are to be rendered yet. */
  waiting: number;
  /** Those of them that cannot be rendered. */
  unknown: number;
  /** Why, of the first hundred; absent for who may not read the environments of all services. */
  reasons?: OverlayNotRendered[];
}

/** An overlay that cannot be rendered. @public */
export interface OverlayNotRendered {
  /** Page of the repository. */
  repository: string;
  /** Branch, tag or commit of it that is deployed. */
  branch: string;
  /** The overlay's folder. */
  overlay: string;
  /** In a sentence. */
  why: string;
}

/** How fresh what is known of each upstream is, and why not. @public */
export interface UpstreamsStatus {
  repositories: FollowedRepository[];
  argocd: FollowedInstance[];
  /** Those that are configured. */
  registries: FollowedRegistry[];
  /** Absent where nothing is rendered. */
  rendering?: FollowedRendering;
}

/** Answer of `GET /status`. @public */
export interface StatusResponse extends UpstreamsStatus {
  policy: {
    /** Environments that the policy of promotions names and no service has, so that it restricts nothing there. */
    unknownEnvironments: string[];
  };
}
