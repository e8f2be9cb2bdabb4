import {
  AuditorService,
  BackstageCredentials,
  BackstageUserPrincipal,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { JsonObject } from '@backstage/types';
import { Request, RequestHandler } from 'express';
import { audited } from './audited';
import { WRITES } from './paths';

/** Who may call a route at all: decided before anything of the request is looked at, and where it writes, audited. */
export class Callers {
  readonly #httpAuth: HttpAuthService;
  readonly #auditor: AuditorService;

  constructor(options: { httpAuth: HttpAuthService; auditor: AuditorService }) {
    this.#httpAuth = options.httpAuth;
    this.#auditor = options.auditor;
  }

  /** In front of a route for users. */
  readonly user: RequestHandler = async (req, _res, next) => {
    await this.#httpAuth.credentials(req, { allow: ['user'] });
    next();
  };

  /** In front of a route for users and services. */
  readonly reader: RequestHandler = async (req, _res, next) => {
    await this.#httpAuth.credentials(req, { allow: ['user', 'service'] });
    next();
  };

  /** The caller that a handler in front of the route let through. */
  async credentials(req: Request): Promise<BackstageCredentials> {
    return this.#httpAuth.credentials(req);
  }

  /**
   * Runs what a user wants written, and leaves an audit event of it. It is for users: that somebody else tried is audited
   * as well, so no handler goes in front of its route.
   *
   * @param meta - what the event says of what was asked for
   * @param outcome - what it says of what came of it
   */
  async write<T>(
    req: Request,
    event: keyof typeof WRITES,
    meta: JsonObject,
    write: (
      credentials: BackstageCredentials<BackstageUserPrincipal>,
    ) => Promise<T>,
    outcome: (result: T) => JsonObject,
  ): Promise<T> {
    return audited(
      this.#auditor,
      req,
      event,
      meta,
      async () =>
        write(await this.#httpAuth.credentials(req, { allow: ['user'] })),
      outcome,
    );
  }
}
