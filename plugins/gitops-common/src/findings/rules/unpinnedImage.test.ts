import { recorded, shown, stageFacts } from '../../__testUtils__/facts';
import { overlayPinning, STAGE_OVERLAY } from '../../__testUtils__/tree';
import { unpinnedImage } from './unpinnedImage';

const WHAT =
  'warning demo runs as localhost:5001/demo:latest, which is another image after every push.';

describe('unpinned-image', () => {
  it.each<
    [
      what: string,
      pin: Record<string, string>,
      live: string[] | undefined,
      found: string[],
    ]
  >([
    ['a version', { newTag: '"1.5.0"' }, undefined, []],
    [
      'latest',
      { newTag: 'latest' },
      undefined,
      [`${STAGE_OVERLAY}:5:13 ${WHAT}`],
    ],
    [
      'latest at a digest',
      { newTag: 'latest', digest: `sha256:${'a'.repeat(64)}` },
      undefined,
      [],
    ],
    ['only another name', {}, undefined, []],
    [
      'another name, and the base has the version',
      {},
      ['localhost:5001/demo:1.4.2'],
      [],
    ],
    [
      'another name, and the base has none either',
      {},
      ['localhost:5001/demo'],
      [`${STAGE_OVERLAY}:3:5 ${WHAT}`],
    ],
  ])('judges a pin of %s', (_, pin, images, found) => {
    const text = overlayPinning({
      name: 'demo',
      newName: 'localhost:5001/demo',
      ...pin,
    });
    const status = images && recorded('a-synced-healthy', { images });
    expect(unpinnedImage.check(stageFacts(text, status)).map(shown)).toEqual(
      found,
    );
  });
});
