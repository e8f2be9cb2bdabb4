import { StatusResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { PolicyNames } from '../../promotion/PolicyNames';
import { ReadModel } from '../../readmodel/ReadModel';
import { Callers } from '../Callers';
import { EntityServices } from '../EntityServices';

/** How fresh what is known of every upstream is. */
export function createStatusRoutes(options: {
  callers: Callers;
  entities: EntityServices;
  readModel: ReadModel;
  policyNames: PolicyNames;
}): Router {
  const { callers, entities, readModel, policyNames } = options;
  const router = PromiseRouter();

  router.get('/status', callers.reader, async (req, res) => {
    const credentials = await callers.credentials(req);
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

  return router;
}
