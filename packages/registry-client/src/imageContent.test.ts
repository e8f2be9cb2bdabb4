import { readFacts } from './imageContent';

const REVISION = '8c5f1d2e9b7a4c3d8e6f0a1b2c3d4e5f60718293';

const oci = (said: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(said).map(([name, value]) => [
      `org.opencontainers.image.${name}`,
      value,
    ]),
  );

const labelled = (labels: unknown) => ({ config: { Labels: labels } });

describe('readFacts', () => {
  it.each<[what: string, labels: unknown, facts: object]>([
    [
      'all three labels',
      oci({
        source: 'https://github.test/shop/web',
        revision: REVISION,
        version: '1.4.2',
      }),
      {
        source: 'https://github.test/shop/web',
        revision: REVISION,
        version: '1.4.2',
      },
    ],
    [
      'a source by plain HTTP',
      oci({ source: ' http://git.test/a/b ' }),
      { source: 'http://git.test/a/b' },
    ],
    [
      'no source that is no web address',
      oci({ source: 'data:text/html,x' }),
      {},
    ],
    ['no source that is no address', oci({ source: 'shop/web' }), {}],
    [
      'no source with a password',
      oci({ source: 'https://a:b@git.test/a' }),
      {},
    ],
    [
      'no source without end',
      oci({ source: `https://git.test/${'a'.repeat(500)}` }),
      {},
    ],
    ['no revision that is no commit', oci({ revision: 'main' }), {}],
    ['no revision that is an option', oci({ revision: '--upload-pack=x' }), {}],
    ['a short revision', oci({ revision: '8c5f1d2' }), { revision: '8c5f1d2' }],
    ['no version with a line break', oci({ version: '1\n2' }), {}],
    ['no label that is no text', oci({ version: 1, revision: {} }), {}],
    ['nothing of no labels', null, {}],
    ['nothing of what are no labels', 'labels', {}],
  ])('takes %s', (_, labels, facts) => {
    expect(readFacts([undefined], labelled(labels))).toEqual(facts);
  });

  it('asks no labels, which may be those of a base image, where annotations say something', () => {
    const labels = oci({ source: 'https://git.test/base', revision: REVISION });
    const annotations = oci({ source: 'https://git.test/web' });
    expect(readFacts([annotations, undefined], labelled(labels))).toEqual({
      source: 'https://git.test/web',
    });
    expect(readFacts([{}, annotations], labelled(labels))).toEqual({
      source: 'https://git.test/web',
    });
  });

  it.each<[created: unknown, createdAt: string | undefined]>([
    ['2026-11-20T10:00:00.123456789Z', '2026-11-20T10:00:00.123Z'],
    ['2026-11-20T12:00:00+02:00', '2026-11-20T10:00:00.000Z'],
    // What builds that are to be reproducible say.
    ['1970-01-01T00:00:00Z', undefined],
    ['1980-01-01T00:00:01Z', undefined],
    ['0001-01-01T00:00:00Z', undefined],
    ['yesterday', undefined],
    [0, undefined],
    [undefined, undefined],
  ])('takes %s for the time %s', (created, createdAt) => {
    expect(readFacts([], { created }).createdAt).toBe(createdAt);
  });
});
