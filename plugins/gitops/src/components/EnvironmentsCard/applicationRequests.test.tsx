import { screen, within } from '@testing-library/react';
import type {
  Environment,
  EnvironmentsResponse,
  Finding,
} from '@gitops-infra/backstage-plugin-gitops-common';
import {
  fakeGitopsApi,
  pass,
  refusal,
  renderCard,
} from '../../__testUtils__/renderCard';
import { accepted, NOW, upToDate } from '../../__testUtils__/responses';

const HEAD = '0'.repeat(40);

const finding = (command: Finding['command']): Finding => ({
  code: 'not-deployed',
  severity: 'warning',
  what: 'demo 1.4.2 is not deployed: auto-sync is off.',
  why: 'Argo CD applies nothing by itself.',
  fix: 'Sync demo-stage.',
  command,
});

const OUT_OF_SYNC: Partial<Environment> = {
  sync: { status: 'OutOfSync', revision: HEAD },
  findings: [finding('sync')],
};
// Whoever may promote has a menu anyway.
const LOOKS_ONLY = { rights: { promote: false, merge: false, sync: true } };
const NOT_SEEN: Partial<Environment> = { findings: [finding('refresh')] };

const stage = () => within(screen.getByRole('region', { name: 'stage' }));
const button = (name: string) => stage().getByRole('button', { name });
const MENU = 'Actions for stage';

