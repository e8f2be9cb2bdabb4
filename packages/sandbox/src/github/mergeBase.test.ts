import { mergeBase } from './mergeBase';

describe('mergeBase', () => {
  /*
   * main: a - b - c - d - m - e     m merges h, which was made on a
   * j joins g, which was made on a, and d
   */
  const GRAPH: Record<string, string[]> = {
    a: [],
    b: ['a'],
    c: ['b'],
    d: ['c'],
    h: ['a'],
    m: ['d', 'h'],
    e: ['m'],
    g: ['a'],
    j: ['g', 'd'],
    k: ['j'],
    alone: [],
  };
  const parentsOf = async (commit: string) => GRAPH[commit];

  it.each([
    ['a commit and itself', 'c', 'c', 'c'],
    ['a commit and one before it', 'c', 'a', 'a'],
    ['a commit and one after it', 'b', 'e', 'b'],
    ['two that parted', 'g', 'e', 'a'],
    ['what was joined, however near the older one is', 'e', 'k', 'd'],
    ['two without anything in common', 'alone', 'e', undefined],
  ])('of %s', async (_, one, other, expected) => {
    expect(await mergeBase(one, other, parentsOf)).toBe(expected);
    expect(await mergeBase(other, one, parentsOf)).toBe(expected);
  });
});
