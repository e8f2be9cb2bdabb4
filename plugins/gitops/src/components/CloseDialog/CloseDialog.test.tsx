import { screen, within } from '@testing-library/react';
import {
  fakeGitopsApi,
  pass,
  refusal,
  renderCard,
} from '../../__testUtils__/renderCard';
import { promotion, stageBehind } from '../../__testUtils__/responses';

async function openDialog(
  api = fakeGitopsApi(stageBehind({ promotion: promotion() })),
) {
  const { user } = await renderCard(api);
  await user.click(
    screen.getByRole('button', { name: 'Close pull request 42' }),
  );
  return { user, api };
}

const dialog = () =>
  within(screen.getByRole('dialog', { name: 'Close pull request #42?' }));
const confirm = () =>
  dialog().getByRole('button', { name: 'Close pull request' });

describe('CloseDialog', () => {
  afterEach(() => jest.useRealTimers());

  it('asks before it closes, and says what follows', async () => {
    const { api } = await openDialog();

    expect(
      dialog().getByText(/It is not merged, and stage stays as it is\./),
    ).toBeInTheDocument();
    expect(api.closePromotion).not.toHaveBeenCalled();
  });

  it('closes, and the card offers to promote again', async () => {
    const { user, api } = await openDialog();
    api.getEnvironments.mockResolvedValue(stageBehind());

    await user.click(confirm());
    await pass(0);
    await pass(500);

    expect(api.closePromotion).toHaveBeenCalledWith('b9d1', {});
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Promote local to stage' }),
    ).toBeEnabled();
    expect(
      screen.getByRole('region', { name: 'Promotion from local to stage' }),
    ).toHaveFocus();
  });

  it('closes nothing when cancelled, and gives focus back', async () => {
    const { user, api } = await openDialog();

    await user.click(dialog().getByRole('button', { name: 'Cancel' }));
    await pass(500);

    expect(api.closePromotion).not.toHaveBeenCalled();
    expect(
      screen.getByRole('button', { name: 'Close pull request 42' }),
    ).toHaveFocus();
  });

  it('withdraws what has no pull request, and says what that means', async () => {
    const stuck = promotion({
      state: 'requested',
      pullRequest: undefined,
      error: 'GitHub does not answer',
    });
    const api = fakeGitopsApi(stageBehind({ promotion: stuck }));
    const { user } = await renderCard(api);
    await user.click(
      screen.getByRole('button', { name: 'Withdraw the promotion to stage' }),
    );
    const asked = within(
      screen.getByRole('dialog', { name: 'Withdraw the promotion to stage?' }),
    );
    expect(
      asked.getByText(/No pull request is opened for it, and stage stays/),
    ).toBeInTheDocument();

    api.closePromotion.mockRejectedValueOnce(
      await refusal(503, 'ServiceUnavailableError', 'GitHub does not answer'),
    );
    await user.click(asked.getByRole('button', { name: 'Withdraw' }));
    await pass(0);
    expect(asked.getByRole('alert')).toHaveTextContent(
      'The promotion is not withdrawn yet',
    );

    await user.click(asked.getByRole('button', { name: 'Withdraw' }));
    await pass(0);
    await pass(500);
    expect(api.closePromotion).toHaveBeenLastCalledWith('b9d1', {});
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });

  it.each([
    [
      403,
      'NotAllowedError',
      ['You may not close this', 'The words of the backend'],
    ],
    [
      409,
      'ConflictError',
      ['cannot be closed as it is', 'The words of the backend'],
    ],
    [502, 'Error', ['The pull request was not closed']],
  ])('stays open after %s and says why', async (status, name, texts) => {
    const api = fakeGitopsApi(stageBehind({ promotion: promotion() }));
    api.closePromotion.mockRejectedValue(
      await refusal(status, name, 'The words of the backend'),
    );
    const { user } = await openDialog(api);

    await user.click(confirm());
    await pass(0);

    texts.forEach(text =>
      expect(dialog().getByRole('alert')).toHaveTextContent(text),
    );
    // It may be out of sight otherwise.
    expect(dialog().getByRole('alert')).toHaveFocus();
    expect(confirm()).toBeEnabled();
  });
});
