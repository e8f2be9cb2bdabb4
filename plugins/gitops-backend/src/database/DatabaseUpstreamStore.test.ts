import { mockServices } from '@backstage/backend-test-utils';
import { DatabaseUpstreamStore } from './DatabaseUpstreamStore';
import { openDatabase } from './openDatabase';
import { testDatabases } from '../__testUtils__/testDatabases';

const databases = testDatabases('SQLITE_3', 'POSTGRES_18');
const AT = new Date('2026-11-24T00:00:00.000Z');
const LATER = new Date('2026-11-24T00:00:05.000Z');

describe.each(databases.eachSupportedId())(
  'DatabaseUpstreamStore on %s',
  databaseId => {
    async function createStore() {
      return new DatabaseUpstreamStore(
        await openDatabase(
          mockServices.database({ knex: await databases.init(databaseId) }),
        ),
      );
    }

    const sorted = (entries: { key: string; value: unknown }[]) =>
      [...entries].sort((a, b) => a.key.localeCompare(b.key));

    it('knows nothing at first', async () => {
      const store = await createStore();
      await expect(store.heads()).resolves.toEqual(new Map());
      await expect(store.entriesAfter('argocd:main', 0)).resolves.toEqual({
        sequence: 0,
        entries: [],
      });
    });

    it('gives what came after a change that is known', async () => {
      const store = await createStore();
      const write = (after: number, ...entries: [string, unknown][]) =>
        store.append(
          'argocd:main',
          after,
          entries.map(([key, value]) => ({ key, value })),
          AT,
        );
      expect(await write(0, ['a', { tag: '1.10' }], ['b', 'ü'])).toBe(1);
      expect(await write(1, ['b', undefined], ['c', null])).toBe(2);

      const all = await store.entriesAfter('argocd:main', 0);
      expect(all.sequence).toBe(2);
      // What is gone is of no use to who knows nothing yet.
      expect(sorted(all.entries)).toEqual([
        { key: 'a', value: { tag: '1.10' } },
        { key: 'c', value: null },
      ]);
      const later = await store.entriesAfter('argocd:main', 1);
      expect(sorted(later.entries).map(({ key }) => key)).toEqual(['b', 'c']);
      await expect(store.entriesAfter('argocd:main', 2)).resolves.toEqual({
        sequence: 2,
        entries: [],
      });
    });

    it('says that the database failed, and nothing of what was to be written', async () => {
      const store = await createStore();
      const secret = 'what a file says';
      const tooLong = 'x'.repeat(1_000);
      const entries = [tooLong, tooLong].map(key => ({ key, value: secret }));
      const failing = store.append(
        'argocd:main',
        0,
        // PostgreSQL refuses to write one row twice; SQLite takes it.
        databaseId === 'SQLITE_3'
          ? [{ key: undefined as never, value: secret }]
          : entries,
        AT,
      );
      await expect(failing).rejects.toThrow(
        /^The database of the gitops plugin failed \(\w+\)$/,
      );
    });

    it('keeps upstreams apart', async () => {
      const store = await createStore();
      await store.append('argocd:a', 0, [{ key: 'x', value: 1 }], AT);
      await store.append('argocd:b', 0, [{ key: 'x', value: 2 }], LATER);
      await expect(store.heads()).resolves.toEqual(
        new Map([
          ['argocd:a', { sequence: 1, readAt: AT.toISOString() }],
          ['argocd:b', { sequence: 1, readAt: LATER.toISOString() }],
        ]),
      );
      await expect(store.entriesAfter('argocd:b', 0)).resolves.toMatchObject({
        entries: [{ key: 'x', value: 2 }],
      });
    });

    it('lets one of those who write from the same state win, and nothing of the others is written', async () => {
      const store = await createStore();
      const written = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          store.append(
            'argocd:main',
            0,
            [{ key: `of-${index}`, value: index }],
            AT,
          ),
        ),
      );
      expect(written.filter(sequence => sequence === 1)).toHaveLength(1);
      const { entries } = await store.entriesAfter('argocd:main', 0);
      expect(entries).toHaveLength(1);
      expect(written[Number(entries[0].value)]).toBe(1);
    });

    it('writes as many entries as a large repository has', async () => {
      const store = await createStore();
      const entries = Array.from({ length: 1_200 }, (_, index) => ({
        key: `file:${index}`,
        value: { text: `${index}` },
      }));
      await store.append('github:big', 0, entries, AT);
      const { entries: read } = await store.entriesAfter('github:big', 0);
      expect(sorted(read)).toEqual(sorted(entries));
    });

    it('notes when an upstream was read and why it could not be', async () => {
      const store = await createStore();
      const head = async () => (await store.heads()).get('argocd:main');
      await store.recordRead('argocd:main', { error: 'away' });
      expect(await head()).toEqual({ sequence: 0, error: 'away' });
      await store.recordRead('argocd:main', { readAt: AT });
      expect(await head()).toEqual({ sequence: 0, readAt: AT.toISOString() });
      await store.recordRead('argocd:main', { error: 'away again' });
      expect(await head()).toEqual({
        sequence: 0,
        readAt: AT.toISOString(),
        error: 'away again',
      });
      await store.append('argocd:main', 0, [{ key: 'x', value: 1 }], LATER);
      expect(await head()).toEqual({
        sequence: 1,
        readAt: LATER.toISOString(),
      });
    });
  },
);
