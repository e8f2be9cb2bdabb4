import { Knex } from 'knex';
import { LeaseStore, SeenLease } from './LeaseStore';

interface LeaseRow {
  id: string;
  holder: string | null;
  // PostgreSQL gives a bigint as a string.
  beat: number | string;
}

/** Leases in the plugin's own database, SQLite or PostgreSQL. */
export class DatabaseLeaseStore implements LeaseStore {
  readonly #knex: Knex;

  /** @param knex - as `openDatabase` gives it */
  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async find(id: string): Promise<SeenLease> {
    const row = await this.#table().where({ id }).first();
    return { holder: row?.holder ?? undefined, beat: Number(row?.beat ?? 0) };
  }

  async take(id: string, seen: SeenLease, holder: string): Promise<boolean> {
    await this.#table()
      .insert({ id, holder: null, beat: 0 })
      .onConflict('id')
      .ignore();
    const taken = await this.#table()
      .where({ id, holder: seen.holder ?? null, beat: seen.beat })
      .update({ holder, beat: seen.beat + 1 });
    return taken > 0;
  }

  async renew(id: string, holder: string): Promise<boolean> {
    const renewed = await this.#table()
      .where({ id, holder })
      .update({ beat: this.#knex.raw('?? + 1', ['beat']) });
    return renewed > 0;
  }

  async release(id: string, holder: string): Promise<void> {
    await this.#table().where({ id, holder }).update({ holder: null });
  }

  #table() {
    return this.#knex<LeaseRow>('leases');
  }
}
