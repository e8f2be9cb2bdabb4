import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import {
  AuditorService,
  AuthService,
  BackstageCredentials,
  HttpAuthService,
  LoggerService,
  resolvePackagePath,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { createValidatedOpenApiRouterFromGeneratedEndpointMap } from '@backstage/backend-openapi-utils';
import { NotFoundError } from '@backstage/errors';
import { JsonObject } from '@backstage/types';
import {
  ApplicationRequestResponse,
  EarlierStatesResponse,
  EntityName,
  GateResult,
  gitopsApplicationSyncPermission,
  gitopsEnvironmentReadPermission,
  gitopsPromotionCreatePermission,
  gitopsPromotionMergePermission,
  MergeGatesResponse,
  MergeRequest,
  PromotionPreviewResponse,
  PromotionRequest,
  PromotionResponse,
  PromotionsRequest,
  PromotionsResponse,
  PromotionTimelineResponse,
  RefreshRequest,
  RefreshResponse,
  ServiceReference,
  StatusResponse,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Request, RequestHandler, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { parse } from 'yaml';
import { PromotionStore, StoredPromotion } from '../database/PromotionStore';
import { PromotionTimelines } from '../database/PromotionTimelines';
import { PolicyNames } from '../promotion/PolicyNames';
import { PromotionEngine } from '../promotion/PromotionEngine';
import {
  PromotionsUnderWay,
  publicPromotion,
} from '../readmodel/PromotionsUnderWay';
import { ReadModel } from '../readmodel/ReadModel';
import { ServiceState } from '../readmodel/Services';
import { ApplicationRequests } from './ApplicationRequests';
import { audited, auditRefused } from './audited';
import { EntityServices } from './EntityServices';
import { EnvironmentsAnswers } from './EnvironmentsAnswers';
import { cutPage, pageOf, promotionCursor, timelineCursor } from './pages';
import { promotionDetails } from './promotionDetails';
import { ReadAccess } from './ReadAccess';
import { userTokenOf } from './userTokens';

const ENTITY = '/entities/:kind/:namespace/:name';

/** Here the router itself finds out who calls, and remembers it for some seconds. */
export const ENVIRONMENTS_PATH = `${ENTITY}/environments`;

const ENVIRONMENT = `${ENVIRONMENTS_PATH}/:environment`;
const PROMOTION = '/promotions/:promotion';

// Each is a POST, and audited under its name, whatever becomes of it.
const WRITES = {
  'application-refresh': `${ENVIRONMENT}/refresh`,
  'application-sync': `${ENVIRONMENT}/sync`,
  'promotion-create': `${ENTITY}/promotions`,
  'promotion-merge': `${PROMOTION}/merge`,
  'promotion-close': `${PROMOTION}/close`,
};

/** The HTTP API that `openapi.yaml` describes; requests and responses are held against it. */
export function createRouter(options: {
  readModel: ReadModel;
  underWay: PromotionsUnderWay;
  engine: PromotionEngine;
  policyNames: PolicyNames;
  applications: ApplicationRequests;
  store: PromotionStore;
  timelines: PromotionTimelines;
  entities: EntityServices;
  /** Whether GitHub is written to with the token of the person who asks. */
  asUser: boolean;
  userInfo: UserInfoService;
  auth: AuthService;
  httpAuth: HttpAuthService;
  auditor: AuditorService;
  logger: LoggerService;
}): Router {
  const {
    readModel,
    underWay,
    engine,
    policyNames,
    applications,
    store,
    timelines,
    entities,
    asUser,
    userInfo,
    auth,
    httpAuth,
    auditor,
    logger,
  } = options;
  const access = new ReadAccess(entities);
  const answers = new EnvironmentsAnswers(readModel, underWay, asUser);
  const router = PromiseRouter();
  // Open pages ask for the same again and again: what was found for a token, and validated, is given again as it is.
  router.get(ENVIRONMENTS_PATH, async (req, res, next) => {
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
    await httpAuth.credentials(req, { allow: ['user', 'service'] });
    next();
  });
  // Who may call is decided before anything of the request is looked at; where it writes, by the audited part.
  const user: RequestHandler = async (req, _res, next) => {
    await httpAuth.credentials(req, { allow: ['user'] });
    next();
  };
  const reader: RequestHandler = async (req, _res, next) => {
    await httpAuth.credentials(req, { allow: ['user', 'service'] });
    next();
  };
  // What lies below the environments falls under their auth policy as well.
  router.use(ENVIRONMENT, reader);
  router.use(
    createValidatedOpenApiRouterFromGeneratedEndpointMap<{}>(readOpenApi(), {
      validatorOptions: {
        validateResponses: {
          onError: error => {
            logger.error(
              `An answer does not fit openapi.yaml: ${error.message}`,
            );
            throw error;
          },
        },
      },
    }) as unknown as Router,
  );
  auditRefused(router, auditor, WRITES);
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

  // What any process knew when the request came.
  const known = async (reference: ServiceReference): Promise<ServiceState> => {
    await readModel.catchUp();
    return readModel.serviceOf(reference);
  };

  router.get('/status', reader, async (req, res) => {
    const credentials = await httpAuth.credentials(req);
    await readModel.catchUp();
    const { rendering, ...status } = readModel.status(new Date());
    const answer: StatusResponse = {
      ...status,
      // The reasons quote what is in the overlays of any service.
      rendering:
        rendering?.reasons && !(await entities.seesAll(credentials))
          ? { ...rendering, reasons: undefined }
          : rendering,
      policy: { unknownEnvironments: policyNames.unknown },
    };
    res.json(answer);
  });

  router.get(ENVIRONMENTS_PATH, reader, async (req, res) => {
    const credentials = await httpAuth.credentials(req);
    const seen = await access.seenBy(
      await tokenOf(req, credentials),
      entityName(req),
      credentials,
    );
    await readModel.catchUp();
    res.json(answers.answer(seen));
    answers.remember(seen);
  });

  const askOfApplication = (
    req: Request,
    eventId: keyof typeof WRITES,
    details: JsonObject,
    ask: (
      state: ServiceState,
      requestedBy: string,
    ) => Promise<ApplicationRequestResponse>,
  ): Promise<ApplicationRequestResponse> =>
    audited(
      auditor,
      req,
      eventId,
      {
        ...entityName(req),
        environment: req.params.environment,
        ...details,
      },
      async () => {
        const credentials = await httpAuth.credentials(req, {
          allow: ['user'],
        });
        const { reference } = await entities.serviceOf(
          entityName(req),
          gitopsApplicationSyncPermission,
          credentials,
        );
        return ask(await known(reference), credentials.principal.userEntityRef);
      },
      applicationIn,
    );

  router.post(WRITES['application-refresh'], async (req, res) => {
    const { environment } = req.params;
    const { mode = 'normal' } = req.query as RefreshRequest;
    const answer = await askOfApplication(
      req,
      'application-refresh',
      { mode },
      state => applications.refresh(state, environment, mode),
    );
    res.status(202).json(answer);
  });

  // It asks Argo CD, so it is for those who may have it refresh.
  router.get(`${ENVIRONMENT}/refresh`, user, async (req, res) => {
    const { reference } = await entities.serviceOf(
      entityName(req),
      gitopsApplicationSyncPermission,
      await httpAuth.credentials(req),
    );
    const answer: RefreshResponse = {
      refreshing: await applications.isRefreshing(
        await known(reference),
        req.params.environment,
      ),
    };
    res.json(answer);
  });

  router.post(WRITES['application-sync'], async (req, res) => {
    const { environment } = req.params;
    const answer = await askOfApplication(
      req,
      'application-sync',
      {},
      (state, requestedBy) =>
        applications.sync(state, environment, requestedBy),
    );
    res.status(202).json(answer);
  });

  router.post(`${ENTITY}/promotions/preview`, user, async (req, res) => {
    const credentials = await httpAuth.credentials(req);
    const { reference, entityRef } = await entities.serviceOf(
      entityName(req),
      gitopsPromotionCreatePermission,
      credentials,
    );
    const state = await known(reference);
    const { plan, override } = await engine.preview(
      state,
      req.body as PromotionRequest,
      { ...(await userInfo.getUserInfo(credentials)), entityRef },
    );
    const open = await store.findOpen(
      plan.repository.url,
      state.service,
      plan.to,
    );
    const answer: PromotionPreviewResponse = {
      plan,
      override,
      asUser: asUser || undefined,
      open: open && publicPromotion(open),
    };
    res.json(answer);
  });

  // It asks GitHub, so it is for those who may go back to one of the states.
  router.get(
    `${ENTITY}/earlier-states/:environment`,
    user,
    async (req, res) => {
      const { reference } = await entities.serviceOf(
        entityName(req),
        gitopsPromotionCreatePermission,
        await httpAuth.credentials(req),
      );
      const answer: EarlierStatesResponse = await engine.earlierStates(
        await known(reference),
        req.params.environment,
      );
      res.json(answer);
    },
  );

  router.post(WRITES['promotion-create'], async (req, res) => {
    const request = req.body as PromotionRequest;
    const name = entityName(req);
    const { plan, promotion, created } = await audited(
      auditor,
      req,
      'promotion-create',
      {
        ...name,
        ...request,
        override: request.override && { ...request.override },
        reviewed: undefined,
      },
      async () => {
        const credentials = await httpAuth.credentials(req, {
          allow: ['user'],
        });
        const { reference, entityRef } = await entities.serviceOf(
          name,
          gitopsPromotionCreatePermission,
          credentials,
        );
        return engine.promote(
          await known(reference),
          request,
          { ...(await userInfo.getUserInfo(credentials)), entityRef },
          userTokenOf(req, asUser),
        );
      },
      ({ promotion: { id, pullRequest, gates } }) => ({
        promotion: id,
        pullRequest: pullRequest?.url,
        ...overriddenGates(gates),
      }),
    );
    const answer: PromotionResponse = {
      plan,
      promotion: publicPromotion(promotion),
    };
    res.status(created ? 201 : 200).json(answer);
  });

  router.get(`${ENTITY}/promotions`, reader, async (req, res) => {
    const { reference } = await entities.serviceOf(
      entityName(req),
      gitopsEnvironmentReadPermission,
      await httpAuth.credentials(req),
    );
    const { repository, service } = await known(reference);
    const { to } = req.query as PromotionsRequest;
    const { limit, after } = pageOf(req, promotionCursor);
    const { page, nextCursor } = cutPage(
      await store.listByService(repository.url, service, {
        to,
        limit: limit + 1,
        after,
      }),
      limit,
      promotionCursor,
      promotion => promotion,
    );
    const answer: PromotionsResponse = {
      promotions: await promotionDetails(timelines, page),
      nextCursor,
    };
    res.json(answer);
  });

  // Whoever may see the environments of its entity may look back on a promotion.
  const seenPromotion = async (req: Request): Promise<StoredPromotion> => {
    const promotion = await promotionOf(store, req);
    await entities.assertAllowed(
      promotion.entityRef,
      gitopsEnvironmentReadPermission,
      await httpAuth.credentials(req),
    );
    return promotion;
  };

  router.get(PROMOTION, reader, async (req, res) => {
    const [answer] = await promotionDetails(timelines, [
      await seenPromotion(req),
    ]);
    res.json(answer);
  });

  router.get(`${PROMOTION}/timeline`, reader, async (req, res) => {
    const { id } = await seenPromotion(req);
    const { limit, after } = pageOf(req, timelineCursor);
    const { page, nextCursor } = cutPage(
      await timelines.page(id, { limit: limit + 1, after }),
      limit,
      timelineCursor,
      ({ position }) => position,
    );
    const answer: PromotionTimelineResponse = {
      timeline: page.map(({ entry }) => entry),
      nextCursor,
    };
    res.json(answer);
  });

  router.get(`${PROMOTION}/gates`, user, async (req, res) => {
    const credentials = await httpAuth.credentials(req, { allow: ['user'] });
    const promotion = await promotionOf(store, req);
    await entities.assertAllowed(
      promotion.entityRef,
      gitopsPromotionMergePermission,
      credentials,
    );
    await readModel.catchUp();
    const answer: MergeGatesResponse = {
      ...(await engine.mergeGates(
        promotion,
        await userInfo.getUserInfo(credentials),
      )),
      asUser: asUser || undefined,
    };
    res.json(answer);
  });

  router.post(WRITES['promotion-merge'], async (req, res) => {
    const merged = await audited(
      auditor,
      req,
      'promotion-merge',
      { promotion: req.params.promotion, ...req.body },
      async () => {
        const credentials = await httpAuth.credentials(req, {
          allow: ['user'],
        });
        const promotion = await promotionOf(store, req);
        await entities.assertAllowed(
          promotion.entityRef,
          gitopsPromotionMergePermission,
          credentials,
        );
        const { headCommit, override } = req.body as MergeRequest;
        await readModel.catchUp();
        return engine.merge(
          promotion,
          headCommit,
          await userInfo.getUserInfo(credentials),
          { override, token: userTokenOf(req, asUser) },
        );
      },
      ({ mergeCommit, gates }) => ({ mergeCommit, ...overriddenGates(gates) }),
    );
    res.json(publicPromotion(merged));
  });

  router.post(WRITES['promotion-close'], async (req, res) => {
    const closed = await audited(
      auditor,
      req,
      'promotion-close',
      { promotion: req.params.promotion },
      async () => {
        const credentials = await httpAuth.credentials(req, {
          allow: ['user'],
        });
        const promotion = await promotionOf(store, req);
        await entities.assertAllowed(
          promotion.entityRef,
          gitopsPromotionCreatePermission,
          credentials,
        );
        return engine.close(
          promotion,
          credentials.principal.userEntityRef,
          userTokenOf(req, asUser),
        );
      },
      ({ pullRequest }) => ({ pullRequest: pullRequest?.url }),
    );
    res.json(publicPromotion(closed));
  });

  return router;
}

// What the audit event says of gates that were overridden.
function overriddenGates(gates: GateResult[] = []): JsonObject {
  const overridden = gates.flatMap(({ id, overridden: by }) =>
    by ? [{ gate: id, ...by }] : [],
  );
  return overridden.length > 0 ? { overridden } : {};
}

function readOpenApi() {
  return parse(
    readFileSync(
      resolvePackagePath(
        '@gitops-infra/backstage-plugin-gitops-backend',
        'openapi.yaml',
      ),
      'utf8',
    ),
  );
}

function bearerOf(req: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
}

function entityName(req: Request): EntityName {
  const { kind, namespace, name } = req.params;
  return { kind, namespace, name };
}

// What the audit keeps of an Application that Argo CD was asked to do something with.
function applicationIn({
  application,
}: ApplicationRequestResponse): JsonObject {
  const { instance, namespace, name } = application;
  return { instance, application: `${namespace}/${name}` };
}

async function promotionOf(
  store: PromotionStore,
  req: Request,
): Promise<StoredPromotion> {
  const promotion = await store.get(req.params.promotion);
  if (!promotion) {
    throw new NotFoundError(`There is no promotion ${req.params.promotion}`);
  }
  return promotion;
}
