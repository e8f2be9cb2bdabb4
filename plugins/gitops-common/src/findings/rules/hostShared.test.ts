import { environmentFacts, recorded, shown } from '../../__testUtils__/facts';
import { demoSnapshot, STAGE_OVERLAY } from '../../__testUtils__/tree';
import type { DesiredHosts } from '../EnvironmentFacts';
import { hostMismatch } from './hostMismatch';
import { hostShared } from './hostShared';

const PATCHED = `resources: [../../base]
patches:
  # not demo.localtest.me
  - target: {kind: Ingress}
    patch: |-
      - {op: replace, path: /spec/rules/0/host, value: HOST}
`;

/** Stage and local, with the hosts of their rendered overlays and the addresses that Argo CD reports. */
function facts(options: {
  overlay?: string;
  desired?: { local?: DesiredHosts; stage?: DesiredHosts };
  live?: { local?: string[]; stage?: string[] };
  sync?: 'Synced' | 'OutOfSync';
}) {
  const { overlay = PATCHED, desired, live, sync = 'Synced' } = options;
  const status = (externalURLs?: string[]) =>
    externalURLs &&
    recorded('a-synced-healthy', { externalURLs, sync: { status: sync } });
  return {
    ...environmentFacts('stage', demoSnapshot({ [STAGE_OVERLAY]: overlay }), {
      status: status(live?.stage),
      others: {
        local: { status: status(live?.local), hosts: desired?.local },
      },
    }),
    hosts: desired?.stage,
  };
}

const known = (...hosts: string[]): DesiredHosts => ({ known: hosts });

describe('host-shared', () => {
  it.each<
    [what: string, options: Parameters<typeof facts>[0], found: string[]]
  >([
    ['nothing is known', {}, []],
    [
      'both have their own',
      {
        desired: {
          local: known('demo.localtest.me'),
          stage: known('stage.localtest.me'),
        },
      },
      [],
    ],
    [
      'the overlay writes the host of the other',
      {
        overlay: PATCHED.replace('HOST', 'demo.localtest.me'),
        desired: {
          local: known('demo.localtest.me'),
          stage: known('demo.localtest.me'),
        },
      },
      [
        `${STAGE_OVERLAY}:6:56 error stage and local both want the host demo.localtest.me.`,
      ],
    ],
    [
      'the overlay leaves the host of the base',
      {
        desired: {
          local: known('demo.localtest.me'),
          stage: known('demo.localtest.me', 'stage.localtest.me'),
        },
      },
      [
        `${STAGE_OVERLAY} error stage and local both want the host demo.localtest.me.`,
      ],
    ],
    [
      'only what is live is known',
      {
        live: {
          local: ['http://demo.localtest.me/'],
          stage: ['https://demo.localtest.me/', 'http://other/'],
        },
      },
      [
        `${STAGE_OVERLAY} warning stage and local are both reached at demo.localtest.me/.`,
      ],
    ],
    [
      'they divide the paths of a host',
      {
        live: {
          local: ['http://demo.localtest.me/local'],
          stage: ['http://demo.localtest.me/stage'],
        },
      },
      [],
    ],
    [
      'what is live was mended in Git',
      {
        desired: {
          local: known('demo.localtest.me'),
          stage: known('stage.localtest.me'),
        },
        live: {
          local: ['http://demo.localtest.me/'],
          stage: ['http://demo.localtest.me/'],
        },
      },
      [],
    ],
    [
      'what Argo CD reports is no address',
      {
        live: {
          local: ['not a url', 'data:text/html,x'],
          stage: ['not a url', 'data:text/html,x'],
        },
      },
      [],
    ],
  ])('where %s', (_, options, found) => {
    expect(hostShared.check(facts(options)).map(shown)).toEqual(found);
  });
});

describe('host-mismatch', () => {
  const live = { stage: ['http://demo.localtest.me:8080/'] };

  it.each<
    [what: string, options: Parameters<typeof facts>[0], found: string[]]
  >([
    ['nothing is rendered', { live }, []],
    [
      'nothing is live',
      { desired: { stage: known('stage.localtest.me') } },
      [],
    ],
    [
      'they are the same',
      { live, desired: { stage: known('demo.localtest.me') } },
      [],
    ],
    [
      'only a wildcard is wanted',
      { live, desired: { stage: known('*.localtest.me') } },
      [],
    ],
    [
      'another one is wanted',
      { live, desired: { stage: known('stage.localtest.me') } },
      [
        `${STAGE_OVERLAY} warning stage is not reached at stage.localtest.me, as Git wants it.`,
      ],
    ],
    [
      'the overlay could not be rendered',
      { live, desired: { stage: { unknown: 'Argo CD does not answer.' } } },
      [
        'info Whether stage is reached at the host that Git wants could not be checked.',
      ],
    ],
    [
      'the overlay is broken, which is a finding of its own',
      {
        live,
        desired: { stage: { unknown: 'It is broken.' } },
        overlay: 'a: "',
      },
      [],
    ],
  ])('where %s', (_, options, found) => {
    expect(hostMismatch.check(facts(options)).map(shown)).toEqual(found);
  });

  it.each([
    ['OutOfSync' as const, /^Sync demo-stage/],
    ['Synced' as const, /kubectl -n demo-stage get ingress/],
  ])('offers what helps where it is %s', (sync, fix) => {
    const desired = { stage: known('stage.localtest.me') };
    const [found] = hostMismatch.check(facts({ live, desired, sync }));
    expect(found.fix).toMatch(fix);
  });

  it('offers to refresh where Argo CD has not seen what Git says', () => {
    const desired = { stage: known('stage.localtest.me') };
    const behind = { commitsBehind: 1, commits: [] };
    expect(
      hostMismatch.check({ ...facts({ live, desired }), behind }),
    ).toMatchObject([
      { fix: expect.stringMatching(/^Refresh demo-stage/), command: 'refresh' },
    ]);
  });
});
