import type { ScmAuthApi } from '@backstage/integration-react';
import { screen, within } from '@testing-library/react';
import { fakeGitopsApi, pass, renderCard } from '../__testUtils__/renderCard';
import { plan, promotion, stageBehind } from '../__testUtils__/responses';

const TOKEN = 'gho_tokenOfThePerson';

/** What is pressed to write to GitHub, and what is called then. */
const WRITES = [
  {
    what: 'opening a pull request',
    environments: stageBehind(),
    opener: 'Promote local to stage',
    confirm: 'Open pull request',
    method: 'promote',
  },
  {
    what: 'merging one',
    environments: stageBehind({ promotion: promotion() }),
    opener: 'Merge pull request 42',
    confirm: 'Merge',
    method: 'mergePromotion',
  },
  {
    what: 'closing one',
    environments: stageBehind({ promotion: promotion() }),
    opener: 'Close pull request 42',
    confirm: 'Close pull request',
    method: 'closePromotion',
  },
] as const;

describe.each(WRITES)('$what', write => {
  afterEach(() => jest.useRealTimers());

  const press = async (options: { asUser?: boolean; scmAuth?: ScmAuthApi }) => {
    const { asUser, scmAuth } = options;
    const api = fakeGitopsApi({ ...write.environments, asUser });
    api.previewPromotion.mockResolvedValue({ plan: plan(), asUser });
    api.getMergeGates.mockResolvedValue({ gates: [], asUser });
    const { user } = await renderCard(api, { scmAuth });
    await user.click(screen.getByRole('button', { name: write.opener }));
    await pass(0);
    const dialog = within(screen.getByRole('dialog'));
    await user.click(dialog.getByRole('button', { name: write.confirm }));
    await pass(0);
    return { called: api[write.method], dialog };
  };
  const answering = (getCredentials: ScmAuthApi['getCredentials']) => ({
    getCredentials: jest.fn(getCredentials),
  });

  it('sends the person’s token where the backend asks for it', async () => {
    const scmAuth = answering(async () => ({ token: TOKEN, headers: {} }));
    const { called } = await press({ asUser: true, scmAuth });
    expect(scmAuth.getCredentials).toHaveBeenCalledWith({
      url: plan().repository.url,
      additionalScope: { repoWrite: true },
    });
    expect(called.mock.lastCall?.at(-1)).toEqual({ githubToken: TOKEN });
  });

  it('asks for no token where the backend does not', async () => {
    const scmAuth = answering(async () => ({ token: TOKEN, headers: {} }));
    const { called } = await press({ scmAuth });
    expect(scmAuth.getCredentials).not.toHaveBeenCalled();
    expect(called.mock.lastCall?.at(-1)).toEqual({});
  });

  it('says so where the person does not sign in, and sends nothing', async () => {
    const scmAuth = answering(async () => {
      throw new Error('Login failed, rejected by user');
    });
    const { called, dialog } = await press({ asUser: true, scmAuth });
    expect(called).not.toHaveBeenCalled();
    expect(dialog.getByRole('alert')).toHaveTextContent(
      /Try again and allow it .* tell the administrators of this Backstage: Login failed, rejected by user$/,
    );
    expect(dialog.getByRole('button', { name: write.confirm })).toBeEnabled();
  });

  it('says so where the app cannot sign in to GitHub at all', async () => {
    const { called, dialog } = await press({ asUser: true });
    expect(called).not.toHaveBeenCalled();
    expect(dialog.getByRole('alert')).toHaveTextContent(
      'this Backstage has no way to sign in to it',
    );
  });
});
