import { kustomizeBuild } from '../__testUtils__/kustomize';
import { ownFiles } from '../__testUtils__/tree';
import { hostsOfManifests, hostsOfOutput } from './hosts';

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

describe('hostsOfOutput', () => {
  it.each([
    ['local', 'demo.localtest.me'],
    ['stage', 'stage.localtest.me'],
  ])('are those of the overlay %s as it is built', (overlay, host) => {
    const build = kustomizeBuild(
      ownFiles('apps'),
      `apps/demo/overlays/${overlay}`,
    );
    expect(build.ok && hostsOfOutput(build.output)).toEqual({ known: [host] });
  });

  it('are of manifests, not of texts inside of them', () => {
    const manifest = (kind: string, host: string) =>
      `kind: ${kind}\nspec:\n  rules:\n  - host: ${host}\n`;
    const inside = manifest('Ingress', 'b.test').replace(/^/gm, '    ');
    expect(
      hostsOfOutput(
        [
          `data:\n  text: |\n    ---\n${inside}\nkind: ConfigMap\n`,
          manifest('Ingress', 'a.test'),
          manifest('IngressClass', 'c.test'),
        ].join('---\n'),
      ),
    ).toEqual({ known: ['a.test'] });
  });

  it('are none where there is none, and not known where one cannot be read', () => {
    expect(hostsOfOutput('')).toEqual({ known: [] });
    expect(hostsOfOutput('kind: Ingress\nspec: [')).toEqual({
      unknown: expect.stringMatching(/^What was rendered cannot be read: \S/),
    });
  });
});
