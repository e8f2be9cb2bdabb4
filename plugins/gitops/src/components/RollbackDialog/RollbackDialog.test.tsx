import { screen, within } from '@testing-library/react';
import type { EarlierStatesResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  fakeGitopsApi,
  pass,
  refusal,
  renderCard,
} from '../../__testUtils__/renderCard';
import { ago, change, plan, upToDate } from '../../__testUtils__/responses';

const DEMO = { kind: 'Component', namespace: 'default', name: 'demo' };

const commit = (sha: string) => ({
  sha: sha.repeat(40),
  title: `Commit ${sha}`,
  author: 'octocat',
  authoredAt: ago(7200),
  url: `https://github.com/demo/gitops-infra/commit/${sha}`,
});
const pin = (name: string, tag: string) => ({
  name,
  image: `localhost:5001/${name}`,
  version: { tag },
});

const HISTORY: EarlierStatesResponse = {
  states: [
    {
      commit: commit('c'),
      pins: [pin('demo', '1.4.1')],
      promotion: {
        id: 'p',
        title: 'promote(demo): local → stage, 1.4.0 → 1.4.1',
        pullRequest: { number: 41, url: 'https://github.com/pull/41' },
      },
    },
    { commit: commit('b'), pins: [], problem: 'There was no overlay.' },
    { commit: commit('a'), pins: [pin('web', '1'), pin('jobs', '2')] },
  ],
  complete: false,
};

const rollbackPlan = plan({
  from: undefined,
  rollbackTo: 'c'.repeat(40),
  changes: [change('1.4.2', '1.4.1')],
  skipped: [
    { name: 'new', reason: 'only-in-target' },
    { name: 'gone', reason: 'only-in-source' },
  ],
  undoes: [
    {
      id: 'q',
      title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
      pullRequest: { number: 42, url: 'https://github.com/pull/42' },
    },
  ],
});

async function openDialog(
  history: () => Promise<EarlierStatesResponse> = async () => HISTORY,
) {
  const api = fakeGitopsApi(upToDate());
  api.getEarlierStates.mockImplementation(history);
  api.previewPromotion.mockResolvedValue({ plan: rollbackPlan });
  const { user } = await renderCard(api);
  expect(api.getEarlierStates).not.toHaveBeenCalled();
  await user.click(screen.getByRole('button', { name: 'Actions for stage' }));
  await user.click(screen.getByRole('menuitem', { name: 'Roll back…' }));
  await pass(500);
  return { user, api };
}

const dialog = () =>
  within(screen.getByRole('dialog', { name: 'Roll demo back in stage' }));

describe('RollbackDialog', () => {
  afterEach(() => jest.useRealTimers());

  it('shows what was there before, by whom, and asks only then', async () => {
    const { api } = await openDialog();
    expect(api.getEarlierStates).toHaveBeenCalledWith(DEMO, 'stage');
    const states = dialog().getAllByRole('radio');
    expect(states.map(state => state.closest('label')?.textContent)).toEqual([
      '1.4.1',
      'There was no overlay.',
      'web 1, jobs 2',
    ]);
    expect(states[0]).toHaveAccessibleDescription(
      /^#41 promote\(demo\).* by octocat, 2 hr. ago$/,
    );
    expect(states[1]).toBeDisabled();
    expect(dialog().getByRole('link', { name: /^Commit a/ })).toHaveAttribute(
      'href',
      HISTORY.states[2].commit.url,
    );
    expect(
      dialog().getByText(
        'Older states are in the history of the overlay on GitHub.',
      ),
    ).toBeInTheDocument();
    expect(
      dialog().getByRole('button', { name: 'Open pull request' }),
    ).toBeDisabled();
  });

  it('says what it takes back and what it leaves alone, and opens the pull request', async () => {
    const { user, api } = await openDialog();
    await user.click(dialog().getByRole('radio', { name: '1.4.1' }));
    await pass(0);
    const request = { rollbackTo: 'c'.repeat(40), to: 'stage' };
    expect(api.previewPromotion).toHaveBeenCalledWith(DEMO, request);
    expect(dialog().getByText('It takes back:')).toBeInTheDocument();
    expect(
      dialog().getByRole('link', { name: /^#42 promote\(demo\)/ }),
    ).toBeInTheDocument();
    [
      'new stays: stage did not pin it then.',
      'gone is left out: stage does not pin it any more.',
    ].forEach(text => expect(dialog().getByText(text)).toBeInTheDocument());
    await user.click(
      dialog().getByRole('button', { name: 'Open pull request' }),
    );
    await pass(0);
    expect(api.promote).toHaveBeenCalledWith(
      DEMO,
      {
        ...request,
        reviewed: [
          { name: 'demo', before: { tag: '1.4.2' }, after: { tag: '1.4.1' } },
        ],
      },
      {},
    );
  });

  it.each([
    [true, 'stage has no earlier state: its versions never changed.'],
    [
      false,
      'None of the latest commits of the overlay has other versions than the present ones.',
    ],
  ])(
    'says that there is nothing to go back to (complete: %s)',
    async (complete, text) => {
      await openDialog(async () => ({ states: [], complete }));
      expect(dialog().getByText(text)).toBeInTheDocument();
    },
  );

  it('says that GitHub cannot be asked, and asks again when told', async () => {
    const failure = await refusal(
      503,
      'ServiceUnavailableError',
      'GitHub did not answer',
    );
    const { user, api } = await openDialog(async () => {
      throw failure;
    });
    expect(dialog().getByRole('alert')).toHaveTextContent(
      'GitHub did not answer',
    );
    api.getEarlierStates.mockResolvedValue(HISTORY);
    await user.click(dialog().getByRole('button', { name: 'Try again' }));
    await pass(0);
    expect(dialog().getAllByRole('radio')).toHaveLength(3);
  });
});
