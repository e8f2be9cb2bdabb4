import { verdictOf } from '../../__testUtils__/gates';
import { allowedGroupsGate } from './allowedGroups';

const person = (...ownershipEntityRefs: string[]) => ({
  person: { userEntityRef: 'user:default/guest', ownershipEntityRefs },
});

describe('allowed-groups', () => {
  it.each<
    [
      what: string,
      allowed: Record<string, string[]>,
      owns: string[],
      says: string | undefined,
    ]
  >([
    ['an environment that is not there', { prod: [] }, [], undefined],
    [
      'a member',
      { stage: ['group:default/other', 'group:default/release'] },
      ['group:default/release'],
      'passed: stage is for group:default/release.',
    ],
    [
      'the person',
      { stage: ['user:default/guest'] },
      [],
      'passed: stage is for user:default/guest.',
    ],
    [
      'a ref in another case',
      { stage: ['group:default/release'] },
      ['Group:default/Release'],
      'passed: stage is for group:default/release.',
    ],
    [
      'somebody else',
      { stage: ['group:default/release', 'user:default/jane'] },
      ['group:default/demo-team'],
      'failed: stage is for group:default/release, user:default/jane only; ask one of them.',
    ],
  ])('of %s', async (_, allowed, owns, says) => {
    await expect(
      verdictOf(
        allowedGroupsGate(new Map(Object.entries(allowed))),
        person(...owns),
      ),
    ).resolves.toBe(says);
  });
});
