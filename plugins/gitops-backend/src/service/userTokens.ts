import { InputError } from '@backstage/errors';
import { Request } from 'express';
import { UserToken } from '../github/UserToken';

const HEADER = 'x-gitops-github-token';

/**
 * The token that the person who asks writes to GitHub with; undefined where that is done as the integration, whatever was
 * sent.
 *
 * @param asUser - whether it is done as the person
 * @throws InputError where it is, and there is no token, or none that could be one.
 */
export function userTokenOf(
  req: Request,
  asUser: boolean,
): UserToken | undefined {
  if (!asUser) {
    return undefined;
  }
  const token = req.header(HEADER);
  if (!token) {
    throw new InputError(
      `Pull requests are opened, merged and closed as yourself here (gitops.promotions.asUser), and your GitHub token was not sent; sign in to GitHub in Backstage, or send it as ${HEADER}`,
    );
  }
  return new UserToken(token);
}