describe('what Argo CD is asked for', () => {
  afterEach(() => jest.useRealTimers());

  async function show(
    environment: Partial<Environment>,
    different: Partial<EnvironmentsResponse> = {},
  ) {
    const api = fakeGitopsApi(upToDate(environment, different));
    const { user } = await renderCard(api);
    return { api, user };
  }

  it.each([
    ['Refresh demo-stage', NOT_SEEN, 'refreshApplication'],
    ['Sync demo-stage', OUT_OF_SYNC, 'syncApplication'],
  ] as const)(
    'is offered where a finding wants it: %s',
    async (name, environment, call) => {
      const { api, user } = await show(environment);
      await user.click(button(name));
      expect(api[call].mock.calls[0].slice(0, 2)).toEqual([
        { kind: 'Component', namespace: 'default', name: 'demo' },
        'stage',
      ]);
    },
  );

  it.each([
    ['Refresh', 'refreshApplication', [{ mode: 'normal' }]],
    ['Hard refresh', 'refreshApplication', [{ mode: 'hard' }]],
    ['Sync', 'syncApplication', []],
  ] as const)(
    'is in the menu of an environment: %s',
    async (item, call, rest) => {
      const { api, user } = await show({});
      await user.click(button(MENU));
      await user.click(screen.getByRole('menuitem', { name: item }));
      expect(api[call].mock.calls).toEqual([
        [expect.objectContaining({ name: 'demo' }), 'stage', ...rest],
      ]);
    },
  );

  it.each<[string, Partial<Environment>, Partial<EnvironmentsResponse>]>([
    [
      'the right',
      OUT_OF_SYNC,
      { rights: { ...LOOKS_ONLY.rights, sync: false } },
    ],
    [
      'an instance that may be asked',
      {
        ...OUT_OF_SYNC,
        application: { ...accepted().application, readOnly: true },
      },
      LOOKS_ONLY,
    ],
    [
      'an instance at all',
      {
        ...OUT_OF_SYNC,
        application: { namespace: 'argocd', name: 'demo-stage' },
      },
      LOOKS_ONLY,
    ],
  ])('is not offered without %s', async (_, environment, different) => {
    await show(environment, different);
    expect(stage().getByText('Sync demo-stage.')).toBeInTheDocument();
    expect(stage().queryByRole('button')).not.toBeInTheDocument();
  });

  it('is said to be asked, taken, running and done, as the environment shows it', async () => {
    const { api, user } = await show(OUT_OF_SYNC);
    let accept = () => {};
    api.syncApplication.mockReturnValue(
      new Promise(resolve => {
        accept = () => resolve(accepted());
      }),
    );
    await user.click(button('Sync demo-stage'));
    expect(stage().getByRole('status')).toHaveTextContent(
      'Asking Argo CD to sync demo-stage…',
    );
    await user.click(stage().getByRole('button', { name: /^Sync/ }));
    expect(api.syncApplication).toHaveBeenCalledTimes(1);

    const reads = api.getEnvironments.mock.calls.length;
    accept();
    await pass(0);
    expect(stage().getByRole('status')).toHaveTextContent(
      'Argo CD took it: the sync of demo-stage begins.',
    );
    expect(api.getEnvironments.mock.calls.length).toBeGreaterThan(reads);

    api.getEnvironments.mockResolvedValue(
      upToDate({
        ...OUT_OF_SYNC,
        operation: { phase: 'Running', startedAt: NOW },
      }),
    );
    await pass(10_000);
    expect(stage().getByRole('status')).toBeEmptyDOMElement();
    expect(stage().getByText(/Sync running since/)).toBeInTheDocument();

    api.getEnvironments.mockResolvedValue(upToDate());
    await pass(10_000);
    expect(stage().queryByText(/Sync running/)).not.toBeInTheDocument();
    expect(stage().getByText(/synced/)).toBeInTheDocument();
  });

  it('is said to be taken, running and done, also where a refresh finds nothing new', async () => {
    const { api, user } = await show(NOT_SEEN);
    await user.click(button('Refresh demo-stage'));
    await pass(0);
    const says = (text: string) =>
      expect(stage().getByRole('status')).toHaveTextContent(text);
    says('Argo CD took it: demo-stage will be compared with Git.');

    api.getRefresh.mockResolvedValue({ refreshing: true });
    await pass(1_000);
    says('Argo CD compares demo-stage with Git…');
    await pass(60_000);
    says('Argo CD compares demo-stage with Git…');

    const reads = api.getEnvironments.mock.calls.length;
    api.getRefresh.mockResolvedValue({ refreshing: false });
    await pass(1_000);
    says('Argo CD has compared demo-stage with Git.');
    expect(api.getEnvironments.mock.calls.length).toBeGreaterThan(reads);
    const looks = api.getRefresh.mock.calls.length;
    await pass(30_000);
    expect(stage().getByRole('status')).toBeEmptyDOMElement();
    expect(api.getRefresh.mock.calls.length).toBe(looks);
  });

  it('is not said to be done where it could not be looked', async () => {
    const { api, user } = await show(NOT_SEEN);
    api.getRefresh.mockRejectedValue(
      await refusal(503, 'ServiceUnavailableError', 'no answer'),
    );
    await user.click(button('Refresh demo-stage'));
    await pass(0);
    expect(stage().getByRole('status')).toHaveTextContent('Argo CD took it');
    await pass(1_000);
    expect(stage().getByRole('status')).toBeEmptyDOMElement();
  });

  it('is no longer said to be taken when nothing came of a sync', async () => {
    const { user } = await show(OUT_OF_SYNC);
    await user.click(button('Sync demo-stage'));
    await pass(0);
    expect(stage().getByRole('status')).toHaveTextContent('Argo CD took it');
    await pass(30_000);
    expect(stage().getByRole('status')).toBeEmptyDOMElement();
  });

  it.each([
    [403, 'NotAllowedError', 'You lack the permission gitops.application.sync'],
    [409, 'ConflictError', '(403: cannot sync: blocked by sync window)'],
    [503, 'ServiceUnavailableError', 'give its role "applications, sync"'],
  ])('is told why it was refused, %s', async (status, name, message) => {
    const { api, user } = await show(OUT_OF_SYNC);
    api.syncApplication.mockRejectedValue(await refusal(status, name, message));
    await user.click(button('Sync demo-stage'));
    await pass(0);
    const alert = within(stage().getByRole('alert'));
    expect(alert.getByText('demo-stage was not synced')).toBeInTheDocument();
    expect(alert.getByText(message)).toBeInTheDocument();

    api.syncApplication.mockResolvedValue(accepted());
    await user.click(button('Sync demo-stage'));
    await pass(0);
    expect(stage().queryByRole('alert')).not.toBeInTheDocument();
  });
});
