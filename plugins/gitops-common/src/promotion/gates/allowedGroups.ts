import type { GatePerson, PromotionGate } from './PromotionGate';

/** Its refusal is about the person, who has to ask somebody else. @public */
export const ALLOWED_GROUPS_GATE = 'allowed-groups';

/**
 * Who asks is one of those, or in one of the groups, that the target is for. Nobody overrides it: whoever may promote
 * belongs on the list.
 *
 * @param allowed - entity refs of groups and users, by the environment's name; one that is not there is for everybody
 * @public
 */
export function allowedGroupsGate(
  allowed: ReadonlyMap<string, string[]>,
): PromotionGate {
  return {
    id: ALLOWED_GROUPS_GATE,
    title: 'You may change this environment',
    required: true,
    atMerge: true,
    check({ target, person }) {
      const { environment } = target.declared;
      const refs = allowed.get(environment);
      if (!refs) {
        return undefined;
      }
      const own = refs.find(ref => actsFor(person, [ref]));
      return own
        ? { state: 'passed', message: `${environment} is for ${own}.` }
        : {
            state: 'failed',
            message: `${environment} is for ${refs.join(
              ', ',
            )} only; ask one of them.`,
          };
    },
  };
}

/** Whether a person is, or acts for, one of the entities. @public */
export function actsFor(
  { userEntityRef, ownershipEntityRefs }: GatePerson,
  entityRefs: string[],
): boolean {
  const own = new Set(
    [userEntityRef, ...ownershipEntityRefs].map(ref =>
      ref.toLocaleLowerCase('en-US'),
    ),
  );
  return entityRefs.some(ref => own.has(ref.toLocaleLowerCase('en-US')));
}
