import {
  PromotionState,
  PullRequestRef,
} from '@gitops-infra/backstage-plugin-gitops-common';
import {
  IntendedUpdate,
  MergedPromotion,
  PromotionDetails,
  StoredPromotion,
} from './PromotionStore';

/** Where `PromotionRow`s are. */
export const PROMOTIONS_TABLE = 'promotions';

/** A promotion as its table has it. */
export interface PromotionRow {
  id: string;
  repository: string;
  service: string;
  /** Null in a promotion that has one of the next two. */
  from_environment: string | null;
  version: string | null;
  rollback_to: string | null;
  to_environment: string;
  entity_ref: string;
  /** Null where all are looked in, and in rows from before it was kept. */
  instance: string | null;
  state: PromotionState;
  open_key: string | null;
  title: string;
  changes: string;
  undoes: string | null;
  branch: string;
  base_commit: string;
  head_commit: string | null;
  pull_request_number: number | null;
  pull_request_url: string | null;
  requested_by: string;
  created_at: string;
  updated_at: string;
  merged_by: string | null;
  merged_at: string | null;
  merge_commit: string | null;
  error: string | null;
  pull_request_status: string | null;
  /** SQLite has numbers for it. */
  unlabelled: boolean | number;
  intended: string | null;
  gates: string | null;
  synced_at: string | null;
  decision: string | null;
  /** JSON list of codes. */
  failures: string | null;
  beat: number;
  /** SQLite has numbers for it. */
  reopened: boolean | number;
}

/** Names the one promotion of a service into a target that may be open. */
export function openKey(
  repository: string,
  service: string,
  to: string,
): string {
  return JSON.stringify([repository, service, to]);
}

/** What another change of the same promotion replaces. */
export function contentColumns(
  content: Omit<IntendedUpdate, 'commit' | 'because'>,
): Partial<PromotionRow> {
  return {
    from_environment: content.from ?? null,
    version: content.version ?? null,
    rollback_to: content.rollbackTo ?? null,
    title: content.title,
    changes: JSON.stringify(content.changes),
    undoes: content.undoes ? JSON.stringify(content.undoes) : null,
    base_commit: content.baseCommit,
    requested_by: content.requestedBy,
    gates: content.gates ? JSON.stringify(content.gates) : null,
  };
}

/** The columns of those details that are given. */
export function detailColumns(
  details: PromotionDetails,
): Partial<PromotionRow> {
  return {
    ...('pullRequest' in details && {
      pull_request_number: details.pullRequest?.number ?? null,
      pull_request_url: details.pullRequest?.url ?? null,
    }),
    ...('pullRequestStatus' in details && {
      pull_request_status: JSON.stringify(details.pullRequestStatus ?? null),
    }),
    ...('unlabelled' in details && { unlabelled: details.unlabelled }),
    ...('mergedBy' in details && { merged_by: details.mergedBy ?? null }),
    ...('mergedAt' in details && { merged_at: details.mergedAt ?? null }),
    ...('mergeCommit' in details && {
      merge_commit: details.mergeCommit ?? null,
    }),
    ...(details.changes && { changes: JSON.stringify(details.changes) }),
    ...('undoes' in details && {
      undoes: details.undoes ? JSON.stringify(details.undoes) : null,
    }),
    ...('error' in details && { error: details.error ?? null }),
  };
}

/** The columns that a `MergedPromotion` is made of. */
export const MERGED_COLUMNS = [
  'id',
  'title',
  'changes',
  'rollback_to',
  'undoes',
  'pull_request_number',
  'pull_request_url',
  'head_commit',
  'merge_commit',
] as const;

export function mergedFromRow(
  row: Pick<PromotionRow, (typeof MERGED_COLUMNS)[number]>,
): MergedPromotion {
  return {
    id: row.id,
    title: row.title,
    changes: JSON.parse(row.changes),
    rollbackTo: row.rollback_to ?? undefined,
    undoes: row.undoes ? JSON.parse(row.undoes) : undefined,
    pullRequest: pullRequestOf(row),
    headCommit: row.head_commit ?? undefined,
    mergeCommit: row.merge_commit ?? undefined,
  };
}

export function fromRow(row: PromotionRow): StoredPromotion {
  return {
    id: row.id,
    repository: row.repository,
    service: row.service,
    from: row.from_environment ?? undefined,
    version: row.version ?? undefined,
    rollbackTo: row.rollback_to ?? undefined,
    to: row.to_environment,
    entityRef: row.entity_ref,
    instance: row.instance ?? undefined,
    state: row.state,
    title: row.title,
    changes: JSON.parse(row.changes),
    undoes: row.undoes ? JSON.parse(row.undoes) : undefined,
    branch: row.branch,
    baseCommit: row.base_commit,
    headCommit: row.head_commit ?? undefined,
    pullRequest: pullRequestOf(row),
    pullRequestStatus: row.pull_request_status
      ? JSON.parse(row.pull_request_status) ?? undefined
      : undefined,
    requestedBy: row.requested_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    mergedBy: row.merged_by ?? undefined,
    mergedAt: row.merged_at ?? undefined,
    mergeCommit: row.merge_commit ?? undefined,
    error: row.error ?? undefined,
    unlabelled: Boolean(row.unlabelled),
    gates: row.gates ? JSON.parse(row.gates) : undefined,
    decision: row.decision ? JSON.parse(row.decision) : undefined,
    beat: row.beat,
  };
}

function pullRequestOf({
  pull_request_number: number,
  pull_request_url: url,
}: Pick<PromotionRow, 'pull_request_number' | 'pull_request_url'>):
  | PullRequestRef
  | undefined {
  return number !== null && url !== null ? { number, url } : undefined;
}
