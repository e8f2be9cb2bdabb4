import { hostsOfManifests } from './hosts';

describe('hostsOfManifests', () => {
  it.each<[what: string, manifests: unknown[], hosts: string[]]>([
    [
      'the rules of Ingresses, each host once',
      [
        {
          kind: 'Ingress',
          spec: { rules: [{ host: 'A.example.com' }, { http: {} }] },
        },
        { kind: 'Ingress', spec: { rules: [{ host: 'a.example.com' }] } },
      ],
      ['a.example.com'],
    ],
    [
      'hostnames of the Gateway API',
      [{ kind: 'HTTPRoute', spec: { hostnames: ['a.test', 1] } }],
      ['a.test'],
    ],
    ['the host of a Route', [{ kind: 'Route', spec: { host: 'r' } }], ['r']],
    [
      'nothing of other things',
      [null, 'text', {}, { kind: 'Service', spec: { host: 'x' } }],
      [],
    ],
    ['nothing of what has no spec', [{ kind: 'Ingress' }], []],
  ])('takes %s', (_, manifests, hosts) => {
    expect(hostsOfManifests(manifests)).toEqual(hosts);
  });
});
