// As many as tell the promotions of one target apart; the first of a random UUID.
const ID_DIGITS = 8;

/**
 * What the branches of all promotions of a service into a target begin with, and no others.
 *
 * @public
 */
export function promotionBranches(service: string, to: string): string {
  return `gitops/promote/${service}/${to}/`;
}

/**
 * The branch of one promotion, and of no other: what is on it was made for it, or pushed to it by a person.
 *
 * @public
 */
export function promotionBranch(
  id: string,
  service: string,
  to: string,
): string {
  return `${promotionBranches(service, to)}${id.slice(0, ID_DIGITS)}`;
}
