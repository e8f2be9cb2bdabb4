import { randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  Finding,
  GateResult,
  nextPromotionState,
  OPEN_PROMOTION_STATES,
  promotionBranch,
  PromotionEvent,
  PromotionTimelineEntry,
  UNDER_WAY_PROMOTION_STATES,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Knex } from 'knex';
import {
  entryOf,
  EventRow,
  EVENTS,
  overridden,
  whatUpdated,
} from './promotionEvents';
import {
  contentColumns,
  detailColumns,
  fromRow,
  MERGED_COLUMNS,
  mergedFromRow,
  openKey,
  PromotionRow,
  PROMOTIONS_TABLE,
} from './promotionRows';
import {
  IntendedUpdate,
  MergedPromotion,
  NewPromotion,
  PromotionDecision,
  PromotionDetails,
  PromotionPosition,
  PromotionStore,
  StoredPromotion,
} from './PromotionStore';
import { createWritePromotions, WritePromotions } from './promotionWrites';

// What is read at once at most: the largest page, and one that says whether there is another.
const LIST_LIMIT = 101;

/** Promotions in the plugin's own database, SQLite or PostgreSQL. */
export class DatabasePromotionStore implements PromotionStore {
  readonly #knex: Knex;
  readonly #now: () => Date;
  readonly #write: WritePromotions;
  #onWrite: () => void = () => {};

  /** @param knex - as `openDatabase` gives it */
  constructor(knex: Knex, options: { now?: () => Date } = {}) {
    this.#knex = knex;
    this.#now = options.now ?? (() => new Date());
    this.#write = createWritePromotions(knex, () => this.#onWrite());
  }

  /** Has a listener told after each change that this process makes. */
  onWrite(listener: () => void): void {
    this.#onWrite = listener;
  }

