import { ServerResponse } from 'node:http';
import { sendJson } from '../http/messages';

/** Why kube-apiserver does not do something, as its `Status` objects say it. */
export interface Refusal {
  code: number;
  reason: 'BadRequest' | 'Unauthorized' | 'Forbidden' | 'NotFound';
  message: string;
  details?: { name?: string; group?: string; kind?: string };
}

export const UNAUTHORIZED: Refusal = {
  code: 401,
  reason: 'Unauthorized',
  message: 'Unauthorized',
};

export const NO_SUCH_PATH: Refusal = {
  code: 404,
  reason: 'NotFound',
  message: 'the server could not find the requested resource',
  details: {},
};

export function badRequest(message: string): Refusal {
  return { code: 400, reason: 'BadRequest', message };
}

/** Answers with a `Status` object. */
export function sendStatus(
  response: ServerResponse,
  { code, reason, message, details }: Refusal,
): void {
  sendJson(response, code, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    details,
    code,
  });
}
