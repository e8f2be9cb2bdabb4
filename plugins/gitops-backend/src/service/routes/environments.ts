import { isDeepStrictEqual } from 'node:util';
import {
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { PromotionsUnderWay } from '../../readmodel/PromotionsUnderWay';
import { ReadModel } from '../../readmodel/ReadModel';
import { Callers } from '../Callers';
import { EntityServices } from '../EntityServices';
import { EnvironmentsAnswers } from '../EnvironmentsAnswers';
import { entityName, ENVIRONMENTS_PATH } from '../paths';
import { ReadAccess } from '../ReadAccess';

/**
 * The environments of a service with their findings: what the card shows.
 *
 * @returns `remembered` goes in front of the validation, and `routes` behind it
 */
export function createEnvironmentsRoutes(options: {
  callers: Callers;
  auth: AuthService;
  entities: EntityServices;
  readModel: ReadModel;
  underWay: PromotionsUnderWay;
  asUser: boolean;
}): { remembered: Router; routes: Router } {
  const { callers, auth, entities, readModel, underWay, asUser } = options;
  const access = new ReadAccess(entities);
  const answers = new EnvironmentsAnswers(readModel, underWay, asUser);

  // Open pages ask for the same again and again: what was found for a token, and validated, is given again as it is.
  const remembered = PromiseRouter();
  remembered.get(
    ENVIRONMENTS_PATH,
    async (req, res, next) => {
      const seen = access.remembered(bearerOf(req), entityName(req));
      if (seen) {
        await readModel.catchUpSoon();
        const answer = answers.remembered(seen);
        if (answer !== undefined) {
          res.setHeader('content-type', 'application/json; charset=utf-8');
          res.end(answer);
          return;
        }
      }
      next();
    },
    callers.reader,
  );

  // The token that the caller was found by. A Backstage can be told to look for it elsewhere; then there is none to go by.
  const tokenOf = async (
    req: Request,
    { principal }: BackstageCredentials,
  ): Promise<string | undefined> => {
    const token = bearerOf(req);
    const found = token && (await auth.authenticate(token).catch(() => {}));
    return found && isDeepStrictEqual(found.principal, principal)
      ? token
      : undefined;
  };

  const routes = PromiseRouter();
  routes.get(ENVIRONMENTS_PATH, callers.reader, async (req, res) => {
    const credentials = await callers.credentials(req);
    const seen = await access.seenBy(
      await tokenOf(req, credentials),
      entityName(req),
      credentials,
    );
    await readModel.catchUp();
    res.json(answers.answer(seen));
    answers.remember(seen);
  });

  return { remembered, routes };
}

function bearerOf(req: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
}
