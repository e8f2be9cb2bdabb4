import {
  AuditorService,
  AuthService,
  HttpAuthService,
  LoggerService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { PromotionStore } from '../database/PromotionStore';
import { PromotionTimelines } from '../database/PromotionTimelines';
import { PolicyNames } from '../promotion/PolicyNames';
import { PromotionEngine } from '../promotion/PromotionEngine';
import { PromotionsUnderWay } from '../readmodel/PromotionsUnderWay';
import { ReadModel } from '../readmodel/ReadModel';
import { ApplicationRequests } from './ApplicationRequests';
import { auditRefused } from './audited';
import { Callers } from './Callers';
import { EntityServices } from './EntityServices';
import { ENVIRONMENT, WRITES } from './paths';
import { createApplicationRoutes } from './routes/applications';
import { createEnvironmentsRoutes } from './routes/environments';
import { createPromotionDecisionRoutes } from './routes/promotionDecisions';
import { createPromotionHistoryRoutes } from './routes/promotionHistory';
import { createPromotionRequestRoutes } from './routes/promotionRequests';
import { createStatusRoutes } from './routes/status';
import { Permitted } from './Permitted';
import { createValidation } from './validation';

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
  const parts = {
    ...options,
    callers: new Callers(options),
    permitted: new Permitted(options),
  };
  const environments = createEnvironmentsRoutes(parts);
  const router = PromiseRouter();
  router.use(environments.remembered);
  // Who may call is decided before anything of the request is looked at; where it writes, by the audited part.
  router.use([ENVIRONMENT, ...Object.values(WRITES)], parts.callers.reader);
  router.use(createValidation(options.logger));
  auditRefused(router, options.auditor, WRITES);
  router.use(
    createStatusRoutes(parts),
    environments.routes,
    createApplicationRoutes(parts),
    createPromotionRequestRoutes(parts),
    createPromotionHistoryRoutes(parts),
    createPromotionDecisionRoutes(parts),
  );
  return router;
}
