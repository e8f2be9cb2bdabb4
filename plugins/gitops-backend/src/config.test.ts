import { ConfigReader } from '@backstage/config';
import { JsonObject } from '@backstage/types';
import { ArgocdApiConfig, readGitopsConfig } from './config';

const read = (instance: JsonObject, gitops: JsonObject = {}) =>
  readGitopsConfig(
    new ConfigReader({
      app: { baseUrl: 'http://backstage.test' },
      gitops: { argocd: [{ name: 'main', ...instance }], ...gitops },
    }),
  );

const PEM = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n';

describe('readGitopsConfig, of Argo CD', () => {
  it('reads an instance that is asked by its API', () => {
    const { argocd, argocdResyncIntervalMs, argocdIdleLimitMs } = read({
      url: 'https://argocd.example.com/argocd/',
      token: 't',
    });
    expect(argocd).toEqual([
      {
        transport: 'api',
        name: 'main',
        url: 'https://argocd.example.com/argocd',
        uiUrl: 'https://argocd.example.com/argocd',
        token: expect.any(Function),
        projects: [],
        selector: undefined,
        ca: undefined,
        appNamespace: undefined,
      },
    ]);
    expect([argocdResyncIntervalMs, argocdIdleLimitMs]).toEqual([
      300_000, 90_000,
    ]);
  });

  it('reads what narrows an instance, and its CA', () => {
    expect(
      read(
        {
          url: 'https://internal',
          uiUrl: 'https://argocd.example.com/',
          token: 't',
          ca: PEM,
          projects: ['web'],
          selector: 'team=a',
          appNamespace: 'team',
        },
        { argocdIdleLimit: { seconds: 5 } },
      ),
    ).toMatchObject({
      argocd: [
        {
          uiUrl: 'https://argocd.example.com',
          ca: PEM,
          projects: ['web'],
          selector: 'team=a',
          appNamespace: 'team',
        },
      ],
      argocdIdleLimitMs: 5_000,
    });
  });

  it('reads an instance whose Applications are read in its cluster, with no second place for its address', () => {
    expect(
      read({ kubernetes: { cluster: 'production', namespaces: ['argocd'] } })
        .argocd,
    ).toEqual([
      {
        transport: 'kubernetes',
        name: 'main',
        uiUrl: undefined,
        cluster: 'production',
        namespaces: ['argocd'],
        projects: [],
        selector: undefined,
      },
    ]);
  });

  it('has the token that the configuration has at the moment, in whichever order its instances are', () => {
    const data = {
      app: { baseUrl: 'http://backstage.test' },
      gitops: {
        argocd: [
          { name: 'main', url: 'https://a', token: 'first' },
          { name: 'other', url: 'https://b', token: 'x' },
        ],
      },
    };
    // As the root configuration, which is another reader after each change of its files.
    const root: { current: ConfigReader } = { current: new ConfigReader(data) };
    const [main] = readGitopsConfig(
      new Proxy(root.current, {
        get: (_, key: keyof ConfigReader) =>
          (root.current[key] as Function).bind(root.current),
      }),
    ).argocd as ArgocdApiConfig[];
    expect(main.token()).toBe('first');
    root.current = new ConfigReader({
      gitops: {
        argocd: [
          { name: 'other', token: 'x' },
          { name: 'main', token: 'rotated' },
        ],
      },
    });
    expect(main.token()).toBe('rotated');
    root.current = new ConfigReader({});
    expect(main.token()).toBe('');
  });

  it.each<[string, JsonObject, string]>([
    ['no address', { token: 't' }, 'url'],
    ['no token', { url: 'https://a' }, 'token'],
    ['no cluster', { kubernetes: {} }, 'cluster'],
    [
      'both ways',
      { url: 'https://a', kubernetes: { cluster: 'x' } },
      'gitops.argocd main: url belongs to an instance that is read by its API',
    ],
    [
      'a selector that is none',
      { url: 'https://a', token: 't', selector: 'a in b' },
      'gitops.argocd main: a in b is no label selector',
    ],
    [
      'the path of a CA',
      { url: 'https://a', token: 't', ca: '/etc/ca.pem' },
      'give the file as ca: { $file: path }',
    ],
  ])('refuses an instance with %s', (_, instance, says) => {
    expect(() => read(instance)).toThrow(says);
  });
});
