import { UserInfoService } from '@backstage/backend-plugin-api';
import {
  gitopsPromotionCreatePermission,
  gitopsPromotionMergePermission,
  MergeGatesResponse,
  MergeRequest,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { PromotionEngine } from '../../promotion/PromotionEngine';
import { publicPromotion } from '../../readmodel/PromotionsUnderWay';
import { ReadModel } from '../../readmodel/ReadModel';
import { overriddenGates } from '../audited';
import { Callers } from '../Callers';
import { PROMOTION, WRITES } from '../paths';
import { Permitted } from '../Permitted';
import { userTokenOf } from '../userTokens';

/** Deciding on an open promotion: what gates say of its merge, merging it, and closing it. */
export function createPromotionDecisionRoutes(options: {
  callers: Callers;
  permitted: Permitted;
  engine: PromotionEngine;
  readModel: ReadModel;
  userInfo: UserInfoService;
  asUser: boolean;
}): Router {
  const { callers, permitted, engine, readModel, userInfo, asUser } = options;
  const router = PromiseRouter();

  router.get(`${PROMOTION}/gates`, callers.user, async (req, res) => {
    const credentials = await callers.credentials(req);
    const promotion = await permitted.promotion(
      req,
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
    const merged = await callers.write(
      req,
      'promotion-merge',
      { promotion: req.params.promotion, ...req.body },
      async credentials => {
        const promotion = await permitted.promotion(
          req,
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
    const closed = await callers.write(
      req,
      'promotion-close',
      { promotion: req.params.promotion },
      async credentials => {
        const promotion = await permitted.promotion(
          req,
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
