import { screen, within } from '@testing-library/react';
import type { ApplicationCommits } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  fakeGitopsApi,
  pass,
  renderCard,
} from '../../__testUtils__/renderCard';
import { plan, stageBehind } from '../../__testUtils__/responses';

const COMPARISON = 'https://github.test/shop/web/compare/a...b';

const commit = (title: string, more: object = {}) => ({
  sha: '8c5f1d2e9b7a4c3d8e6f0a1b2c3d4e5f60718293',
  title,
  author: 'jane',
  url: 'https://github.test/shop/web/commit/8c5f1d2',
  ...more,
});

/** The dialog, with what the preview says of the application. */
async function showDialog(application: ApplicationCommits) {
  const api = fakeGitopsApi(stageBehind());
  api.previewPromotion.mockResolvedValue({
    plan: plan({ applicationCommits: [application] }),
  });
  const { user } = await renderCard(api);
  await user.click(
    screen.getByRole('button', { name: 'Promote local to stage' }),
  );
  await pass(0);
  return within(screen.getByRole('dialog', { name: 'Promote demo to stage' }));
}

describe('the commits of the application', () => {
  afterEach(() => jest.useRealTimers());

  it('are listed with author and link, and with the comparison for the others', async () => {
    const dialog = await showDialog({
      name: 'demo',
      url: COMPARISON,
      added: { count: 12, commits: [commit('Take coupons')] },
    });
    const list = within(
      dialog.getByRole('region', { name: '12 commits of demo come with it.' }),
    );
    expect(list.getByRole('link', { name: /compare/i })).toHaveAttribute(
      'href',
      COMPARISON,
    );
    expect(list.getByRole('link', { name: 'Take coupons' })).toHaveAttribute(
      'href',
      'https://github.test/shop/web/commit/8c5f1d2',
    );
    expect(list.getAllByRole('listitem').map(item => item.textContent)).toEqual(
      ['Take coupons jane', 'and 11 more'],
    );
  });

  it('that a promotion takes back are said to be', async () => {
    const dialog = await showDialog({
      name: 'demo',
      url: COMPARISON,
      added: { count: 0, commits: [] },
      removed: { count: 1, commits: [commit('Take coupons')] },
    });
    expect(
      dialog.getByRole('region', { name: 'It rolls back 1 commit of demo.' }),
    ).toHaveTextContent('Take coupons');
    expect(dialog.queryByText(/come with it/)).not.toBeInTheDocument();
  });

  it('are no links where their address is none of the web', async () => {
    const dialog = await showDialog({
      name: 'demo',
      url: 'data:text/html,x',
      added: {
        count: 1,
        commits: [commit('Take coupons', { url: 'data:text/html,x' })],
      },
    });
    expect(dialog.getByText('Take coupons')).toBeInTheDocument();
    expect(
      dialog.queryByRole('link', { name: /compare|coupons/i }),
    ).not.toBeInTheDocument();
  });

  it.each<[what: string, application: ApplicationCommits, says: string]>([
    [
      'are not known',
      { name: 'demo', unknown: 'GitHub did not answer in time' },
      'The commits of demo could not be listed: GitHub did not answer in time.',
    ],
    [
      'are none',
      { name: 'demo', added: { count: 0, commits: [] } },
      'Both versions of demo are built from the same commit.',
    ],
  ])('say so where they %s', async (_, application, says) => {
    const dialog = await showDialog(application);
    expect(dialog.getByText(says)).toBeInTheDocument();
    expect(
      dialog.getByRole('button', { name: 'Open pull request' }),
    ).toBeEnabled();
  });
});
