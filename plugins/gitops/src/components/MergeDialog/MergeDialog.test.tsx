import { screen, within } from '@testing-library/react';
import {
  fakeGitopsApi,
  pass,
  refusal,
  renderCard,
} from '../../__testUtils__/renderCard';
import {
  ago,
  frozen,
  promotion,
  stageBehind,
} from '../../__testUtils__/responses';

async function openDialog(
  api = fakeGitopsApi(stageBehind({ promotion: promotion() })),
) {
  const { user } = await renderCard(api);
  await user.click(
    screen.getByRole('button', { name: 'Merge pull request 42' }),
  );
  await pass(0);
  return { user, api };
}

const dialog = () =>
  within(screen.getByRole('dialog', { name: 'Merge pull request #42?' }));

describe('MergeDialog', () => {
  afterEach(() => jest.useRealTimers());

  it('asks before it merges, and says what follows', async () => {
    const { api } = await openDialog();

    expect(
      dialog().getByText(
        'It goes into main of demo/gitops-infra, and Argo CD deploys it to stage.',
      ),
    ).toBeInTheDocument();
    expect(api.mergePromotion).not.toHaveBeenCalled();
  });

  it('merges, and the card follows the rollout', async () => {
    const api = fakeGitopsApi(stageBehind({ promotion: promotion() }));
    const merged = promotion({
      state: 'merged',
      mergedBy: 'user:default/guest',
      mergedAt: ago(0),
    });
    api.mergePromotion.mockResolvedValue(merged);
    const { user } = await openDialog(api);
    api.getEnvironments.mockResolvedValue(stageBehind({ promotion: merged }));

    await user.click(dialog().getByRole('button', { name: 'Merge' }));
    await pass(0);
    await pass(500);

    expect(api.mergePromotion).toHaveBeenCalledWith(
      'b9d1',
      {
        headCommit: promotion().headCommit,
      },
      {},
    );
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    expect(screen.getByText('rolling out')).toBeInTheDocument();
    expect(
      screen.getByRole('region', { name: 'Promotion from local to stage' }),
    ).toHaveFocus();
  });

  it('waits for the gates, and is stopped by them', async () => {
    const api = fakeGitopsApi(stageBehind({ promotion: promotion() }));
    api.getMergeGates.mockReturnValueOnce(new Promise(() => {}));
    await openDialog(api);
    expect(dialog().getByRole('status')).toHaveTextContent('Asking the gates…');
    expect(dialog().getByRole('button', { name: 'Merge' })).toBeDisabled();
  });

  it('asks them again where one closed while the dialog was open', async () => {
    const api = fakeGitopsApi(stageBehind({ promotion: promotion() }));
    api.getMergeGates.mockResolvedValueOnce({
      gates: [frozen({ state: 'passed', message: 'Not now.', blocks: false })],
    });
    const { user } = await openDialog(api);
    api.getMergeGates.mockResolvedValue({
      gates: [frozen()],
      override: { reasonMinLength: 10 },
    });
    api.mergePromotion.mockRejectedValueOnce(
      await refusal(409, 'ConflictError', 'No freeze window: stage is frozen'),
    );
    await user.click(dialog().getByRole('button', { name: 'Merge' }));
    await pass(0);

    expect(dialog().getByRole('alert')).toHaveFocus();
    expect(dialog().getByRole('listitem')).toHaveTextContent(
      'No freeze window (not met)',
    );
    expect(
      dialog().getByRole('checkbox', { name: 'Override: No freeze window' }),
    ).toBeInTheDocument();
    expect(dialog().getByRole('button', { name: 'Merge' })).toBeDisabled();
  });

  it('merges in spite of a gate that is overridden with a reason', async () => {
    const api = fakeGitopsApi(stageBehind({ promotion: promotion() }));
    api.getMergeGates.mockResolvedValue({
      gates: [frozen()],
      override: { reasonMinLength: 10 },
    });
    const { user } = await openDialog(api);
    const merge = dialog().getByRole('button', { name: 'Merge' });
    expect(
      within(dialog().getByRole('list', { name: 'Gates' })).getByRole(
        'listitem',
      ),
    ).toHaveTextContent('No freeze window (not met) stage is frozen');
    expect(merge).toBeDisabled();
    expect(merge).toHaveAccessibleDescription(
      /Has to be met first: No freeze window/,
    );

    await user.click(dialog().getByRole('checkbox'));
    await user.type(dialog().getByRole('textbox'), 'Customers cannot pay');
    await user.click(merge);
    await pass(0);

    expect(api.mergePromotion).toHaveBeenCalledWith(
      'b9d1',
      {
        headCommit: promotion().headCommit,
        override: { gates: ['freeze-windows'], reason: 'Customers cannot pay' },
      },
      {},
    );
  });

  it('says of a gate that was overridden by whom and why, and merges', async () => {
    const api = fakeGitopsApi(stageBehind({ promotion: promotion() }));
    api.getMergeGates.mockResolvedValue({
      gates: [
        frozen({
          blocks: false,
          overridden: { by: 'user:default/jane', reason: 'An emergency.' },
        }),
      ],
    });
    await openDialog(api);
    expect(dialog().getByRole('listitem')).toHaveTextContent(
      '(overridden) stage is frozen: Weekend. Wait until it is over. Overridden by jane: An emergency.',
    );
    expect(dialog().getByRole('button', { name: 'Merge' })).toBeEnabled();
  });

  it('leaves it to the backend where the gates cannot be asked', async () => {
    const api = fakeGitopsApi(stageBehind({ promotion: promotion() }));
    api.getMergeGates.mockRejectedValue(new TypeError('no answer'));
    await openDialog(api);
    expect(
      dialog().getByText(/What the gates say could not be asked\./),
    ).toBeInTheDocument();
    expect(dialog().getByRole('button', { name: 'Merge' })).toBeEnabled();
  });

  it('merges nothing when cancelled, and gives focus back', async () => {
    const { user, api } = await openDialog();

    await user.click(dialog().getByRole('button', { name: 'Cancel' }));
    await pass(500);

    expect(api.mergePromotion).not.toHaveBeenCalled();
    expect(
      screen.getByRole('button', { name: 'Merge pull request 42' }),
    ).toHaveFocus();
  });

  it.each([
    [
      403,
      'NotAllowedError',
      ['You may not merge this', 'The words of the backend'],
    ],
    [
      409,
      'ConflictError',
      ['cannot be merged as it is', 'The words of the backend'],
    ],
    [502, 'Error', ['The pull request was not merged']],
  ])('stays open after %s and says why', async (status, name, texts) => {
    const api = fakeGitopsApi(stageBehind({ promotion: promotion() }));
    api.mergePromotion.mockRejectedValue(
      await refusal(status, name, 'The words of the backend'),
    );
    const { user } = await openDialog(api);

    await user.click(dialog().getByRole('button', { name: 'Merge' }));
    await pass(0);

    texts.forEach(text =>
      expect(dialog().getByRole('alert')).toHaveTextContent(text),
    );
    // It may be out of sight otherwise.
    expect(dialog().getByRole('alert')).toHaveFocus();
    expect(dialog().getByRole('button', { name: 'Merge' })).toBeEnabled();
  });
});
