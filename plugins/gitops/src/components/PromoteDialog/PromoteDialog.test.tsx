import { screen, within } from '@testing-library/react';
import type { PromotionPreviewResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  fakeGitopsApi,
  hasFocusWithin,
  pass,
  refusal,
  renderCard,
} from '../../__testUtils__/renderCard';
import {
  change,
  frozen,
  plan,
  promotion,
  stageBehind,
  TAG_NOT_STRING,
} from '../../__testUtils__/responses';

const REVIEWED = [
  { name: 'demo', before: { tag: '1.4.1' }, after: { tag: '1.4.2' } },
];

const DEMO = { kind: 'Component', namespace: 'default', name: 'demo' };

/** Opens the dialog from the card, as a person does. */
async function openDialog(
  preview: PromotionPreviewResponse = { plan: plan() },
  api = fakeGitopsApi(stageBehind()),
) {
  api.previewPromotion.mockResolvedValue(preview);
  const { user } = await renderCard(api);
  await user.click(
    screen.getByRole('button', { name: 'Promote local to stage' }),
  );
  await pass(0);
  return { user, api };
}

const dialog = () =>
  within(screen.getByRole('dialog', { name: 'Promote demo to stage' }));
const confirm = () =>
  dialog().getByRole('button', { name: 'Open pull request' });

