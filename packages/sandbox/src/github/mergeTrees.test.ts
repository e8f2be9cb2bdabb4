import { TreeFile } from './EmulatedRepository';
import { mergeTrees } from './mergeTrees';

function tree(files: Record<string, string>): TreeFile[] {
  return Object.entries(files).map(([path, sha]) => ({
    path,
    sha,
    mode: '100644',
  }));
}

describe('mergeTrees', () => {
  it.each([
    ['theirs changed', { a: '1' }, { a: '1' }, { a: '2' }, { a: '2' }],
    ['ours changed', { a: '1' }, { a: '2' }, { a: '1' }, { a: '2' }],
    ['both alike', { a: '1' }, { a: '2' }, { a: '2' }, { a: '2' }],
    [
      'different files',
      { a: '1', b: '1' },
      { a: '2', b: '1' },
      { a: '1', b: '2' },
      { a: '2', b: '2' },
    ],
    ['theirs added', {}, {}, { a: '1' }, { a: '1' }],
    ['theirs removed', { a: '1' }, { a: '1' }, {}, {}],
  ])('%s', (_, ancestor, ours, theirs, merged) => {
    const result = mergeTrees(tree(ancestor), tree(ours), tree(theirs));

    expect(result).toEqual({ files: tree(merged), conflicts: [] });
  });

  it.each([
    ['changed differently', { a: '1' }, { a: '2' }, { a: '3' }],
    ['removed here, changed there', { a: '1' }, {}, { a: '3' }],
    ['changed here, removed there', { a: '1' }, { a: '2' }, {}],
  ])('conflicts: %s', (_, ancestor, ours, theirs) => {
    const result = mergeTrees(
      tree(ancestor),
      tree(ours as Record<string, string>),
      tree(theirs as Record<string, string>),
    );

    expect(result.conflicts).toEqual(['a']);
  });
});
