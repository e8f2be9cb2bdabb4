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

  it('are those of large manifests only where they have some', () => {
    const text = `  text: |\n${'    kind: Ingress\n'.repeat(20_000)}`;
    const link = `    link.argocd.argoproj.io/x: https://e.test\n`;
    expect(
      hostsOfOutput(
        `data:\n${text}${link}kind: ConfigMap\n---\nkind: Ingress\n`,
      ),
    ).toEqual({ known: [] });
  });

  const route = `kind: HTTPRoute\nspec: {hostnames: [route.test]}\n`;
  const ingress = (host: string, more = '') =>
    `kind: Ingress\n${more}spec: {rules: [{host: ${host}, http: {paths: [{path: /}]}}]}\n`;
  const annotated = (annotation: string) =>
    `metadata: {annotations: {${annotation}}}\n`;

  it.each<[what: string, output: string, hosts: object]>([
    [
      'a route',
      [ingress('a.test'), route].join('---\n'),
      { known: ['a.test', 'route.test'], notReported: ['route.test'] },
    ],
    [
      'an Ingress without paths',
      'kind: Ingress\nspec: {rules: [{host: a.test}]}\n',
      { known: ['a.test'], notReported: ['a.test'] },
    ],
    [
      'an Ingress that is not to be reported',
      ingress(
        'a.test',
        annotated('argocd.argoproj.io/ignore-default-links: "true"'),
      ),
      { known: ['a.test'], notReported: ['a.test'] },
    ],
    [
      'an Ingress and a route with one host',
      [ingress('route.test'), route].join('---\n'),
      { known: ['route.test'] },
    ],
  ])('say of %s what Argo CD does not report', (_, output, hosts) => {
    expect(hostsOfOutput(output)).toEqual(hosts);
  });

  it('tell of links, with a title or without, on whatever they are', () => {
    const link = (value: string) =>
      `kind: Service\n${annotated(`link.argocd.argoproj.io/a: "${value}"`)}`;
    expect(
      hostsOfOutput(
        [
          link('https://Grafana.test/d'),
          link('Logs|https://logs.test:8443'),
          link('nowhere'),
        ].join('---\n'),
      ),
    ).toEqual({ known: [], links: ['grafana.test', 'logs.test'] });
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
    ).toMatchObject({ known: ['a.test'] });
  });

  it('are none where there is none, and not known where one cannot be read', () => {
    expect(hostsOfOutput('')).toEqual({ known: [] });
    expect(hostsOfOutput('kind: Ingress\nspec: [')).toEqual({
      unknown: expect.stringMatching(/^What was rendered cannot be read: \S/),
    });
  });
});