describe('PromoteDialog', () => {
  afterEach(() => jest.useRealTimers());

  it('shows what changes, now and after, with the diff, before anything is done', async () => {
    const { api } = await openDialog();

    expect(api.previewPromotion).toHaveBeenCalledWith(DEMO, {
      from: 'local',
      to: 'stage',
    });
    expect(api.promote).not.toHaveBeenCalled();
    const table = within(dialog().getByRole('table', { name: 'What changes' }));
    expect(
      table.getAllByRole('columnheader').map(cell => cell.textContent),
    ).toEqual(['Image', 'stage now', 'after']);
    expect(
      table.getByRole('row', { name: 'localhost:5001/demo 1.4.1 1.4.2' }),
    ).toBeInTheDocument();

    const diff = within(
      dialog().getByRole('figure', {
        name: 'Change of apps/demo/overlays/stage/kustomization.yaml',
      }),
    );
    expect(diff.getByRole('deletion')).toHaveTextContent(
      '- newTag: "1.4.1" # keep quoted',
    );
    expect(diff.getByRole('insertion')).toHaveTextContent(
      '+ newTag: "1.4.2" # keep quoted',
    );
    expect(
      dialog().getByText(
        'Opens a pull request in demo/gitops-infra. Nothing is deployed before it is merged.',
      ),
    ).toBeInTheDocument();
  });

  it('cannot be confirmed while it works out what changes', async () => {
    const api = fakeGitopsApi(stageBehind());
    api.previewPromotion.mockReturnValue(new Promise(() => {}));
    const { user } = await renderCard(api);
    await user.click(
      screen.getByRole('button', { name: 'Promote local to stage' }),
    );

    expect(dialog().getByText('Working out what changes…')).toBeInTheDocument();
    expect(confirm()).toBeDisabled();
  });

  it('says in a sentence why a pin is left alone', async () => {
    await openDialog({
      plan: plan({
        skipped: [
          { name: 'a', reason: 'same-version' },
          { name: 'b', reason: 'only-in-source' },
          { name: 'c', reason: 'only-in-target' },
          { name: 'd', reason: 'tag-against-digest' },
          { name: 'e', reason: 'not-chosen' },
          { name: 'f', reason: 'no-version' },
        ],
      }),
    });

    [
      'a stays: both have the same version.',
      'b is left out: stage does not pin it.',
      'c stays: local does not pin it.',
      'd stays: one environment pins it by tag, the other by digest.',
      'e stays: it was not chosen.',
      'f stays: local or stage names no version of it.',
    ].forEach(text => expect(dialog().getByText(text)).toBeInTheDocument());
  });

  it('is blocked by a finding of severity error, which comes first', async () => {
    await openDialog({
      plan: plan({
        files: [],
        findings: [
          { ...TAG_NOT_STRING, severity: 'warning', what: 'Look at this.' },
          TAG_NOT_STRING,
        ],
      }),
    });

    const findings = within(
      dialog().getByRole('list', { name: 'Findings' }),
    ).getAllByRole('listitem');
    expect(findings[0]).toHaveTextContent('Error: The overlay does not build');
    expect(findings[1]).toHaveTextContent('Warning: Look at this.');
    expect(confirm()).toBeDisabled();
  });

  it('can be confirmed in spite of a warning', async () => {
    await openDialog({
      plan: plan({ findings: [{ ...TAG_NOT_STRING, severity: 'warning' }] }),
    });

    expect(confirm()).toBeEnabled();
  });

  it('lists the gates, each with its state in words', async () => {
    await openDialog({
      plan: plan({
        gates: [
          frozen({ state: 'passed', message: 'Not now.', blocks: false }),
          frozen({ id: 'a', title: 'A', state: 'warning', blocks: false }),
          frozen({ id: 'b', title: 'B', state: 'unknown', blocks: false }),
        ],
      }),
      override: { reasonMinLength: 10 },
    });

    const gates = within(dialog().getByRole('list', { name: 'Gates' }));
    expect(
      gates.getAllByRole('listitem').map(({ textContent }) => textContent),
    ).toEqual([
      '✓No freeze window (passed) Not now.',
      expect.stringContaining('A (warning)'),
      expect.stringContaining('B (not checked)'),
    ]);
    expect(confirm()).toBeEnabled();
    expect(dialog().queryByRole('checkbox')).not.toBeInTheDocument();
  });

  it('is stopped by a gate, and says by which', async () => {
    await openDialog({ plan: plan({ gates: [frozen()] }) });

    expect(confirm()).toBeDisabled();
    expect(confirm()).toHaveAccessibleDescription(
      'Has to be met first: No freeze window.',
    );
    expect(dialog().queryByRole('checkbox')).not.toBeInTheDocument();
  });

  it('overrides a gate with a reason, where the person may', async () => {
    const { user, api } = await openDialog({
      plan: plan({ gates: [frozen()] }),
      override: { reasonMinLength: 10 },
    });
    expect(confirm()).toBeDisabled();
    expect(confirm()).toHaveAccessibleDescription(
      'Has to be met first: No freeze window. You may override that, with a reason.',
    );

    await user.click(
      dialog().getByRole('checkbox', { name: 'Override: No freeze window' }),
    );
    const reason = dialog().getByRole('textbox', { name: /Reason/ });
    const shown = jest.mocked(Element.prototype.scrollIntoView).mock.contexts;
    expect(shown[shown.length - 1]).toContainElement(reason);
    await user.type(reason, 'Too short');
    expect(confirm()).toBeDisabled();
    expect(confirm()).toHaveAccessibleDescription(
      'The reason needs at least 10 characters.',
    );
    await user.type(reason, ' no more');
    expect(confirm()).toBeEnabled();
    await user.click(confirm());
    await pass(0);

    expect(api.promote).toHaveBeenCalledWith(
      DEMO,
      {
        from: 'local',
        to: 'stage',
        override: { gates: ['freeze-windows'], reason: 'Too short no more' },
        reviewed: REVIEWED,
      },
      {},
    );
  });

  it('asks no gate of a pull request that is open with exactly this', async () => {
    await openDialog({
      plan: plan({ gates: [frozen()] }),
      open: promotion(),
    });

    expect(
      dialog().queryByRole('list', { name: 'Gates' }),
    ).not.toBeInTheDocument();
    expect(confirm()).toBeEnabled();
  });

  it('says that there is nothing to promote', async () => {
    await openDialog({ plan: plan({ changes: [], files: [] }) });

    expect(
      dialog().getByText(
        'Nothing to promote: stage has every version that local has.',
      ),
    ).toBeInTheDocument();
    expect(confirm()).toBeDisabled();
  });

  it('opens the pull request, shows it, and closes to the card that follows it', async () => {
    const { user, api } = await openDialog();
    api.getEnvironments.mockResolvedValue(
      stageBehind({ promotion: promotion() }),
    );

    await user.click(confirm());
    await pass(0);

    expect(api.promote).toHaveBeenCalledWith(
      DEMO,
      {
        from: 'local',
        to: 'stage',
        reviewed: REVIEWED,
      },
      {},
    );
    expect(
      dialog().getByRole('link', { name: /^#42 promote\(demo\)/ }),
    ).toHaveAttribute('href', 'https://github.com/demo/gitops-infra/pull/42');
    expect(dialog().getByRole('button', { name: 'Done' })).toHaveFocus();

    await user.click(dialog().getByRole('button', { name: 'Done' }));
    await pass(500);

    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    const step = screen.getByRole('region', {
      name: 'Promotion from local to stage',
    });
    expect(
      within(step).getByRole('link', { name: /^#42 promote\(demo\)/ }),
    ).toBeInTheDocument();
    expect(step).toHaveFocus();
  });

  it('says that the pull request is still being opened', async () => {
    const api = fakeGitopsApi(stageBehind());
    api.promote.mockResolvedValue({
      plan: plan(),
      promotion: promotion({ state: 'requested', pullRequest: undefined }),
    });
    const { user } = await openDialog(undefined, api);

    await user.click(confirm());
    await pass(0);

    expect(
      dialog().getByText('The pull request is being opened'),
    ).toBeInTheDocument();
  });

  it('asks once, however often it is pressed', async () => {
    const api = fakeGitopsApi(stageBehind());
    api.promote.mockReturnValue(new Promise(() => {}));
    const { user } = await openDialog(undefined, api);
    const button = confirm();

    await user.click(button);
    await user.click(button);

    expect(api.promote).toHaveBeenCalledTimes(1);
    expect(dialog().getByRole('button', { name: 'Cancel' })).toBeDisabled();
  });

  it.each([
    [
      403,
      'NotAllowedError',
      ['You may not promote this', 'The words of the backend'],
    ],
    [
      409,
      'ConflictError',
      ['Something else changed in between', 'The words of the backend'],
    ],
    [
      503,
      'ServiceUnavailableError',
      ['The pull request was not opened', 'The words of the backend'],
    ],
    [401, 'AuthenticationError', ['Your session has ended; sign in again.']],
  ])('stays open after %s and says what to do', async (status, name, texts) => {
    const api = fakeGitopsApi(stageBehind());
    api.promote.mockRejectedValueOnce(
      await refusal(status, name, 'The words of the backend'),
    );
    const { user } = await openDialog(undefined, api);

    await user.click(confirm());
    await pass(0);

    texts.forEach(text =>
      expect(dialog().getByRole('alert')).toHaveTextContent(text),
    );
    expect(confirm()).toBeEnabled();
    await user.click(confirm());
    await pass(0);
    expect(dialog().queryByRole('alert')).not.toBeInTheDocument();
    expect(dialog().getByText(/is open$/)).toBeInTheDocument();
  });

  it('shows what it would be by now where that is not what was looked at, before it is confirmed again', async () => {
    const api = fakeGitopsApi(stageBehind());
    api.promote.mockRejectedValueOnce(
      await refusal(
        409,
        'ConflictError',
        'It is not what you looked at any more',
      ),
    );
    const { user } = await openDialog(undefined, api);
    api.previewPromotion.mockResolvedValue({
      plan: plan({ changes: [change('1.4.1', '1.4.3')] }),
    });
    await user.click(confirm());
    await pass(0);
    expect(dialog().getByRole('alert')).toHaveTextContent(
      'It is not what you looked at any more',
    );
    expect(
      dialog().getByRole('row', { name: 'localhost:5001/demo 1.4.1 1.4.3' }),
    ).toBeInTheDocument();
    // The button was off in between, and would have taken the keyboard's place with it.
    expect(dialog().getByRole('alert')).toHaveFocus();

    await user.click(confirm());
    await pass(0);
    expect(api.promote).toHaveBeenLastCalledWith(
      DEMO,
      expect.objectContaining({
        reviewed: [
          { name: 'demo', before: { tag: '1.4.1' }, after: { tag: '1.4.3' } },
        ],
      }),
      {},
    );
  });

  it('works out the change again after a failure, when asked', async () => {
    const api = fakeGitopsApi(stageBehind());
    const { user } = await renderCard(api);
    api.previewPromotion.mockRejectedValueOnce(
      await refusal(503, 'ServiceUnavailableError', 'Not read yet'),
    );
    await user.click(
      screen.getByRole('button', { name: 'Promote local to stage' }),
    );
    await pass(0);
    expect(dialog().getByRole('alert')).toHaveTextContent('Not read yet');
    expect(confirm()).toBeDisabled();

    await user.click(dialog().getByRole('button', { name: 'Try again' }));
    await pass(0);

    expect(dialog().getByRole('table')).toBeInTheDocument();
    expect(hasFocusWithin()).toBe(true);
  });

  it('says that an open pull request already asks for this', async () => {
    await openDialog({ plan: plan(), open: promotion() });

    expect(
      dialog().getByText(/is open already and asks for exactly this/),
    ).toHaveTextContent('#42');
    expect(confirm()).toBeEnabled();
  });

  it('puts another change into the pull request that is open', async () => {
    const { user, api } = await openDialog({
      plan: plan({ changes: [change('1.4.1', '1.4.3')] }),
      open: promotion(),
    });

    expect(dialog().getByText(/is open for stage already/)).toHaveTextContent(
      '#42',
    );
    expect(
      dialog().getByText(/Updates the pull request in demo\/gitops-infra/),
    ).toBeVisible();
    await user.click(
      dialog().getByRole('button', { name: 'Update pull request' }),
    );
    await pass(0);
    expect(api.promote).toHaveBeenCalledTimes(1);
  });

  it('waits for a pull request that is only being opened with another change', async () => {
    await openDialog({
      plan: plan({ changes: [change('1.4.1', '1.4.3')] }),
      open: promotion({ state: 'requested', pullRequest: undefined }),
    });

    expect(confirm()).toBeDisabled();
  });

  it.each([
    [
      'Cancel',
      (user: Awaited<ReturnType<typeof openDialog>>['user']) =>
        user.click(dialog().getByRole('button', { name: 'Cancel' })),
    ],
    [
      'Escape',
      (user: Awaited<ReturnType<typeof openDialog>>['user']) =>
        user.keyboard('{Escape}'),
    ],
  ])('gives focus back to the button after %s', async (_, close) => {
    const { user, api } = await openDialog();

    await close(user);
    await pass(500);

    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Promote local to stage' }),
    ).toHaveFocus();
    expect(api.promote).not.toHaveBeenCalled();
  });
});
