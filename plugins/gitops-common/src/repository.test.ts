import {
  repositoryIdentity,
  repositoryLinks,
  withoutCredentials,
} from './repository';

describe('repositoryIdentity', () => {
  it('does not look into what is too long for a remote', () => {
    const url = `https://x/${'/'.repeat(100_000)}x`;
    expect(repositoryIdentity(url)).toBe(url);
  });

  it.each([
    'https://github.com/demo/gitops-infra',
    'https://github.com/demo/gitops-infra/',
    'https://github.com/demo/gitops-infra.git',
    'https://github.com/demo/gitops-infra.git/',
    'HTTPS://GitHub.com/Demo/GitOps-Infra.GIT',
    'http://github.com/demo/gitops-infra',
    'https://github.com:443/demo/gitops-infra',
    'https://user@github.com/demo/gitops-infra',
    'https://user:pa@ss:word@github.com/demo/gitops-infra.git',
    'git@github.com:demo/gitops-infra',
    'git@github.com:demo/gitops-infra.git',
    'git@github.com:/demo/gitops-infra.git',
    'ssh://git@github.com/demo/gitops-infra.git',
    'ssh://git@github.com:22/demo/gitops-infra.git',
    'git+ssh://git@github.com/demo/gitops-infra',
    ' https://github.com/demo/gitops-infra ',
  ])('is the same for %j', url => {
    expect(repositoryIdentity(url)).toBe('github.com/demo/gitops-infra');
  });

  it.each([
    'https://github.com/demo/gitops-infra2',
    'https://github.com/other/gitops-infra',
    'https://example.com/demo/gitops-infra',
    'https://github.com.example.com/demo/gitops-infra',
    'https://github.com:8443/demo/gitops-infra',
    'https://github.com@example.com/demo/gitops-infra',
    '',
  ])('is another for %j', url => {
    expect(repositoryIdentity(url)).not.toBe('github.com/demo/gitops-infra');
  });

  it('tells ports of one host apart', () => {
    expect(repositoryIdentity('http://localhost:4001/demo/x')).toBe(
      'localhost:4001/demo/x',
    );
    expect(repositoryIdentity('ssh://git@localhost:4001/demo/x')).toBe(
      'localhost:4001/demo/x',
    );
  });
});

describe('withoutCredentials', () => {
  it.each([
    ['https://user:secret@example.com/x', 'https://example.com/x'],
    ['https://user:sec@ret@example.com/x', 'https://example.com/x'],
    ['ssh://git@example.com/x', 'ssh://example.com/x'],
    ['https://example.com/x@y', 'https://example.com/x@y'],
    ['git@example.com:x', 'git@example.com:x'],
  ])('shows %s as %s', (url, shown) => {
    expect(withoutCredentials(url)).toBe(shown);
  });
});

describe('repositoryLinks', () => {
  const url = 'https://github.com/demo/gitops-infra';

  it('links files, lines, folders and commits', () => {
    expect(repositoryLinks.file(url, 'abc', 'apps/a.yaml')).toBe(
      `${url}/blob/abc/apps/a.yaml`,
    );
    expect(repositoryLinks.file(url, 'abc', 'apps/a.yaml', 9)).toBe(
      `${url}/blob/abc/apps/a.yaml#L9`,
    );
    expect(repositoryLinks.folder(url, 'abc', 'apps/demo')).toBe(
      `${url}/tree/abc/apps/demo`,
    );
    expect(repositoryLinks.commit(url, 'abc')).toBe(`${url}/commit/abc`);
  });

  it('makes a link of any path', () => {
    expect(repositoryLinks.file(url, 'abc', 'a/\ud800.yaml')).toBe(
      `${url}/blob/abc/a/%EF%BF%BD.yaml`,
    );
  });

  it('escapes what a path may carry', () => {
    expect(repositoryLinks.file(url, 'abc', 'a b/#?%.yaml')).toBe(
      `${url}/blob/abc/a%20b/%23%3F%25.yaml`,
    );
  });
});
