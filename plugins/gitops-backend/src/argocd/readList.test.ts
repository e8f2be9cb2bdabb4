import fc from 'fast-check';
import { recorded } from '../__testUtils__/recordings';
import { readList } from './readList';

async function read(text: string, piece = text.length) {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += piece) {
        controller.enqueue(bytes.slice(at, at + piece));
      }
      controller.close();
    },
  });
  const items: unknown[] = [];
  const surroundings = await readList(
    body,
    new AbortController().signal,
    item => items.push(item),
  );
  return { items, surroundings };
}

describe('readList', () => {
  it.each(['a-synced-healthy/list.json', 'a-synced-healthy/kube-list.json'])(
    'reads what JSON.parse reads: %s',
    async path => {
      const { body } = recorded<{ items: unknown[]; metadata: unknown }>(path);
      for (const piece of [7, 4_096]) {
        const { items, surroundings } = await read(JSON.stringify(body), piece);
        expect(items).toEqual(body.items);
        expect(surroundings).toEqual({ ...body, items: [0, 0] });
      }
    },
  );

  it('reads any list of objects, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
        fc.jsonValue(),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(undefined, 1),
        async (items, metadata, piece, indent) => {
          const text = JSON.stringify(
            { metadata, items, more: [] },
            null,
            indent,
          );
          const found = await read(text, piece);
          expect(found.items).toEqual(JSON.parse(text).items);
          expect(found.surroundings.metadata).toEqual(
            JSON.parse(text).metadata,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('takes null for items as they are: none', async () => {
    expect(await read('{"items":null}')).toEqual({
      items: [],
      surroundings: { items: null },
    });
  });

  it.each([
    [''],
    ['null'],
    ['[]'],
    ['{}'],
    ['{"items":['],
    ['{"items":[{}'],
    ['{"items":[{}]'],
    ['{"items":[{"a":}]}'],
    ['{"items":[{}{}]}'],
    ['{"items":[<html>]}'],
    ['{"items":[{}]}]'],
    ['}{'],
    ['{"items":"'],
  ])('does not take %j for a list', async text => {
    await expect(read(text)).rejects.toThrow('not a whole list in JSON');
  });

  it('refuses an item beyond any size', async () => {
    await expect(
      read(`{"items":[{"a":"${'x'.repeat(17 * 1024 * 1024)}"}]}`, 65_536),
    ).rejects.toThrow('longer than');
  });
});
