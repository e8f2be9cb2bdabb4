import {
  gitopsEnvironmentReadPermission,
  PromotionsRequest,
  PromotionsResponse,
  PromotionTimelineResponse,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { PromotionStore, StoredPromotion } from '../../database/PromotionStore';
import { PromotionTimelines } from '../../database/PromotionTimelines';
import { Callers } from '../Callers';
import { cutPage, pageOf, promotionCursor, timelineCursor } from '../pages';
import { ENTITY, PROMOTION } from '../paths';
import { promotionDetails } from '../promotionDetails';
import { Permitted } from '../Permitted';

/** Looking back on promotions: those of a service, one of them, and all that happened to it. */
export function createPromotionHistoryRoutes(options: {
  callers: Callers;
  permitted: Permitted;
  store: PromotionStore;
  timelines: PromotionTimelines;
}): Router {
  const { callers, permitted, store, timelines } = options;
  const router = PromiseRouter();

  router.get(`${ENTITY}/promotions`, callers.reader, async (req, res) => {
    const { state } = await permitted.service(
      req,
      gitopsEnvironmentReadPermission,
      await callers.credentials(req),
    );
    const { to } = req.query as PromotionsRequest;
    const { limit, after } = pageOf(req, promotionCursor);
    const { page, nextCursor } = cutPage(
      await store.listByService(state.repository.url, state.service, {
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
  const seenPromotion = async (req: Request): Promise<StoredPromotion> =>
    permitted.promotion(
      req,
      gitopsEnvironmentReadPermission,
      await callers.credentials(req),
    );

  router.get(PROMOTION, callers.reader, async (req, res) => {
    const [answer] = await promotionDetails(timelines, [
      await seenPromotion(req),
    ]);
    res.json(answer);
  });

  router.get(`${PROMOTION}/timeline`, callers.reader, async (req, res) => {
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

  return router;
}
