import { UserInfoService } from '@backstage/backend-plugin-api';
import {
  EarlierStatesResponse,
  gitopsPromotionCreatePermission,
  PromotionPreviewResponse,
  PromotionRequest,
  PromotionResponse,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { PromotionStore } from '../../database/PromotionStore';
import { PromotionEngine } from '../../promotion/PromotionEngine';
import { publicPromotion } from '../../readmodel/PromotionsUnderWay';
import { overriddenGates } from '../audited';
import { Callers } from '../Callers';
import { ENTITY, entityName, WRITES } from '../paths';
import { Permitted } from '../Permitted';
import { userTokenOf } from '../userTokens';

/** Asking for a promotion: what there is to go back to, what it would change, and the promotion itself. */
export function createPromotionRequestRoutes(options: {
  callers: Callers;
  permitted: Permitted;
  engine: PromotionEngine;
  store: PromotionStore;
  userInfo: UserInfoService;
  asUser: boolean;
}): Router {
  const { callers, permitted, engine, store, userInfo, asUser } = options;
  const router = PromiseRouter();

  router.post(
    `${ENTITY}/promotions/preview`,
    callers.user,
    async (req, res) => {
      const credentials = await callers.credentials(req);
      const { state, entityRef } = await permitted.service(
        req,
        gitopsPromotionCreatePermission,
        credentials,
      );
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
    },
  );

  // It asks GitHub, so it is for those who may go back to one of the states.
  router.get(
    `${ENTITY}/earlier-states/:environment`,
    callers.user,
    async (req, res) => {
      const { state } = await permitted.service(
        req,
        gitopsPromotionCreatePermission,
        await callers.credentials(req),
      );
      const answer: EarlierStatesResponse = await engine.earlierStates(
        state,
        req.params.environment,
      );
      res.json(answer);
    },
  );

  router.post(WRITES['promotion-create'], async (req, res) => {
    const request = req.body as PromotionRequest;
    const { plan, promotion, created } = await callers.write(
      req,
      'promotion-create',
      {
        ...entityName(req),
        ...request,
        override: request.override && { ...request.override },
        reviewed: undefined,
      },
      async credentials => {
        const { state, entityRef } = await permitted.service(
          req,
          gitopsPromotionCreatePermission,
          credentials,
        );
        return engine.promote(
          state,
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

  return router;
}
