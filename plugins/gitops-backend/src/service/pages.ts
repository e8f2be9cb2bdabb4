import { InputError } from '@backstage/errors';
import { Request } from 'express';
import { PromotionPosition } from '../database/PromotionStore';

const PAGE_DEFAULT = 50;

/** Which page of the list of promotions a request asks for. */
export function pageOf({ query }: Pick<Request, 'query'>): {
  limit: number;
  after?: PromotionPosition;
} {
  const limit = query.limit === undefined ? PAGE_DEFAULT : Number(query.limit);
  return query.cursor === undefined
    ? { limit }
    : { limit, after: readCursor(String(query.cursor)) };
}

/** What asks for the page after a promotion. */
export function cursorAfter({ createdAt, id }: PromotionPosition): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url');
}

function readCursor(cursor: string): PromotionPosition {
  const [, createdAt, id] =
    /^(\d{4}-\d\d-\d\dT[\d:.]{8,12}Z) ([0-9a-f-]{36})$/.exec(
      Buffer.from(cursor, 'base64url').toString(),
    ) ?? [];
  if (!createdAt || !id) {
    throw new InputError('The cursor is none that a page before gave');
  }
  return { createdAt, id };
}
