import {
  minorAfter,
  patchAfter,
  patchBefore,
  tagOf,
  withoutTagComment,
  withTag,
} from './tag';

describe('the image tag of an overlay', () => {
  it.each([
    ['newTag: "1.4.1" # why', '1.4.1', 'newTag: "1.5.0" # why'],
    ["  - newTag: '1.4.1'", '1.4.1', '  - newTag: "1.5.0"'],
    ['    newTag: 1.10', '1.10', '    newTag: "1.5.0"'],
    [
      'newTag: "1.4.1"\r\nnext: 1\r\n',
      '1.4.1',
      'newTag: "1.5.0"\r\nnext: 1\r\n',
    ],
  ])('of %j is %s', (overlay, tag, moved) => {
    expect(tagOf(overlay)).toBe(tag);
    expect(withTag(overlay, '1.5.0')).toBe(moved);
  });

  it('is absent where none is pinned', () => {
    expect(tagOf('images: []\n')).toBeUndefined();
  });

  it('loses its comment alone', () => {
    expect(withoutTagComment('a: 1 # a\nnewTag: "1" # b\nc: 2 # c')).toBe(
      'a: 1 # a\nnewTag: "1"\nc: 2 # c',
    );
  });
});

describe('versions', () => {
  it.each([
    ['1.4.2', '1.4.1', '1.4.3', '1.5.0'],
    ['1.4.0', undefined, '1.4.1', '1.5.0'],
    ['main', undefined, 'main.1', 'main.1'],
  ])('around %s', (version, before, after, minor) => {
    expect(patchBefore(version)).toBe(before);
    expect(patchAfter(version)).toBe(after);
    expect(minorAfter(version)).toBe(minor);
  });
});
