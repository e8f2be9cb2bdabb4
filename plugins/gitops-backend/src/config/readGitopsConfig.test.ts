import { ConfigReader } from '@backstage/config';
import { JsonObject } from '@backstage/types';
import { ArgocdApiConfig, readGitopsConfig, RegistryConfig } from '.';

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

  it.each([
    [{ readOnly: true }, true],
    [{}, undefined],
  ])('only looks at an instance that says so: %j', (said, readOnly) => {
    expect(
      read({ url: 'https://a', token: 't', ...said }).argocd[0].readOnly,
    ).toBe(readOnly);
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

describe('readGitopsConfig, of registries', () => {
  const readRegistry = (...registries: JsonObject[]): RegistryConfig[] =>
    readGitopsConfig(
      new ConfigReader({
        app: { baseUrl: 'http://backstage.test' },
        gitops: { registries },
      }),
    ).registries;

  it.each<[string, JsonObject, string, string]>([
    ['a host', { host: 'GHCR.io' }, 'ghcr.io', 'https://ghcr.io'],
    [
      'Docker Hub',
      { host: 'docker.io' },
      'docker.io',
      'https://registry-1.docker.io',
    ],
    [
      'Docker Hub by the address of its API',
      { host: 'registry-1.docker.io' },
      'docker.io',
      'https://registry-1.docker.io',
    ],
    [
      'a port on loopback, by plain HTTP',
      { host: 'localhost:5001' },
      'localhost:5001',
      'http://localhost:5001',
    ],
    [
      'a host at another address',
      { host: 'localhost:5001', url: 'http://127.0.0.1:4403/' },
      'localhost:5001',
      'http://127.0.0.1:4403',
    ],
    [
      'plain HTTP where it is asked for',
      { host: 'registry.internal:5000', insecure: true },
      'registry.internal:5000',
      'http://registry.internal:5000',
    ],
    [
      'a path',
      { host: 'r.test', url: 'https://proxy.test/r' },
      'r.test',
      'https://proxy.test/r',
    ],
  ])('reads %s', (_, registry, host, url) => {
    expect(readRegistry(registry)).toMatchObject([{ host, url, aliases: [] }]);
  });

  it('reads other names, a CA, and who it is asked as', () => {
    const [named, known, anybody] = readRegistry(
      { host: 'a', ca: PEM, aliases: ['B:5000'], token: 't' },
      { host: 'c', username: 'reader', password: 'p' },
      { host: 'd' },
    );
    expect(named).toMatchObject({ ca: PEM, aliases: ['b:5000'] });
    expect(named.credentials()).toEqual({ token: 't' });
    expect(known.credentials()).toEqual({ username: 'reader', password: 'p' });
    expect(anybody.credentials()).toBeUndefined();
  });

  it.each<[string, JsonObject, string]>([
    ['a name of its own', { url: 'https://r.test' }, 'host'],
    ['a host without an address in it', { host: 'https://r' }, 'is no host'],
    ['a host without a path', { host: 'r.test/team' }, 'is no host'],
    [
      'an address',
      { host: 'r.test', url: 'r.test:5000' },
      'gitops.registries r.test: url is no address',
    ],
    [
      'HTTPS where nothing else is asked for',
      { host: 'r.test', url: 'http://r.test' },
      'url is plain HTTP',
    ],
    [
      'no credentials in its address',
      { host: 'r.test', url: 'https://a:b@r.test' },
      'url has more than an address',
    ],
    [
      'a password for its name',
      { host: 'r.test', username: 'a' },
      'username and password belong together',
    ],
    [
      'one way to be asked',
      { host: 'r.test', username: 'a', password: 'b', token: 'c' },
      'there are a password and a token',
    ],
    [
      'a name that no other has',
      { host: 'r.test', aliases: ['r.test'] },
      'r.test is there twice',
    ],
    [
      'its CA and not the path of it',
      { host: 'r.test', ca: '/etc/ca.pem' },
      'give the file as ca: { $file: path }',
    ],
  ])('wants %s', (_, registry, says) => {
    expect(() => readRegistry(registry)).toThrow(says);
  });
});

describe('readGitopsConfig, of promotions', () => {
  const mergeMethod = (method?: string) =>
    readGitopsConfig(
      new ConfigReader({
        app: { baseUrl: 'http://backstage.test' },
        gitops: method ? { promotions: { mergeMethod: method } } : {},
      }),
    ).mergeMethod;

  it('merges by a merge commit, or as it says', () => {
    expect(mergeMethod()).toBe('merge');
    expect(mergeMethod('squash')).toBe('squash');
    expect(() => mergeMethod('force')).toThrow(
      'gitops.promotions.mergeMethod: force is none; give one of merge, squash, rebase',
    );
  });
});

describe('readGitopsConfig, of who writes to GitHub', () => {
  const asUser = (value?: unknown) =>
    readGitopsConfig(
      new ConfigReader({
        app: { baseUrl: 'http://backstage.test' },
        gitops: { promotions: { asUser: value as boolean } },
      }),
    ).asUser;

  it('is the integration, or the person who asks', () => {
    expect(asUser()).toBe(false);
    expect(asUser(true)).toBe(true);
    expect(() => asUser({})).toThrow('gitops.promotions.asUser');
  });
});

describe('readGitopsConfig, of pull requests', () => {
  const pullRequest = (settings?: JsonObject) =>
    readGitopsConfig(
      new ConfigReader({
        app: { baseUrl: 'http://backstage.test' },
        gitops: settings && { promotions: { pullRequest: settings } },
      }),
    ).pullRequest;

  it('leaves them as they are where nothing is said', () => {
    expect(pullRequest()).toEqual({
      templates: { title: undefined, body: undefined },
      labels: [],
      reviewers: [],
      teamReviewers: [],
      draft: false,
    });
  });

  it('reads their wording, labels and reviewers', () => {
    expect(
      pullRequest({
        titleTemplate: 'OPS {{ title }}',
        bodyTemplate: '{{body}} {{page}}',
        labels: ['gitops'],
        reviewers: ['ann'],
        teamReviewers: ['ops'],
        draft: true,
      }),
    ).toEqual({
      templates: { title: 'OPS {{ title }}', body: '{{body}} {{page}}' },
      labels: ['gitops'],
      reviewers: ['ann'],
      teamReviewers: ['ops'],
      draft: true,
    });
  });

  it.each([
    [{ titleTemplate: '{{body}}' }, 'titleTemplate: {{body}} is not known'],
    [{ bodyTemplate: '{{secret}}' }, 'bodyTemplate: {{secret}} is not known'],
    [{ labels: 'gitops' }, 'labels'],
  ])('refuses %j', (settings, message) => {
    expect(() => pullRequest(settings)).toThrow(message);
  });
});

describe('readGitopsConfig, of rendering', () => {
  const readKustomize = (rendering?: JsonObject) =>
    readGitopsConfig(
      new ConfigReader({
        app: { baseUrl: 'http://backstage.test' },
        gitops: rendering && { rendering },
      }),
    ).kustomize;

  it('takes the program by its path or its name, and none where none is given', () => {
    expect(readKustomize({ kustomize: '/usr/bin/kustomize' })).toBe(
      '/usr/bin/kustomize',
    );
    expect(readKustomize({ kustomize: 'kustomize' })).toBe('kustomize');
    expect(readKustomize({})).toBeUndefined();
    expect(readKustomize()).toBeUndefined();
  });

  it.each(['bin/kustomize', './kustomize', '../kustomize'])(
    'refuses %s, which is elsewhere for each that starts the backend',
    kustomize => {
      expect(() => readKustomize({ kustomize })).toThrow(
        'gitops.rendering.kustomize',
      );
    },
  );
});

describe('readGitopsConfig, of the commits of applications', () => {
  const repositoriesOf = (gitops: JsonObject) =>
    read({ url: 'https://a.test', token: 't' }, gitops).applicationRepositories;
  const infra = (...urls: string[]) => ({
    repositories: urls.map(url => ({ url })),
  });

  it.each<[what: string, gitops: JsonObject, patterns: string[]]>([
    [
      'those of the owners of the infra repositories',
      infra('https://github.com/demo/infra', 'http://localhost:4401/a/b'),
      ['github.com/demo/*', 'localhost:4401/a/*'],
    ],
    ['none where there is no infra repository', {}, []],
    [
      'those that are named, and no others',
      {
        ...infra('https://github.com/demo/infra'),
        applicationCommits: { repositories: ['github.com/shop/web'] },
      },
      ['github.com/shop/web'],
    ],
    [
      'none, if that is said',
      {
        ...infra('https://github.com/demo/infra'),
        applicationCommits: { repositories: [] },
      },
      [],
    ],
  ])('shows %s', (_, gitops, patterns) => {
    expect(repositoriesOf(gitops)).toEqual(patterns);
  });

  it('takes no other pattern', () => {
    const applicationCommits = { repositories: ['github.com/*'] };
    expect(() => repositoriesOf({ applicationCommits })).toThrow(
      'gitops.applicationCommits.repositories: github.com/* names no repositories',
    );
  });
});
