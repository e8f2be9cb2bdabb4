/** What the backend's refusals mean to the person in front of the card. */
import { ResponseError, stringifyError } from '@backstage/errors';

/** What kind of refusal it was, by what the person can do about it. */
export type ProblemKind =
  | 'unauthenticated'
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  | 'unreachable'
  | 'failed';

/** A refusal with the backend's own words. */
export interface Problem {
  kind: ProblemKind;
  /** The backend's message; absent when no backend answered. */
  message?: string;
}

const KIND_BY_STATUS: Record<number, ProblemKind> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
};

/** Sorts what an API call was rejected with. */
export function describeProblem(error: unknown): Problem {
  if (ResponseError.is(error)) {
    return {
      kind: KIND_BY_STATUS[error.response.status] ?? 'failed',
      message: error.body.error.message,
    };
  }
  // What `fetch` rejects with when there is no answer at all.
  if (error instanceof TypeError) {
    return { kind: 'unreachable' };
  }
  return {
    kind: 'failed',
    message: error instanceof Error ? error.message : stringifyError(error),
  };
}
