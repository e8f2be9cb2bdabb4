import { JsonObject } from '@backstage/types';
import {
  ApplicationRequestResponse,
  gitopsApplicationSyncPermission,
  RefreshMode,
  RefreshRequest,
  RefreshResponse,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { ServiceState } from '../../readmodel/Services';
import { ApplicationRequests } from '../ApplicationRequests';
import { Callers } from '../Callers';
import { entityName, ENVIRONMENT, WRITES } from '../paths';
import { Permitted } from '../Permitted';

/** What Argo CD is asked to do with the Application of an environment. */
export function createApplicationRoutes(options: {
  callers: Callers;
  permitted: Permitted;
  applications: ApplicationRequests;
}): Router {
  const { callers, permitted, applications } = options;
  const router = PromiseRouter();

  const write = (
    event: 'application-refresh' | 'application-sync',
    detailsOf: (req: Request) => JsonObject,
    ask: (
      state: ServiceState,
      req: Request,
      requestedBy: string,
    ) => Promise<ApplicationRequestResponse>,
  ) =>
    router.post(WRITES[event], async (req, res) => {
      const { environment } = req.params;
      const answer = await callers.write(
        req,
        event,
        { ...entityName(req), environment, ...detailsOf(req) },
        async credentials => {
          const { state } = await permitted.service(
            req,
            gitopsApplicationSyncPermission,
            credentials,
          );
          return ask(state, req, credentials.principal.userEntityRef);
        },
        applicationIn,
      );
      res.status(202).json(answer);
    });

  write(
    'application-refresh',
    req => ({ mode: modeOf(req) }),
    (state, req) =>
      applications.refresh(state, req.params.environment, modeOf(req)),
  );

  write(
    'application-sync',
    () => ({}),
    (state, req, requestedBy) =>
      applications.sync(state, req.params.environment, requestedBy),
  );

  // It asks Argo CD, so it is for those who may have it refresh.
  router.get(`${ENVIRONMENT}/refresh`, callers.user, async (req, res) => {
    const { state } = await permitted.service(
      req,
      gitopsApplicationSyncPermission,
      await callers.credentials(req),
    );
    const answer: RefreshResponse = {
      refreshing: await applications.isRefreshing(
        state,
        req.params.environment,
      ),
    };
    res.json(answer);
  });

  return router;
}

function modeOf(req: Request): RefreshMode {
  const { mode = 'normal' } = req.query as RefreshRequest;
  return mode;
}

// What the audit keeps of an Application that Argo CD was asked to do something with.
function applicationIn({
  application,
}: ApplicationRequestResponse): JsonObject {
  const { instance, namespace, name } = application;
  return { instance, application: `${namespace}/${name}` };
}
