import { ServiceUnavailableError } from '@backstage/errors';
import { Knex } from 'knex';
import { UpstreamEntry, UpstreamHead, UpstreamStore } from './UpstreamStore';

// Databases bound the number of values in a statement; an entry has four.
const ENTRIES_IN_STATEMENT = 500;

interface UpstreamRow {
  id: string;
  // PostgreSQL gives a bigint as a string.
  sequence: number | string;
  read_at: string | null;
  error: string | null;
}

interface EntryRow {
  upstream: string;
  key: string;
  sequence: number | string;
  value: string | null;
}

/** Upstreams in the plugin's own database, SQLite or PostgreSQL. */
export class DatabaseUpstreamStore implements UpstreamStore {
  readonly #knex: Knex;

  /** @param knex - as `openDatabase` gives it */
  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async heads(): Promise<Map<string, UpstreamHead>> {
    const rows = await orUnavailable(
      this.#knex<UpstreamRow>('upstreams').select(),
    );
    return new Map(
      rows.map(({ id, sequence, read_at, error }) => [
        id,
        {
          sequence: Number(sequence),
          readAt: read_at ?? undefined,
          error: error ?? undefined,
        },
      ]),
    );
  }

  async entriesAfter(
    upstream: string,
    sequence: number,
  ): Promise<{ sequence: number; entries: UpstreamEntry[] }> {
    // First: a change that comes in between is among the entries then, and counts.
    const head = await orUnavailable(
      this.#knex<UpstreamRow>('upstreams')
        .where({ id: upstream })
        .first('sequence'),
    );
    const query = this.#knex<EntryRow>('upstream_entries')
      .where({ upstream })
      .where('sequence', '>', sequence);
    if (sequence === 0) {
      query.whereNotNull('value');
    }
    const rows: Pick<EntryRow, 'key' | 'value' | 'sequence'>[] =
      await orUnavailable(query.select('key', 'value', 'sequence'));
    return {
      sequence: rows.reduce(
        (last, row) => Math.max(last, Number(row.sequence)),
        Number(head?.sequence ?? 0),
      ),
      entries: rows.map(({ key, value }) => ({
        key,
        value: value === null ? undefined : JSON.parse(value),
      })),
    };
  }

  async append(
    upstream: string,
    after: number,
    entries: UpstreamEntry[],
    readAt: Date,
  ): Promise<number | undefined> {
    const sequence = after + 1;
    const row = { sequence, read_at: readAt.toISOString(), error: null };
    const written = this.#knex.transaction(async transaction => {
      await transaction<UpstreamRow>('upstreams')
        .insert({ id: upstream, sequence: 0 })
        .onConflict('id')
        .ignore();
      // Locks the row: of two who write at once the second finds the sequence of the first.
      const changed = await transaction<UpstreamRow>('upstreams')
        .where({ id: upstream, sequence: after })
        .update(row);
      if (changed === 0) {
        return undefined;
      }
      for (let at = 0; at < entries.length; at += ENTRIES_IN_STATEMENT) {
        await transaction<EntryRow>('upstream_entries')
          .insert(
            entries
              .slice(at, at + ENTRIES_IN_STATEMENT)
              .map(({ key, value }) => ({
                upstream,
                key,
                sequence,
                value: value === undefined ? null : JSON.stringify(value),
              })),
          )
          .onConflict(['upstream', 'key'])
          .merge(['sequence', 'value']);
      }
      return sequence;
    });
    return orUnavailable(written);
  }

  async recordRead(
    upstream: string,
    outcome: { readAt: Date } | { error: string },
  ): Promise<void> {
    const row =
      'readAt' in outcome
        ? { read_at: outcome.readAt.toISOString(), error: null }
        : { error: outcome.error };
    await orUnavailable(
      this.#knex<UpstreamRow>('upstreams')
        .insert({ id: upstream, sequence: 0, ...row })
        .onConflict('id')
        .merge(row),
    );
  }
}

// A driver's message carries the statement, and with some drivers what was to be written.
async function orUnavailable<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    const { code } = (error ?? {}) as { code?: unknown };
    throw new ServiceUnavailableError(
      `The database of the gitops plugin failed (${
        typeof code === 'string' ? code : 'for an unknown reason'
      })`,
    );
  }
}