  async request(
    promotion: NewPromotion,
  ): Promise<{ promotion: StoredPromotion; created: boolean }> {
    const id = randomUUID();
    const now = this.#now().toISOString();
    const open_key = openKey(
      promotion.repository,
      promotion.service,
      promotion.to,
    );
    // The unique open_key decides between two who ask at once; the one that comes second finds the first one's row.
    const inserted = await this.#write(
      table =>
        table()
          .insert({
            id,
            repository: promotion.repository,
            service: promotion.service,
            ...contentColumns(promotion),
            to_environment: promotion.to,
            entity_ref: promotion.entityRef,
            instance: promotion.instance ?? null,
            state: 'requested',
            open_key,
            branch: promotionBranch(id, promotion.service, promotion.to),
            created_at: now,
            updated_at: now,
          })
          .onConflict('open_key')
          .ignore()
          .returning('id')
          .then(rows => rows.length),
      {
        promotion: id,
        at: now,
        event: 'requested',
        who: promotion.requestedBy,
      },
      ...overridden(promotion.gates).map(more => ({
        promotion: id,
        at: now,
        ...more,
      })),
    );
    const row = await this.#table().where({ open_key }).first();
    if (row) {
      return { promotion: fromRow(row), created: inserted > 0 };
    }
    // The one that was open ended between the two statements.
    return this.request(promotion);
  }

  async get(id: string): Promise<StoredPromotion | undefined> {
    const row = await this.#table().where({ id }).first();
    return row && fromRow(row);
  }

  async findOpen(
    repository: string,
    service: string,
    to: string,
  ): Promise<StoredPromotion | undefined> {
    const row = await this.#table()
      .where({ open_key: openKey(repository, service, to) })
      .first();
    return row && fromRow(row);
  }

  async listByService(
    repository: string,
    service: string,
    page: { to?: string; limit?: number; after?: PromotionPosition } = {},
  ): Promise<StoredPromotion[]> {
    const { to, limit = LIST_LIMIT, after } = page;
    const rows = await this.#table()
      .where({ repository, service })
      .where(to === undefined ? {} : { to_environment: to })
      .where(table => {
        if (after) {
          table
            .where('created_at', '<', after.createdAt)
            .orWhere(same =>
              same
                .where('created_at', after.createdAt)
                .where('id', '<', after.id),
            );
        }
      })
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(Math.min(limit, LIST_LIMIT));
    return rows.map(fromRow);
  }

  async listMerged(
    repository: string,
    service: string,
    to: string,
  ): Promise<MergedPromotion[]> {
    const rows = await this.#table()
      .where({ repository, service, to_environment: to })
      .whereNotNull('merge_commit')
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .select(...MERGED_COLUMNS);
    return rows.map(mergedFromRow);
  }

  async findClosed(
    repository: string,
    pullRequest: number,
  ): Promise<StoredPromotion | undefined> {
    const row = await this.#table()
      .where({
        repository,
        pull_request_number: pullRequest,
        state: 'closed',
      })
      .first();
    return row && fromRow(row);
  }

  async listReopened(
    target:
      | Pick<StoredPromotion, 'repository' | 'service' | 'to'>
      | undefined = undefined,
  ): Promise<StoredPromotion[]> {
    const rows = await this.#table()
      .where({ reopened: true })
      .where(
        target
          ? {
              repository: target.repository,
              service: target.service,
              to_environment: target.to,
            }
          : {},
      )
      .orderBy('created_at', 'desc');
    return rows.map(fromRow);
  }

  async keepReopened(
    id: string,
    isOpen: boolean,
    detail: string,
  ): Promise<boolean> {
    return this.#keepOfClosed(
      id,
      { reopened: !isOpen },
      { reopened: isOpen },
      detail,
    );
  }

  async keepLateMerge(
    id: string,
    { mergeCommit, detail }: { mergeCommit: string; detail: string },
  ): Promise<boolean> {
    return this.#keepOfClosed(
      id,
      { merge_commit: null },
      { merge_commit: mergeCommit, reopened: false },
      detail,
    );
  }

  async listUnderWay(
    service: { repository: string; service: string } | undefined = undefined,
  ): Promise<StoredPromotion[]> {
    const rows = await this.#table()
      .whereIn('state', UNDER_WAY_PROMOTION_STATES)
      .where(service ?? {})
      .orderBy('created_at', 'desc');
    return rows.map(fromRow);
  }

  async beat(id: string): Promise<void> {
    await this.#table()
      .where({ id, state: 'requested' })
      .update({ beat: this.#nextBeat() });
  }

  async takeOver({
    id,
    beat,
  }: Pick<StoredPromotion, 'id' | 'beat'>): Promise<boolean> {
    const taken = await this.#table()
      .where({ id, state: 'requested', beat })
      .update({ beat: this.#nextBeat(), error: null });
    return taken > 0;
  }

  async proposeHeadCommit(
    id: string,
    { commit, baseCommit }: { commit: string; baseCommit: string },
  ): Promise<string | undefined> {
    await this.#write(table =>
      table()
        .where({ id, state: 'requested' })
        .whereNull('head_commit')
        .update({
          head_commit: commit,
          base_commit: baseCommit,
          updated_at: this.#now().toISOString(),
        }),
    );
    const now = await this.get(id);
    return now?.state === 'closed' ? undefined : now?.headCommit;
  }

  async update(id: string, details: PromotionDetails): Promise<void> {
    await this.#write(table =>
      table().where({ id }).update(this.#changed(details)),
    );
  }

  async record(
    id: string,
    event: PromotionEvent,
    details: PromotionDetails = {},
    onlyWith: { headCommit: string | null } | undefined = undefined,
  ): Promise<StoredPromotion> {
    const current = await this.get(id);
    if (!current) {
      throw new NotFoundError(`There is no promotion ${id}`);
    }
    const state = nextPromotionState(current.state, event);
    if (
      state === current.state ||
      (onlyWith && (current.headCommit ?? null) !== onlyWith.headCommit)
    ) {
      return current;
    }
    const decidedBy =
      current.decision?.event === event ? current.decision.by : undefined;
    const columns = this.#changed({
      error: undefined,
      ...details,
      ...(event === 'merged' && decidedBy && { mergedBy: decidedBy }),
    });
    const at = details.mergedAt ?? this.#now().toISOString();
    const moved = await this.#write(
      table =>
        table()
          .where({ id, state: current.state })
          .where(onlyWith ? { head_commit: onlyWith.headCommit } : {})
          .update({
            ...columns,
            state,
            ...(!OPEN_PROMOTION_STATES.includes(state) && {
              open_key: null,
              intended: null,
              decision: null,
            }),
          }),
      {
        promotion: id,
        at,
        event,
        who: decidedBy ?? details.mergedBy ?? details.by,
        detail: details.error,
      },
      ...(details.also ? [{ promotion: id, at, ...details.also }] : []),
    );
    // Another process moved the row first: look at where it is now.
    return moved
      ? ((await this.get(id)) as StoredPromotion)
      : this.record(id, event, details, onlyWith);
  }

  async intend(
    id: string,
    headCommit: string,
    update: IntendedUpdate,
  ): Promise<boolean> {
    const kept = await this.#write(table =>
      table()
        .where({ id, state: 'open', head_commit: headCommit })
        .whereNull('intended')
        .update({
          intended: JSON.stringify(update),
          updated_at: this.#now().toISOString(),
        }),
    );
    return kept > 0;
  }

  async intended(id: string): Promise<IntendedUpdate | undefined> {
    const row = await this.#table().where({ id }).first('intended');
    return row?.intended ? JSON.parse(row.intended) : undefined;
  }

  async applyIntended(id: string, commit: string): Promise<StoredPromotion> {
    const row = await this.#table().where({ id }).first();
    if (!row) {
      throw new NotFoundError(`There is no promotion ${id}`);
    }
    const update: IntendedUpdate | null =
      row.intended && JSON.parse(row.intended);
    if (update?.commit === commit) {
      const at = this.#now().toISOString();
      await this.#write(
        table =>
          table()
            .where({ id, state: 'open', intended: row.intended })
            .update({
              ...this.#changed({ error: undefined }),
              ...contentColumns(update),
              head_commit: update.commit,
              intended: null,
            }),
        ...whatUpdated(update, row).map(event => ({
          promotion: id,
          at,
          ...event,
        })),
      );
    }
    return (await this.get(id)) as StoredPromotion;
  }

  async forgetIntended(id: string, commit: string): Promise<void> {
    const row = await this.#table().where({ id }).first('intended');
    if (row?.intended && JSON.parse(row.intended).commit === commit) {
      await this.#write(table =>
        table().where({ id, intended: row.intended }).update({
          intended: null,
          updated_at: this.#now().toISOString(),
        }),
      );
    }
  }

  async keepGates(
    { id, headCommit }: Pick<StoredPromotion, 'id' | 'headCommit'>,
    { gates, overrides }: { gates: GateResult[]; overrides: GateResult[] },
  ): Promise<void> {
    const now = this.#now().toISOString();
    await this.#write(
      table =>
        table()
          .where({ id, head_commit: headCommit })
          .update({ gates: JSON.stringify(gates), updated_at: now }),
      ...overridden(overrides).map(more => ({
        promotion: id,
        at: now,
        ...more,
      })),
    );
  }

  async decide(
    id: string,
    { event, by }: Omit<PromotionDecision, 'attempt'>,
  ): Promise<PromotionDecision> {
    const decision = { event, by, attempt: randomUUID() };
    const row = await this.#table().where({ id }).first('decision');
    const before = row?.decision ?? null;
    const other: PromotionDecision | null = before && JSON.parse(before);
    if (other && other.by !== by) {
      throw new ConflictError(
        `${other.by} ${
          other.event === 'merged' ? 'merges' : 'closes'
        } it at the moment; look again in a minute`,
      );
    }
    const kept = await this.#write(table =>
      table()
        .where({ id, decision: before })
        .whereIn('state', OPEN_PROMOTION_STATES)
        .update({
          decision: JSON.stringify(decision),
          updated_at: this.#now().toISOString(),
        }),
    );
    const now = kept ? undefined : await this.get(id);
    // Somebody came first, or it ended: whoever asks GitHub then is told so there.
    return now && OPEN_PROMOTION_STATES.includes(now.state)
      ? this.decide(id, { event, by })
      : decision;
  }

  async takeBack(id: string, decision: PromotionDecision): Promise<void> {
    await this.#write(table =>
      table()
        .where({ id, decision: JSON.stringify(decision) })
        .update({ decision: null, updated_at: this.#now().toISOString() }),
    );
  }

  async note(id: string, detail: string): Promise<void> {
    const now = this.#now().toISOString();
    await this.#write(
      table => table().where({ id }).update({ updated_at: now }),
      {
        promotion: id,
        at: now,
        event: 'noted',
        detail,
      },
    );
  }

  async keepSynced(id: string): Promise<boolean> {
    const now = this.#now().toISOString();
    const kept = await this.#write(
      table =>
        table()
          .where({ id, state: 'merged' })
          .whereNull('synced_at')
          .update({ synced_at: now, updated_at: now }),
      { promotion: id, at: now, event: 'synced' },
    );
    return kept > 0;
  }

  async keepFailure(
    id: string,
    { code, what }: Pick<Finding, 'code' | 'what'>,
  ): Promise<boolean> {
    const row = await this.#table().where({ id }).first('failures');
    const known: string[] = JSON.parse(row?.failures ?? '[]');
    if (!row || known.includes(code)) {
      return false;
    }
    const now = this.#now().toISOString();
    // Another process that came first has changed the list.
    const kept = await this.#write(
      table =>
        table()
          .where({ id, state: 'merged', failures: row.failures })
          .update({
            failures: JSON.stringify([...known, code]),
            updated_at: now,
          }),
      { promotion: id, at: now, event: 'failed', detail: what, code },
    );
    return kept > 0;
  }

  async timeline(id: string): Promise<PromotionTimelineEntry[]> {
    const rows = await this.#knex<EventRow>(EVENTS)
      .where({ promotion: id })
      .orderBy('id');
    return rows.map(entryOf);
  }

  // Another process that heard of the same has changed the row.
  async #keepOfClosed(
    id: string,
    onlyWith: Partial<PromotionRow>,
    columns: Partial<PromotionRow>,
    detail: string,
  ): Promise<boolean> {
    const now = this.#now().toISOString();
    const kept = await this.#write(
      table =>
        table()
          .where({ id, state: 'closed', ...onlyWith })
          .update({ ...columns, updated_at: now }),
      { promotion: id, at: now, event: 'noted', detail },
    );
    return kept > 0;
  }

  #nextBeat() {
    return this.#knex.raw('?? + 1', ['beat']);
  }

  #table() {
    return this.#knex<PromotionRow>(PROMOTIONS_TABLE);
  }

  #changed(details: PromotionDetails): Partial<PromotionRow> {
    return {
      ...detailColumns(details),
      updated_at: this.#now().toISOString(),
    };
  }
}
