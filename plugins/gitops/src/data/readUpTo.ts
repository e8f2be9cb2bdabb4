import type { PageRequest } from '@gitops-infra/backstage-plugin-gitops-common';

/** What the API gives at once at most. */
const PAGE_MAX = 100;

/** The beginning of a list. */
export interface ListStart<T> {
  items: T[];
  /** How many were asked for. */
  wanted: number;
  hasMore: boolean;
}

/** Reads the beginning of a paged list anew, so that all that is shown of it is from now. */
export async function readUpTo<T>(
  wanted: number,
  readPage: (page: PageRequest) => Promise<{ items: T[]; nextCursor?: string }>,
): Promise<ListStart<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await readPage({
      limit: Math.min(wanted - items.length, PAGE_MAX),
      cursor,
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && items.length < wanted);
  return { items, wanted, hasMore: cursor !== undefined };
}
