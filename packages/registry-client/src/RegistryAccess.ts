/** Who a registry is asked as. @public */
export type RegistryCredentials =
  | { username: string; password: string }
  | { token: string };

/** Where a person changes how a registry is asked, for what is said of failures. @public */
export interface RegistryAdvice {
  /** Completes "check the credentials …" and "give some …". */
  credentials: string;
  /** Completes "correct its address …". */
  url: string;
  /** Completes "give its CA …". */
  ca: string;
  /** Completes "where plain HTTP is meant, …". */
  plainHttp: string;
}

/** A container registry, and how it is asked. @public */
export interface RegistryAccess {
  /** As image references name it, such as `ghcr.io` or `localhost:5001`; Docker Hub is `docker.io`. */
  host: string;
  /** Where it answers, without `/v2` and a trailing slash. */
  url: string;
  /** The credentials as they are configured now; undefined where it is asked as anybody. */
  credentials: () => RegistryCredentials | undefined;
  /** The CA that its certificate is of, where no public one is. */
  ca?: string;
  advice: RegistryAdvice;
}
