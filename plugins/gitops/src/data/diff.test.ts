import { readUnifiedDiff } from './diff';

describe('readUnifiedDiff', () => {
  it('leaves the header out and keeps the lines, also those that look like one', () => {
    expect(
      readUnifiedDiff(
        [
          'Index: a.yaml',
          '====',
          '--- a/a.yaml',
          '+++ b/a.yaml',
          '@@ -1,3 +1,3 @@',
          ' images:',
          '--- old',
          '+++ new',
          '',
          '\\ No newline at end of file',
          '',
        ].join('\n'),
      ),
    ).toEqual([
      { kind: 'hunk', text: '@@ -1,3 +1,3 @@' },
      { kind: 'context', text: 'images:' },
      { kind: 'removed', text: '-- old' },
      { kind: 'added', text: '++ new' },
      { kind: 'context', text: '' },
      { kind: 'note', text: ' No newline at end of file' },
    ]);
  });

  it('finds nothing in nothing', () => {
    expect(readUnifiedDiff('')).toEqual([]);
  });
});
