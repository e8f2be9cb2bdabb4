import fc from 'fast-check';
import type { ImageVersion } from './api/types';
import {
  formatVersion,
  isValidVersion,
  parseImageReference,
  parseVersion,
  runsVersion,
  sameVersion,
  writeVersion,
} from './images';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const OTHER = `sha256:${'f'.repeat(64)}`;

describe('parseVersion', () => {
  it.each<[text: string, version: ImageVersion | undefined]>([
    ['1.4.2', { tag: '1.4.2' }],
    ['1.10', { tag: '1.10' }],
    [DIGEST, { digest: DIGEST }],
    [`1.4.2@${DIGEST}`, { tag: '1.4.2', digest: DIGEST }],
    ['', undefined],
    [' 1.4.2', undefined],
    ['1.4.2\nx', undefined],
    ['-1', undefined],
    ['localhost:5001/demo:1.4.2', undefined],
    ['sha256:abc', undefined],
    [`${DIGEST}@${OTHER}`, undefined],
    [`1.4.2@${DIGEST}@${OTHER}`, undefined],
    ['1.4.2@', undefined],
    [`@${DIGEST}`, undefined],
    ['x'.repeat(129), undefined],
  ])('reads %j', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });
});

describe('writeVersion', () => {
  it.each(['1.4.2', DIGEST, `1.4.2@${DIGEST}`])('writes %s as it was', text => {
    expect(writeVersion(parseVersion(text)!)).toBe(text);
  });
});

describe('parseImageReference', () => {
  it.each<[reference: string, image: string, version: ImageVersion]>([
    ['demo', 'demo', {}],
    ['demo:1.4.2', 'demo', { tag: '1.4.2' }],
    ['localhost:5001/demo', 'localhost:5001/demo', {}],
    ['localhost:5001/demo:1.4.2', 'localhost:5001/demo', { tag: '1.4.2' }],
    [`demo@${DIGEST}`, 'demo', { digest: DIGEST }],
    [
      `ghcr.io/a/b/demo:v1@${DIGEST}`,
      'ghcr.io/a/b/demo',
      { tag: 'v1', digest: DIGEST },
    ],
    [
      `localhost:5001/demo@${DIGEST}`,
      'localhost:5001/demo',
      { digest: DIGEST },
    ],
    ['[::1]:5001/demo:1', '[::1]:5001/demo', { tag: '1' }],
  ])('takes %s apart', (reference, image, version) => {
    expect(parseImageReference(reference)).toEqual({ image, version });
  });

  it('undoes putting a reference together', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('demo', 'a/b', 'localhost:5001/demo', 'r.io:443/a/b'),
        fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,9}$/)),
        fc.option(fc.constantFrom(DIGEST, OTHER)),
        (image, tag, digest) => {
          const version = { ...(tag && { tag }), ...(digest && { digest }) };
          expect(
            parseImageReference(
              `${image}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`,
            ),
          ).toEqual({ image, version });
        },
      ),
    );
  });
});

describe('formatVersion', () => {
  it.each<[ImageVersion, string]>([
    [{ tag: '1.4.2' }, '1.4.2'],
    [{ tag: '1.4.2', digest: DIGEST }, '1.4.2'],
    [{ digest: DIGEST }, 'sha256:0123456789ab'],
    [{ digest: 'odd' }, 'odd:'],
    [{}, 'latest'],
  ])('writes %j as %s', (version, text) => {
    expect(formatVersion(version)).toBe(text);
  });
});

describe('sameVersion', () => {
  it.each<[ImageVersion, ImageVersion, boolean]>([
    [{}, {}, true],
    [{ tag: '1' }, { tag: '1' }, true],
    [{ tag: '1' }, { tag: '2' }, false],
    [{ tag: '1' }, { tag: '1', digest: DIGEST }, false],
    [{ tag: '1', digest: DIGEST }, { tag: '1', digest: OTHER }, false],
    [{ tag: 'latest' }, {}, false],
  ])('of %j and %j is %s', (a, b, same) => {
    expect(sameVersion(a, b)).toBe(same);
    expect(sameVersion(b, a)).toBe(same);
  });
});

describe('runsVersion', () => {
  it.each<[live: ImageVersion, pinned: ImageVersion, runs: boolean]>([
    [{ tag: '1.4.2' }, { tag: '1.4.2' }, true],
    [{ tag: '1.4.1' }, { tag: '1.4.2' }, false],
    [{ digest: DIGEST }, { digest: DIGEST }, true],
    [{ digest: OTHER }, { digest: DIGEST }, false],
    // By digest where both know one, whatever the tags say.
    [{ tag: '1', digest: DIGEST }, { tag: '2', digest: DIGEST }, true],
    [{ tag: '1', digest: OTHER }, { tag: '1', digest: DIGEST }, false],
    [{ tag: '1' }, { tag: '1', digest: DIGEST }, true],
    [{ tag: '1', digest: DIGEST }, { tag: '1' }, true],
    // A tag and a digest say nothing of each other.
    [{ digest: DIGEST }, { tag: '1' }, false],
    [{ tag: '1' }, { digest: DIGEST }, false],
    // Without either it is `latest`.
    [{}, {}, true],
    [{ tag: 'latest' }, {}, true],
    [{}, { tag: 'latest' }, true],
    [{ tag: '1' }, {}, false],
    [{}, { digest: DIGEST }, false],
    [{ digest: DIGEST }, {}, false],
  ])('%j running for the pin %j: %s', (live, pinned, runs) => {
    expect(runsVersion(live, pinned)).toBe(runs);
  });
});

describe('isValidVersion', () => {
  it.each<[ImageVersion, boolean]>([
    [{}, true],
    [{ tag: '1.4.2' }, true],
    [{ tag: '_x' }, true],
    [{ tag: 'a'.repeat(128) }, true],
    [{ tag: 'a'.repeat(129) }, false],
    [{ tag: '' }, false],
    [{ tag: '.1' }, false],
    [{ tag: '-1' }, false],
    [{ tag: 'a b' }, false],
    [{ tag: 'a\n' }, false],
    [{ tag: 'a"' }, false],
    [{ tag: 'ä' }, false],
    [{ tag: '../x' }, false],
    [{ digest: DIGEST }, true],
    [{ digest: `sha512:${'a'.repeat(128)}` }, true],
    [{ digest: 'sha256:abc' }, false],
    [{ digest: DIGEST.slice(7) }, false],
    [{ digest: `${DIGEST}\n` }, false],
    [{ digest: `SHA256:${'a'.repeat(64)}` }, false],
    [{ tag: '1', digest: 'x' }, false],
  ])('of %j is %s', (version, valid) => {
    expect(isValidVersion(version)).toBe(valid);
  });
});
