import { InputError } from '@backstage/errors';
import { Request } from 'express';
import { PromotionPosition } from '../database/PromotionStore';

const PAGE_DEFAULT = 50;

/** How a place in a list travels, opaque to who sends it back. */
export interface Cursor<T> {
  write(position: T): string;
  /** Undefined for what was never written. */
  read(text: string): T | undefined;
}

/** A place among the promotions of a service. */
export const promotionCursor: Cursor<PromotionPosition> = {
  write: ({ createdAt, id }) => `${createdAt} ${id}`,
  read: text => {
    const [, createdAt, id] =
      /^(\d{4}-\d\d-\d\dT[\d:.]{8,12}Z) ([0-9a-f-]{36})$/.exec(text) ?? [];
    return createdAt && id ? { createdAt, id } : undefined;
  },
};

/** A place in the timeline of a promotion. */
export const timelineCursor: Cursor<string> = {
  write: position => position,
  read: text => /^\d{1,18}$/.exec(text)?.[0],
};

/** Which page of a list a request asks for. */
export function pageOf<T>(
  { query }: Pick<Request, 'query'>,
  cursor: Cursor<T>,
): { limit: number; after?: T } {
  const limit = query.limit === undefined ? PAGE_DEFAULT : Number(query.limit);
  if (query.cursor === undefined) {
    return { limit };
  }
  const after = cursor.read(
    Buffer.from(String(query.cursor), 'base64url').toString(),
  );
  if (after === undefined) {
    throw new InputError('The cursor is none that a page before gave');
  }
  return { limit, after };
}

/**
 * A page, and what asks for the next one.
 *
 * @param list - one more than the page has, where there is more
 */
export function cutPage<T, P>(
  list: T[],
  limit: number,
  cursor: Cursor<P>,
  positionOf: (item: T) => P,
): { page: T[]; nextCursor?: string } {
  const page = list.slice(0, limit);
  return list.length > limit
    ? {
        page,
        nextCursor: Buffer.from(
          cursor.write(positionOf(page[page.length - 1])),
        ).toString('base64url'),
      }
    : { page };
}
