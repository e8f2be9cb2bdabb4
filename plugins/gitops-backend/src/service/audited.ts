import { AuditorService } from '@backstage/backend-plugin-api';
import { JsonObject } from '@backstage/types';
import { GateResult } from '@gitops-infra/backstage-plugin-gitops-common';
import { ErrorRequestHandler, Request, Router } from 'express';

/** Runs a write and leaves an audit event of it, whether it was allowed, succeeded, or failed. */
export async function audited<T>(
  auditor: AuditorService,
  request: Request,
  eventId: string,
  meta: JsonObject,
  write: () => Promise<T>,
  outcome: (result: T) => JsonObject,
): Promise<T> {
  const event = await auditor.createEvent({
    eventId,
    request,
    severityLevel: 'medium',
    meta,
  });
  try {
    const result = await write();
    await event.success({ meta: outcome(result) });
    return result;
  } catch (error) {
    await event.fail({
      error: error instanceof Error ? error : new Error(String(error)),
    });
    throw error;
  }
}

/**
 * Leaves an audit event of each write whose request was refused before it was looked at, as one that does not fit
 * `openapi.yaml`. Goes right behind what refuses it.
 *
 * @param writes - path of each write, by the name of its event
 */
export function auditRefused(
  router: Router,
  auditor: AuditorService,
  writes: Record<string, string>,
): void {
  for (const [eventId, path] of Object.entries(writes)) {
    const refused: ErrorRequestHandler = (error, request, _response, next) => {
      // What lies below the path is something else.
      if (request.method !== 'POST' || request.path !== '/') {
        next(error);
        return;
      }
      audited(
        auditor,
        request,
        eventId,
        { ...request.params },
        async () => {
          throw error;
        },
        () => ({}),
      ).catch(next);
    };
    router.use(path, refused);
  }
}

/** What an audit event says of gates that were overridden. */
export function overriddenGates(gates: GateResult[] = []): JsonObject {
  const overridden = gates.flatMap(({ id, overridden: by }) =>
    by ? [{ gate: id, ...by }] : [],
  );
  return overridden.length > 0 ? { overridden } : {};
}
