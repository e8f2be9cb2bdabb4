import { screen, within } from '@testing-library/react';
import {
  fakeGitopsApi,
  hasFocusWithin,
  pass,
  renderCard,
} from '../../__testUtils__/renderCard';
import {
  change,
  environment,
  plan,
  promotion,
  stageBehind,
  TAG_NOT_STRING,
  upToDate,
} from '../../__testUtils__/responses';

const DEMO = { kind: 'Component', namespace: 'default', name: 'demo' };

const deployPlan = plan({
  from: undefined,
  version: '1.4.3',
  changes: [change('1.4.2', '1.4.3')],
});

/** Opens the dialog from the environment's menu, as a person does. */
async function openDialog(api = fakeGitopsApi(upToDate()), name = 'stage') {
  api.previewPromotion.mockResolvedValue({ plan: deployPlan });
  const { user } = await renderCard(api);
  await user.click(screen.getByRole('button', { name: `Actions for ${name}` }));
  await user.click(screen.getByRole('menuitem', { name: 'Deploy a version…' }));
  await pass(500);
  return { user, api };
}

const dialog = () =>
  within(screen.getByRole('dialog', { name: /^Deploy a version of demo to / }));
const version = () => dialog().getByRole('textbox', { name: 'Version' });
const show = () => dialog().getByRole('button', { name: 'Show what changes' });
/** Gives a version at once, as from the clipboard. */
async function give(
  { user }: Awaited<ReturnType<typeof openDialog>>,
  text: string,
) {
  await user.click(version());
  await user.paste(text);
  await user.keyboard('{Enter}');
  await pass(0);
}
const confirm = () =>
  dialog().getByRole('button', { name: 'Open pull request' });

describe('DeployDialog', () => {
  afterEach(() => jest.useRealTimers());

  it('shows what a version changes before it is asked for', async () => {
    const opened = await openDialog();
    const { user, api } = opened;
    expect(confirm()).toBeDisabled();
    await give(opened, ' 1.4.3');
    const request = { version: '1.4.3', to: 'stage', images: ['demo'] };
    expect(api.previewPromotion).toHaveBeenCalledWith(DEMO, request);
    expect(
      dialog().getByRole('row', { name: 'localhost:5001/demo 1.4.2 1.4.3' }),
    ).toBeInTheDocument();
    api.promote.mockResolvedValue({
      plan: deployPlan,
      promotion: promotion({ from: undefined, version: '1.4.3' }),
    });
    await user.click(confirm());
    await pass(0);
    expect(api.promote).toHaveBeenCalledWith(
      DEMO,
      {
        ...request,
        reviewed: [
          { name: 'demo', before: { tag: '1.4.2' }, after: { tag: '1.4.3' } },
        ],
      },
      {},
    );
    expect(dialog().getByText(/is open$/)).toBeInTheDocument();
  });

  it('begins with the version, and keeps the place of the keyboard once the button is gone', async () => {
    const { user } = await openDialog();
    expect(version()).toHaveFocus();
    await user.paste('1.4.3');
    await user.click(show());
    await pass(0);
    expect(dialog().getByRole('table')).toBeInTheDocument();
    expect(hasFocusWithin()).toBe(true);
    expect(dialog().getByRole('button', { name: 'Close' })).not.toHaveFocus();
  });

  it('shows nothing that is not asked for any more', async () => {
    const opened = await openDialog();
    const { user } = opened;
    await give(opened, '1.4.3');
    expect(confirm()).toBeEnabled();
    await user.type(version(), '1');
    expect(dialog().queryByRole('table')).not.toBeInTheDocument();
    expect(confirm()).toBeDisabled();
  });

  it('says what a version looks like', async () => {
    const opened = await openDialog();
    const { api } = opened;
    await give(opened, 'demo:1.4.3');
    expect(dialog().getByRole('alert')).toHaveTextContent(
      'This is no version.',
    );
    expect(version()).toHaveAccessibleDescription(/^This is no version\./);
    expect(api.previewPromotion).not.toHaveBeenCalled();
  });

  it('wants to know which of several images', async () => {
    const [demo] = environment('stage', '1.4.2').images;
    const opened = await openDialog(
      fakeGitopsApi(upToDate({ images: [demo, { ...demo, name: 'jobs' }] })),
    );
    const { user, api } = opened;
    await give(opened, '1.4.3');
    expect(dialog().getByRole('alert')).toHaveTextContent(
      'Choose at least one.',
    );
    await user.click(
      dialog().getByRole('checkbox', { name: 'jobs, now 1.4.2' }),
    );
    await user.click(show());
    await pass(0);
    expect(api.previewPromotion).toHaveBeenCalledWith(DEMO, {
      version: '1.4.3',
      to: 'stage',
      images: ['jobs'],
    });
  });

  it('says why a pin is left alone, and that nothing is to be deployed', async () => {
    const opened = await openDialog();
    const { api } = opened;
    api.previewPromotion.mockResolvedValue({
      plan: plan({
        from: undefined,
        version: '1.4.3',
        changes: [],
        files: [],
        skipped: [
          { name: 'a', reason: 'same-version' },
          { name: 'b', reason: 'tag-against-digest' },
          { name: 'c', reason: 'no-version' },
        ],
      }),
    });
    await give(opened, '1.4.3');
    [
      'Nothing to deploy: stage does not change by 1.4.3.',
      'a stays: it has this version.',
      'b stays: it is pinned in another way; give a tag for a tag, a digest for a digest.',
      'c stays: stage names no version of it that could be replaced.',
    ].forEach(text => expect(dialog().getByText(text)).toBeInTheDocument());
  });

  it('quotes a tag that is no string, straight from its finding', async () => {
    const api = fakeGitopsApi(
      upToDate({
        images: environment('stage', '1.10').images,
        findings: [TAG_NOT_STRING],
      }),
    );
    const { user } = await renderCard(api);
    await user.click(
      screen.getByRole('button', { name: 'Quote it by pull request' }),
    );
    await pass(0);
    expect(version()).toHaveValue('1.10');
    expect(api.previewPromotion).toHaveBeenCalledWith(DEMO, {
      version: '1.10',
      to: 'stage',
      images: ['demo'],
    });
  });

  it('is not there for people who may not promote', async () => {
    await renderCard(
      fakeGitopsApi(
        upToDate(
          {
            images: environment('stage', '1.10').images,
            findings: [TAG_NOT_STRING],
          },
          { rights: { promote: false, merge: false, sync: false } },
        ),
      ),
    );
    expect(
      screen.queryByRole('button', { name: 'Actions for stage' }),
    ).not.toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Quote it by pull request' }),
    ).not.toBeInTheDocument();
  });

  it('is followed where nothing is promoted from', async () => {
    const response = stageBehind();
    const [local, stage] = response.environments;
    await renderCard(
      fakeGitopsApi({
        ...response,
        environments: [
          {
            ...local,
            promotion: promotion({
              from: undefined,
              version: '1.4.3',
              to: 'local',
              title: 'deploy(demo): local, 1.4.2 → 1.4.3',
            }),
          },
          stage,
        ],
      }),
    );
    expect(
      within(
        screen.getByRole('region', { name: 'Promotion to local' }),
      ).getByRole('link', { name: /^#42 deploy\(demo\): local/ }),
    ).toBeInTheDocument();
  });
});
