import type { ImageOrigin } from '../api/types';
import type { RegistryAnswer } from '../findings/EnvironmentFacts';
import type { ImageFacts } from '../images';
import { imageOrigin } from './imageOrigin';

const there = (facts?: ImageFacts): RegistryAnswer => ({
  state: 'exists',
  facts,
});
const createdAt = '2026-11-20T10:00:00.000Z';
const revision = '8c5f1d2';
const url = 'https://github.test/shop/web/commit/8c5f1d2';

describe('imageOrigin', () => {
  it.each<
    [answer: RegistryAnswer | undefined, origin: ImageOrigin | undefined]
  >([
    [undefined, undefined],
    [{ state: 'missing' }, undefined],
    [{ state: 'unknown', reason: 'away' }, undefined],
    [there(), undefined],
    [there({ source: 'https://github.test/shop/web' }), undefined],
    [there({ createdAt }), { createdAt }],
    [there({ revision }), { revision }],
    [
      there({
        createdAt,
        revision,
        source: 'https://github.test/shop/web.git/',
      }),
      { createdAt, revision, url },
    ],
  ])('of %j is %j', (answer, origin) => {
    expect(imageOrigin(answer)).toEqual(origin);
  });
});
