import { overlayPinning } from '../__testUtils__/tree';
import { earlierStates, OverlayCommit } from './earlierStates';

const at = (
  sha: string,
  tag: string | undefined,
  more: Partial<OverlayCommit> = {},
): OverlayCommit => ({
  commit: { sha, title: sha, author: 'octocat', url: `https://host/${sha}` },
  text:
    tag === undefined
      ? undefined
      : overlayPinning({ name: 'demo', newTag: `"${tag}"` }),
  ...more,
});

const shown = (commits: OverlayCommit[]) =>
  earlierStates(commits).map(
    ({ commit, pins, problem }) =>
      `${commit.sha} ${problem ?? pins.map(pin => pin.version.tag).join()}`,
  );

describe('earlierStates', () => {
  it.each<[what: string, commits: OverlayCommit[], states: string[]]>([
    ['nothing', [], []],
    ['one commit: it is what is there now', [at('a', '1')], []],
    ['two', [at('b', '2'), at('a', '1')], ['a 1']],
    [
      'the same pins one after the other: the first commit made them',
      [at('d', '3'), at('c', '2'), at('b', '2'), at('a', '1')],
      ['b 2', 'a 1'],
    ],
    [
      'commits that left the present pins alone',
      [at('c', '2'), at('b', '2'), at('a', '1')],
      ['a 1'],
    ],
    [
      'pins that came back',
      [at('c', '1'), at('b', '2'), at('a', '1')],
      ['b 2', 'a 1'],
    ],
    [
      'an overlay that was deleted and made anew',
      [at('c', '2'), at('b', undefined), at('a', '1')],
      ['b There was no overlay.', 'a 1'],
    ],
    [
      'an overlay that was broken between two states',
      [at('c', '2'), at('b', '1', { text: 'images: 1' }), at('a', '2')],
      ['b The overlay could not be read: images is not a list.', 'a 2'],
    ],
    [
      'what a promotion had before it was updated',
      [
        at('d', '4', { promotionId: 'p2' }),
        at('c', '3', { promotionId: 'p1' }),
        at('b', '2', { promotionId: 'p1' }),
        at('a', '1'),
      ],
      ['c 3', 'a 1'],
    ],
  ])('of %s', (_, commits, states) => {
    expect(shown(commits)).toEqual(states);
  });

  it('says which promotion made a state', () => {
    const promotion = { id: 'p1', title: 'promote(demo): local → stage' };
    expect(
      earlierStates([at('b', '2'), at('a', '1', { promotion })])[0],
    ).toMatchObject({ promotion, pins: [{ name: 'demo', image: 'demo' }] });
  });
});
