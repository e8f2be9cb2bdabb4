import type { PinChange } from '../api/types';
import { overlayPinning } from '../__testUtils__/tree';
import { mergedChanges } from './mergedChanges';

const path = 'apps/demo/overlays/stage/kustomization.yaml';
const change = (name: string): PinChange => ({
  name,
  image: `r.test/${name}`,
  before: { tag: '1' },
  after: { tag: '2' },
  location: { path },
});
const PLANNED = [change('web'), change('jobs')];
const pin = (name: string, newTag?: string, newName = `r.test/${name}`) => ({
  name,
  newName,
  newTag,
});

describe('mergedChanges', () => {
  it.each<
    [
      what: string,
      pins: Parameters<typeof overlayPinning>,
      changes: object[],
      amended: string,
    ]
  >([
    [
      'another version',
      [pin('web', '"3"'), pin('jobs', '"2"')],
      [
        { name: 'web', before: { tag: '1' }, after: { tag: '3' } },
        { name: 'jobs', after: { tag: '2' } },
      ],
      'web 1 → 3 in place of 2',
    ],
    [
      'what was there before',
      [pin('web', '"1"'), pin('jobs', '"2"')],
      [{ name: 'jobs', after: { tag: '2' } }],
      'web stays at 1 in place of 2',
    ],
    [
      'another image, and no version',
      [pin('web', '"2"', 'other'), pin('jobs')],
      [
        { image: 'other', after: { tag: '2' } },
        { image: 'r.test/jobs', after: {} },
      ],
      'web 1 → 2 as other in place of 2; jobs 1 → no version in place of 2',
    ],
    [
      'one pin only',
      [pin('jobs', '"2"')],
      [{ name: 'jobs' }],
      'web is not pinned any more',
    ],
  ])('are %s', (_, pins, changes, amended) => {
    const text = overlayPinning(...pins);
    const found = mergedChanges(PLANNED, { path, text });
    expect(found).toMatchObject({ changes, amended });
    expect(found).toHaveProperty('changes.length', changes.length);
  });

  it('are none other than planned, whatever else the overlay has', () => {
    const text = overlayPinning(
      pin('more', '"7"'),
      pin('jobs', '"2"'),
      pin('web', '"2"'),
    );
    expect(mergedChanges(PLANNED, { path, text })).toBeUndefined();
  });

  it.each([
    [undefined, /kustomization.yaml cannot be read at the merge commit\.$/],
    [
      'images: [',
      /kustomization.yaml cannot be read at the merge commit, .+\.$/,
    ],
  ])('are not known of %j', (text, unknown) => {
    expect(mergedChanges(PLANNED, { path, text })).toEqual({
      unknown: expect.stringMatching(unknown),
    });
  });
});
