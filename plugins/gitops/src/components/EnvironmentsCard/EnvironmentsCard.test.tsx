import { screen, within } from '@testing-library/react';
import type { EnvironmentsResponse } from '@gitops-infra/backstage-plugin-gitops-common';
import {
  DEMO_ENTITY,
  fakeGitopsApi,
  FakeSignals,
  pass,
  refusal,
  renderCard,
} from '../../__testUtils__/renderCard';
import {
  ago,
  change,
  environment,
  promotion,
  stageBehind,
  stageBroken,
  TAG_MISSING,
  TAG_NOT_STRING,
  upToDate,
} from '../../__testUtils__/responses';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

async function show(response: EnvironmentsResponse) {
  return renderCard(fakeGitopsApi(response));
}

function region(name: string | RegExp) {
  return within(screen.getByRole('region', { name }));
}

const stage = () => region('stage');
const step = () => region('Promotion from local to stage');

const BY_APPLICATION = {
  ...DEMO_ENTITY,
  metadata: {
    ...DEMO_ENTITY.metadata,
    annotations: { 'argocd/app-name': 'demo-stage' },
  },
};

describe('EnvironmentsCard', () => {
  afterEach(() => jest.useRealTimers());

  it('shows each environment in promotion order with its version, status and links', async () => {
    const response = stageBehind();
    await show({
      ...response,
      environments: [...response.environments].reverse(),
    });

    expect(
      screen
        .getAllByRole('heading', { level: 4 })
        .map(({ textContent }) => textContent),
    ).toEqual(['local', 'stage']);
    expect(screen.getByRole('article', { name: 'Environments' })).toBeVisible();
    expect(screen.getByText('live')).toBeInTheDocument();

    expect(stage().getByText('1.4.1')).toHaveAttribute(
      'title',
      'localhost:5001/demo:1.4.1',
    );
    expect(stage().getByText('Synced')).toBeInTheDocument();
    expect(stage().getByText('Healthy')).toBeInTheDocument();
    expect(stage().getByText('demo-stage', { selector: 'dd' })).toBeVisible();
    expect(
      stage().getByRole('link', { name: 'stage.localtest.me' }),
    ).toHaveAttribute('href', 'http://stage.localtest.me/');
    expect(stage().getByRole('link', { name: 'demo-stage' })).toHaveAttribute(
      'href',
      'https://argocd.example.com/applications/argocd/demo-stage',
    );
    expect(
      stage().getByRole('link', { name: 'apps/demo/overlays/stage' }),
    ).toHaveAttribute(
      'href',
      expect.stringContaining(
        '/tree/5be77d0c1f2a3b4c5d6e7f8091a2b3c4d5e6f708/',
      ),
    );
    expect(stage().getByRole('link', { name: '5be77d0' })).toHaveAttribute(
      'href',
      'https://github.com/demo/gitops-infra/commit/5be77d0c1f2a3b4c5d6e7f8091a2b3c4d5e6f708',
    );
    expect(stage().getByText('12 min. ago')).toHaveAttribute(
      'datetime',
      ago(720),
    );
  });

  it('reads in promotion order without any layout: each step stands before its environment', async () => {
    await show(stageBehind());

    const [first, second] = Array.from(
      screen.getByRole('list', { name: 'Environments in promotion order' })
        .children,
      place =>
        within(place as HTMLElement)
          .getAllByRole('region')
          .map(
            section =>
              section.getAttribute('aria-label') ??
              section.querySelector('h4')?.textContent,
          ),
    );
    expect(first).toEqual(['local']);
    expect(second).toEqual(['Promotion from local to stage', 'stage']);
  });

  describe('the step between two environments', () => {
    it('offers to promote what differs', async () => {
      await show(stageBehind());

      expect(step().getByText('1.4.1 → 1.4.2')).toBeInTheDocument();
      expect(
        step().getByRole('button', { name: 'Promote local to stage' }),
      ).toBeEnabled();
    });

    it('says that there is nothing to promote', async () => {
      await show(upToDate());

      expect(step().getByText('up to date')).toBeInTheDocument();
      expect(step().queryByRole('button')).not.toBeInTheDocument();
    });

    it('names the images when several change', async () => {
      await show(
        stageBehind({
          step: {
            from: 'local',
            to: 'stage',
            changes: [
              change('1.4.1', '1.4.2'),
              { ...change('7', '8'), name: 'migrations' },
            ],
            blockedBy: [],
          },
        }),
      );

      expect(step().getByText('demo: 1.4.1 → 1.4.2')).toBeInTheDocument();
      expect(step().getByText('migrations: 7 → 8')).toBeInTheDocument();
    });

    it('shows the card and no button to someone without rights', async () => {
      await show(
        stageBehind(
          {},
          { rights: { promote: false, merge: false, sync: false } },
        ),
      );

      expect(step().getByText('1.4.1 → 1.4.2')).toBeInTheDocument();
      expect(screen.queryByRole('button')).not.toBeInTheDocument();
    });

    it.each([
      ['neither', [], { promote: false, merge: false, sync: false }],
      [
        'only the right to promote',
        ['Close pull request 42'],
        { promote: true, merge: false, sync: false },
      ],
    ])(
      'shows a pull request, and to someone with %s the buttons %p',
      async (_, names, rights) => {
        await show(stageBehind({ promotion: promotion() }, { rights }));

        expect(step().getByRole('link', { name: /#42/ })).toBeInTheDocument();
        expect(
          step()
            .queryAllByRole('button')
            .map(button => button.getAttribute('aria-label')),
        ).toEqual(names);
      },
    );

    it('says that the pull request is being opened, and what holds it up', async () => {
      await show(
        stageBehind({
          promotion: promotion({
            state: 'requested',
            pullRequest: undefined,
            error: 'GitHub answered 502',
          }),
        }),
      );

      expect(step().getByText('Opening the pull request…')).toBeInTheDocument();
      expect(
        step().getByText('At the last look: GitHub answered 502'),
      ).toBeInTheDocument();
      expect(step().getAllByRole('button')).toEqual([
        step().getByRole('button', { name: 'Withdraw the promotion to stage' }),
      ]);
    });

    it('links the open pull request, by whom and since when', async () => {
      await show(stageBehind({ promotion: promotion() }));

      expect(
        step().getByRole('link', {
          name: '#42 promote(demo): local → stage, 1.4.1 → 1.4.2',
        }),
      ).toHaveAttribute('href', 'https://github.com/demo/gitops-infra/pull/42');
      expect(step().getByText('guest')).toHaveAttribute(
        'title',
        'user:default/guest',
      );
      expect(step().getByText('4 min. ago')).toHaveAttribute(
        'datetime',
        ago(240),
      );
      expect(
        step().getByRole('button', { name: 'Merge pull request 42' }),
      ).toBeEnabled();
      expect(
        step().queryByRole('button', { name: /Promote/ }),
      ).not.toBeInTheDocument();
      expect(step().getByRole('status')).toHaveTextContent(
        'stage: pull request 42 is open',
      );
    });

    it('offers to put what the source has by now into the open pull request', async () => {
      const { user } = await show(
        stageBehind({
          promotion: promotion({ changes: [change('1.4.1', '1.4.0')] }),
        }),
      );
      await user.click(
        step().getByRole('button', {
          name: 'Update pull request 42 to what local has',
        }),
      );
      expect(
        screen.getByRole('dialog', { name: /Promote demo/ }),
      ).toBeInTheDocument();
    });

    it('says what keeps a merged version from arriving, instead of rolling out for ever', async () => {
      await show(
        upToDate({
          findings: [
            {
              ...TAG_NOT_STRING,
              code: 'image-pull-failed',
              what: 'The image of demo cannot be pulled.',
            },
          ],
          promotion: promotion({ state: 'merged' }),
        }),
      );
      expect(
        step().getByText(
          'Does not arrive: The image of demo cannot be pulled.',
        ),
      ).toBeVisible();
      expect(step().queryByText('rolling out')).not.toBeInTheDocument();
      expect(step().getByRole('status')).toHaveTextContent(
        'stage: the merged promotion does not arrive. The image of demo cannot be pulled.',
      );
    });

    it('says how checks and reviews of the open pull request stand', async () => {
      await show(
        stageBehind({
          promotion: promotion({
            pullRequestStatus: {
              mergeability: 'blocked',
              checks: { passed: 2, failing: 1, pending: 0 },
              reviews: { approved: 0, changesRequested: 1 },
            },
          }),
        }),
      );
      expect(
        step().getByText(
          '1 check failing · 2 checks passed · 1 asks for changes · blocked by a rule of the branch',
        ),
      ).toBeVisible();
    });

    it('follows the rollout after the merge', async () => {
      await show(
        upToDate({
          images: [
            {
              ...environment('stage', '1.4.2').images[0],
              live: [{ tag: '1.4.1' }],
            },
          ],
          health: { status: 'Progressing', message: '0 of 1 updated' },
          promotion: promotion({
            state: 'merged',
            mergedBy: 'octocat',
            mergedAt: ago(20),
          }),
        }),
      );

      expect(step().getByRole('link', { name: '#42 merged' })).toBeVisible();
      expect(step().getByText('octocat')).toBeInTheDocument();
      expect(step().getByText('20 sec. ago')).toBeInTheDocument();
      expect(step().getByText('rolling out')).toBeInTheDocument();
      expect(stage().getByText('1.4.2')).toBeInTheDocument();
      expect(stage().getByText('1.4.1 still serves')).toBeInTheDocument();
      expect(stage().getByText('Progressing')).toBeInTheDocument();
      expect(stage().getByText('0 of 1 updated')).toBeInTheDocument();
    });

    it('offers the next version while the merged one does not come up', async () => {
      await show(
        stageBehind({
          health: { status: 'Degraded' },
          step: {
            from: 'local',
            to: 'stage',
            changes: [change('1.4.2', '1.4.3')],
            blockedBy: [],
          },
          promotion: promotion({ state: 'merged', mergedAt: ago(600) }),
        }),
      );

      expect(step().getByRole('link', { name: '#42 merged' })).toBeVisible();
      expect(
        step().getByRole('button', { name: 'Promote local to stage' }),
      ).toBeEnabled();
      expect(step().getByText('1.4.2 → 1.4.3')).toBeVisible();
    });

    it('says where it promotes from when that is not the neighbour', async () => {
      const response = stageBehind();
      response.environments.push(
        environment('eu', '1.4.0', {
          order: 2,
          step: {
            from: 'local',
            to: 'eu',
            changes: [change('1.4.0', '1.4.2')],
            blockedBy: [],
          },
        }),
      );
      await show(response);

      expect(
        region('Promotion from local to eu').getByText('from local'),
      ).toBeInTheDocument();
      expect(step().queryByText('from local')).not.toBeInTheDocument();
    });
  });

  describe('what is wrong', () => {
    it('shows the code of a rule that was added and has no page', async () => {
      await show(
        upToDate({
          findings: [
            {
              code: 'prerelease-pinned',
              severity: 'warning',
              what: 'It is unfinished.',
              why: 'A reason.',
              fix: 'A mend.',
            },
          ],
        }),
      );
      expect(stage().getByText('prerelease-pinned')).toBeInTheDocument();
    });

    it('shows a broken overlay with its place, reason, mend and evidence', async () => {
      const { user } = await show(stageBroken());

      const findings = within(
        screen.getByRole('list', { name: 'Findings in stage' }),
      );
      expect(
        findings.getByText(/The overlay does not build/),
      ).toBeInTheDocument();
      expect(
        findings.getByText(/newTag is the number 1.1; it must be a string/),
      ).toBeInTheDocument();
      expect(findings.getByText(/Put quotes around it/)).toBeInTheDocument();
      expect(
        findings.getByRole('link', {
          name: 'apps/demo/overlays/stage/kustomization.yaml:12:13',
        }),
      ).toHaveAttribute('href', expect.stringContaining('#L12'));
      expect(findings.getByText(/cannot unmarshal number/)).not.toBeVisible();
      await user.click(findings.getByText('Evidence'));
      expect(findings.getByText(/cannot unmarshal number/)).toBeVisible();

      expect(stage().getByText('Cannot compare')).toBeInTheDocument();
      expect(stage().getByText('Healthy (last known)')).toBeInTheDocument();
      expect(step().getByText('Cannot be promoted')).toBeInTheDocument();
      expect(
        step().getByText(/The overlay does not build/),
      ).toBeInTheDocument();
      expect(step().queryByRole('button')).not.toBeInTheDocument();
    });

    it('offers to look at what only a gate stops that somebody may override', async () => {
      const { user } = await show(
        stageBehind({
          step: {
            from: 'local',
            to: 'stage',
            changes: [change('1.4.1', '1.4.2')],
            blockedBy: [TAG_MISSING],
          },
        }),
      );

      expect(step().getByText('Cannot be promoted')).toBeInTheDocument();
      await user.click(
        step().getByRole('button', {
          name: 'Review what stops the promotion from local to stage',
        }),
      );
      expect(
        screen.getByRole('dialog', { name: /Promote/ }),
      ).toBeInTheDocument();
    });

    it('shows a failed sync and how far the environment is behind', async () => {
      await show(
        stageBehind({
          sync: { status: 'OutOfSync', revision: 'abc', commitsBehind: 3 },
          health: { status: 'Degraded', message: 'deadline exceeded' },
          operation: { phase: 'Failed', message: 'admission denied' },
        }),
      );

      expect(stage().getByText('OutOfSync')).toBeInTheDocument();
      expect(stage().getByText('Degraded')).toBeInTheDocument();
      expect(stage().getByText('deadline exceeded')).toBeInTheDocument();
      expect(
        stage().getByText('The last sync failed: admission denied'),
      ).toBeInTheDocument();
      expect(stage().getByText('3 commits behind')).toBeInTheDocument();
    });

    it('shows a running sync', async () => {
      await show(
        stageBehind({ operation: { phase: 'Running', startedAt: ago(8) } }),
      );

      expect(stage().getByText(/Sync running since/)).toHaveTextContent(
        'Sync running since 8 sec. ago',
      );
    });

    it.each([
      [
        'GitHub',
        { git: { readAt: ago(250), stale: true, error: 'it answered 503' } },
        ['GitHub: 4 min old', 'it answered 503'],
      ],
      [
        'Argo CD',
        { argocd: { readAt: ago(7300), stale: true } },
        ['Argo CD: 2 hr old'],
      ],
      [
        'an Argo CD that was never read',
        { argocd: { stale: false, error: 'connection refused' } },
        ['Argo CD: not read yet', 'connection refused'],
      ],
    ])(
      'goes on showing the last state of %s, marked',
      async (_, side, texts) => {
        const healthy = environment('stage', '1').freshness;
        await show(stageBehind({ freshness: { ...healthy, ...side } }));

        const header = screen.getByRole('article', { name: 'Environments' });
        texts.forEach(text => expect(header).toHaveTextContent(text));
        expect(screen.queryByText('live')).not.toBeInTheDocument();
        expect(stage().getByText('1.4.1')).toBeInTheDocument();
      },
    );

    it('does not pass off what was never read as a comparison', async () => {
      await show(
        stageBehind({
          sync: { status: 'Unknown' },
          health: { status: 'Unknown' },
          operation: undefined,
          freshness: {
            git: { readAt: ago(1), stale: false },
            argocd: { stale: false },
          },
        }),
      );

      expect(stage().getByText('Argo CD not read yet')).toBeInTheDocument();
      expect(stage().queryByText('Cannot compare')).not.toBeInTheDocument();
    });

    it('never links an address that is not http', async () => {
      await show(
        stageBehind({
          hosts: [
            {
              host: 'evil.example.com',
              url: ['javascript', 'alert(1)'].join(':'),
            },
          ],
          application: {
            instance: 'main',
            namespace: 'argocd',
            name: 'demo-stage',
            url: 'data:text/html,hello',
          },
        }),
      );

      expect(stage().getByText('evil.example.com')).toBeInTheDocument();
      expect(
        stage().queryByRole('link', { name: 'evil.example.com' }),
      ).not.toBeInTheDocument();
      expect(
        stage().queryByRole('link', { name: 'demo-stage' }),
      ).not.toBeInTheDocument();
    });
  });

  it('shows on request which commits an environment is behind, and says that there may be more', async () => {
    const response = stageBehind();
    const [local, behind] = response.environments;
    const { user } = await show({
      ...response,
      environments: [
        local,
        {
          ...behind,
          sync: {
            status: 'OutOfSync',
            commitsBehind: 3,
            commitsBehindIsAtLeast: true,
            commits: [
              {
                sha: 'c'.repeat(40),
                title: 'Give stage more memory',
                author: 'jane',
                authoredAt: ago(300),
                url: 'https://github.com/demo/gitops-infra/commit/ccc',
              },
            ],
          },
        },
      ],
    });
    const summary = stage().getByText('at least 3 commits behind');
    const link = stage().getByRole('link', {
      name: 'Give stage more memory',
      hidden: true,
    });
    expect(link).not.toBeVisible();
    await user.click(summary);
    expect(link).toBeVisible();
    expect(link).toHaveAttribute(
      'href',
      'https://github.com/demo/gitops-infra/commit/ccc',
    );
    expect(stage().getByText(/jane/)).toHaveTextContent('jane · 5 min. ago');
    expect(stage().getByText('and 2 more')).toBeVisible();
  });

  it('says of an environment that deploys another revision which', async () => {
    const response = stageBehind();
    const [local, tagged] = response.environments;
    await show({
      ...response,
      environments: [
        local,
        { ...tagged, overlay: { ...tagged.overlay, revision: 'v1.4' } },
      ],
    });
    expect(stage().getByText('v1.4', { selector: 'dd' })).toBeVisible();
    expect(region('local').queryByText('Revision')).not.toBeInTheDocument();
  });

  it('lists several pins, shortens digests and says what runs instead', async () => {
    const [pin] = environment('stage', '1.4.2').images;
    await show(
      upToDate({
        images: [
          { ...pin, live: [{ tag: '1.4.1' }, { tag: '1.4.2' }] },
          {
            ...pin,
            name: 'sidecar',
            image: 'ghcr.io/demo/sidecar',
            desired: { digest: DIGEST },
            live: [],
          },
        ],
      }),
    );

    const versions = within(
      screen.getByRole('list', { name: 'Versions in stage' }),
    ).getAllByRole('listitem');
    expect(versions).toHaveLength(2);
    expect(versions[0]).toHaveTextContent('1.4.2');
    expect(versions[0]).toHaveTextContent('1.4.1 and 1.4.2 side by side');
    expect(versions[1]).toHaveTextContent('sidecar');
    expect(
      within(versions[1]).getByText('sha256:0123456789ab'),
    ).toHaveAttribute('title', `ghcr.io/demo/sidecar@${DIGEST}`);
  });

  it.each([
    ['and nothing runs', [], 'no version pinned'],
    [
      'beside what runs',
      [{ image: 'localhost:5001/demo', version: { tag: '1.4.1' } }],
      '1.4.1no version pinned',
    ],
  ])(
    'says when an overlay pins no version, %s',
    async (_, unpinned, expected) => {
      await show(upToDate({ images: [], unpinned }));

      expect(
        stage().getByText('no version pinned').parentElement,
      ).toHaveTextContent(expected);
    },
  );

  it('shows what still runs where the overlay cannot be read', async () => {
    const [, broken] = stageBroken().environments;
    await show(
      upToDate({
        ...broken,
        images: [],
        unpinned: [{ image: 'localhost:5001/demo', version: { tag: '1.4.1' } }],
      }),
    );

    const versions = screen.getByRole('list', { name: 'Versions in stage' });
    expect(versions).toHaveTextContent('1.4.1still runs');
    expect(within(versions).getByText('1.4.1')).toHaveAttribute(
      'title',
      'localhost:5001/demo:1.4.1',
    );
  });

  it('says that the version is unknown where neither side tells', async () => {
    const [, broken] = stageBroken().environments;
    await show(upToDate({ ...broken, images: [] }));

    expect(stage().getByText('version unknown')).toBeInTheDocument();
  });

  describe('before and instead of the environments', () => {
    it('shows that it is loading', async () => {
      const api = fakeGitopsApi(upToDate());
      api.getEnvironments.mockReturnValue(new Promise(() => {}));
      await renderCard(api);

      expect(screen.getByText('Loading environments…')).toBeInTheDocument();
    });

    it('explains a service without environments', async () => {
      await show(upToDate({}, { environments: [] }));

      expect(screen.getByText('No environments here yet')).toBeInTheDocument();
      expect(
        screen.getByText(
          'The service demo of demo/gitops-infra has no environment.',
        ),
      ).toBeInTheDocument();
    });

    it.each([
      [
        401,
        'AuthenticationError',
        ['Your session has ended', 'Sign in again to see'],
      ],
      [
        403,
        'NotAllowedError',
        [
          'You may not see the environments of this service',
          'Ask demo-team for the permission gitops.environment.read.',
        ],
      ],
      [
        404,
        'NotFoundError',
        ['No environments here yet', 'must name a folder apps/demo'],
      ],
      [503, 'ServiceUnavailableError', ['The environments cannot be loaded']],
    ])('explains %s', async (status, name, texts) => {
      const api = fakeGitopsApi(upToDate());
      api.getEnvironments.mockRejectedValue(
        await refusal(status, name, 'The words of the backend'),
      );
      await renderCard(api);

      const card = screen.getByRole('article', { name: 'Environments' });
      expect(card).toHaveTextContent('The words of the backend');
      texts.forEach(text => expect(card).toHaveTextContent(text));
    });

    it('explains annotations that mean no Application', async () => {
      const api = fakeGitopsApi(upToDate());
      api.getEnvironments.mockRejectedValue(
        await refusal(404, 'NotFoundError', 'The words of the backend'),
      );
      await renderCard(api, { entity: BY_APPLICATION });

      expect(
        screen.getByRole('article', { name: 'Environments' }),
      ).toHaveTextContent(
        'The annotation argocd/app-name must mean Argo CD Applications that bootstrap/ of an infra repository declares.',
      );
    });

    it('says that the backend does not answer', async () => {
      const api = fakeGitopsApi(upToDate());
      api.getEnvironments.mockRejectedValue(new TypeError('Failed to fetch'));
      await renderCard(api);

      expect(screen.getByRole('alert')).toHaveTextContent(
        'The Backstage backend does not answer.',
      );
    });

    it('tries again when asked', async () => {
      const api = fakeGitopsApi(upToDate());
      api.getEnvironments.mockRejectedValueOnce(
        await refusal(500, 'Error', 'Something broke'),
      );
      const { user } = await renderCard(api);
      expect(screen.getByRole('alert')).toHaveTextContent('Something broke');

      await user.click(screen.getByRole('button', { name: 'Try again' }));

      expect(await screen.findByText('up to date')).toBeInTheDocument();
      expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    });
  });

  describe('keeping up', () => {
    it('reads again on a signal of the service', async () => {
      const api = fakeGitopsApi(stageBehind());
      const signals = new FakeSignals();
      await renderCard(api, { signals });
      api.getEnvironments.mockResolvedValue(upToDate());

      await signals.send('gitops:service:other');
      expect(step().queryByText('up to date')).not.toBeInTheDocument();

      await signals.send('gitops:service:demo');
      await pass(0);
      expect(step().getByText('up to date')).toBeInTheDocument();
      expect(api.getEnvironments).toHaveBeenCalledTimes(2);
    });

    it('reads again on a signal of the service that the first answer named', async () => {
      const api = fakeGitopsApi(upToDate());
      const signals = new FakeSignals();
      await renderCard(api, { signals, entity: BY_APPLICATION });
      expect(api.getEnvironments).toHaveBeenCalledTimes(1);

      await signals.send('gitops:service:demo');

      expect(api.getEnvironments).toHaveBeenCalledTimes(2);
    });

    it('reads again on every signal that many services changed', async () => {
      const api = fakeGitopsApi(upToDate());
      const signals = new FakeSignals();
      await renderCard(api, { signals });

      await signals.send('gitops:service:demo');
      await signals.send('gitops:services');
      await signals.send('gitops:services');

      expect(api.getEnvironments).toHaveBeenCalledTimes(4);
    });

    it('reads again every ten seconds without signals', async () => {
      const api = fakeGitopsApi(stageBehind());
      await renderCard(api);
      api.getEnvironments.mockResolvedValue(upToDate());

      await pass(9_900);
      expect(api.getEnvironments).toHaveBeenCalledTimes(1);
      await pass(200);
      expect(step().getByText('up to date')).toBeInTheDocument();
    });

    it('reads every three seconds while a promotion is under way', async () => {
      const api = fakeGitopsApi(stageBehind({ promotion: promotion() }));
      await renderCard(api);

      await pass(3_100);
      expect(api.getEnvironments).toHaveBeenCalledTimes(2);
    });

    it('asks nothing while the page is hidden, and at once when it shows again', async () => {
      const api = fakeGitopsApi(stageBehind());
      await renderCard(api);
      const visibility = jest.spyOn(document, 'visibilityState', 'get');
      visibility.mockReturnValue('hidden');

      await pass(60_000);
      expect(api.getEnvironments).toHaveBeenCalledTimes(1);

      visibility.mockReturnValue('visible');
      document.dispatchEvent(new Event('visibilitychange'));
      await pass(0);
      expect(api.getEnvironments).toHaveBeenCalledTimes(2);
      visibility.mockRestore();
    });

    it('never asks twice at a time, and asks again after a signal that came meanwhile', async () => {
      const api = fakeGitopsApi(stageBehind());
      const signals = new FakeSignals();
      await renderCard(api, { signals });
      let answer: (response: EnvironmentsResponse) => void = () => {};
      api.getEnvironments.mockReturnValueOnce(
        new Promise(resolve => {
          answer = resolve;
        }),
      );

      await pass(10_000);
      expect(api.getEnvironments).toHaveBeenCalledTimes(2);
      await pass(10_000);
      await signals.send('gitops:service:demo');
      expect(api.getEnvironments).toHaveBeenCalledTimes(2);

      answer(stageBehind());
      await pass(0);
      expect(api.getEnvironments).toHaveBeenCalledTimes(3);
    });

    it('does not wait for ever for an answer that never comes', async () => {
      const api = fakeGitopsApi(stageBehind());
      await renderCard(api);
      api.getEnvironments.mockReturnValueOnce(new Promise(() => {}));
      api.getEnvironments.mockResolvedValue(upToDate());

      await pass(10_000);
      await pass(40_000);
      expect(step().getByText('up to date')).toBeInTheDocument();
    });

    it('keeps the last known state when it cannot be read again', async () => {
      const api = fakeGitopsApi(stageBehind());
      await renderCard(api);
      api.getEnvironments.mockRejectedValue(
        await refusal(502, 'Error', 'The proxy is away'),
      );

      await pass(10_000);

      expect(stage().getByText('1.4.1')).toBeInTheDocument();
      const note = screen
        .getAllByRole('status')
        .find(({ textContent }) => textContent?.includes('last known state'));
      expect(note).toHaveTextContent('The proxy is away');
    });

    it('moves relative times on', async () => {
      await show(stageBehind({ promotion: promotion() }));
      expect(step().getByText('4 min. ago')).toBeInTheDocument();

      await pass(60_000);

      expect(step().getByText('5 min. ago')).toBeInTheDocument();
    });
  });
});
