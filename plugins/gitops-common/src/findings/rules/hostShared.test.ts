import { shown } from '../../__testUtils__/facts';
import {
  hostFacts,
  HostOptions,
  known,
  PATCHED,
} from '../../__testUtils__/hosts';
import { STAGE_OVERLAY } from '../../__testUtils__/tree';
import { hostShared } from './hostShared';

describe('host-shared', () => {
  it.each<[what: string, options: HostOptions, found: string[]]>([
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
      'a patch file of the overlay writes the host of the other',
      {
        overlay: 'resources: [../../base]\npatches:\n  - path: host.yaml\n',
        files: {
          'apps/demo/overlays/stage/host.yaml':
            'kind: Ingress\nspec:\n  rules: [{host: demo.localtest.me}]\n',
        },
        desired: {
          local: known('demo.localtest.me'),
          stage: known('demo.localtest.me'),
        },
      },
      [
        'apps/demo/overlays/stage/host.yaml:3:18 error stage and local both want the host demo.localtest.me.',
      ],
    ],
    [
      'they are on different clusters',
      {
        cluster: 'https://other.example.com',
        desired: {
          local: known('demo.localtest.me'),
          stage: known('demo.localtest.me'),
        },
        live: {
          local: ['http://demo.localtest.me/'],
          stage: ['http://demo.localtest.me/'],
        },
      },
      [],
    ],
    [
      'they are on different clusters and only live',
      {
        cluster: 'https://other.example.com',
        live: {
          local: ['http://demo.localtest.me/'],
          stage: ['http://demo.localtest.me/'],
        },
      },
      [],
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
    expect(hostShared.check(hostFacts(options)).map(shown)).toEqual(found);
  });

  it.each<[host: string, why: RegExp]>([
    [
      'demo.localtest.me',
      /^The overlay does not write the host; apps\/demo\/base\/ingress\.yaml does, in line \d+\.$/,
    ],
    ['generated.test', /^The rendered host is generated\.test\.$/],
  ])('says of %s no cause that it did not see', (host, why) => {
    const desired = { local: known(host), stage: known(host) };
    expect(hostShared.check(hostFacts({ desired }))).toMatchObject([
      { why: expect.stringMatching(why), where: { path: STAGE_OVERLAY } },
    ]);
  });
});
