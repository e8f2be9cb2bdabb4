import { shown } from '../../__testUtils__/facts';
import {
  hostFacts,
  HostOptions,
  known,
  PATCHED,
} from '../../__testUtils__/hosts';
import { STAGE_OVERLAY } from '../../__testUtils__/tree';
import { hostMismatch } from './hostMismatch';

describe('host-mismatch', () => {
  const live = { stage: ['http://demo.localtest.me:8080/'] };

  it.each<[what: string, options: HostOptions, found: string[]]>([
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
      'a host of a route, beside that of the Ingress',
      {
        live,
        desired: {
          stage: {
            known: ['demo.localtest.me', 'api.localtest.me'],
            notReported: ['api.localtest.me'],
          },
        },
      },
      [],
    ],
    [
      'a route has the host, and what is live is a link',
      {
        live: { stage: ['https://grafana.example.com/d/1'] },
        desired: {
          stage: {
            known: ['stage.localtest.me'],
            notReported: ['stage.localtest.me'],
            links: ['grafana.example.com'],
          },
        },
      },
      [],
    ],
    [
      'a route has the host, and what is live is perhaps a link',
      {
        live: { stage: ['https://grafana.example.com/d/1'] },
        desired: {
          stage: {
            known: ['stage.localtest.me'],
            notReported: ['stage.localtest.me'],
          },
        },
      },
      [
        'info Whether stage is reached at stage.localtest.me could not be checked.',
      ],
    ],
    [
      'the Ingress has another host, and there is a link',
      {
        live: { stage: [...live.stage, 'https://grafana.example.com/'] },
        desired: {
          stage: {
            known: ['stage.localtest.me'],
            links: ['grafana.example.com'],
          },
        },
      },
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
    expect(hostMismatch.check(hostFacts(options)).map(shown)).toEqual(found);
  });

  it.each([
    ['OutOfSync' as const, /^Sync demo-stage/, 'sync'],
    ['Synced' as const, /kubectl -n demo-stage get ingress/, undefined],
    ['Unknown' as const, /^Have Argo CD compare demo-stage/, undefined],
  ])('offers what helps where it is %s', (sync, fix, command) => {
    const desired = { stage: known('stage.localtest.me') };
    const [found] = hostMismatch.check(hostFacts({ live, desired, sync }));
    expect(found.fix).toMatch(fix);
    expect(found.command).toBe(command);
  });

  it('looks where the overlay puts the Ingress', () => {
    const desired = { stage: known('stage.localtest.me') };
    const overlay = `namespace: other\n${PATCHED}`;
    const [found] = hostMismatch.check(hostFacts({ live, desired, overlay }));
    expect(found.fix).toContain('kubectl -n other get ingress');
  });

  it('offers to refresh where Argo CD has not seen what Git says', () => {
    const desired = { stage: known('stage.localtest.me') };
    const behind = { commitsBehind: 1, commits: [] };
    expect(
      hostMismatch.check({ ...hostFacts({ live, desired }), behind }),
    ).toMatchObject([
      { fix: expect.stringMatching(/^Refresh demo-stage/), command: 'refresh' },
    ]);
  });
});
