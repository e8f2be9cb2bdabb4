import { registryImage } from './registryImage';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('registryImage', () => {
  it.each([
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27'],
    ['grafana/grafana:11', 'docker.io', 'grafana/grafana', '11'],
    ['docker.io/nginx:1', 'docker.io', 'library/nginx', '1'],
    ['index.docker.io/library/nginx:1', 'docker.io', 'library/nginx', '1'],
    ['registry-1.docker.io/a/b:1', 'docker.io', 'a/b', '1'],
    ['ghcr.io/owner/name/part:v1', 'ghcr.io', 'owner/name/part', 'v1'],
    ['localhost/demo:1', 'localhost', 'demo', '1'],
    ['localhost:5001/demo:1.4.2', 'localhost:5001', 'demo', '1.4.2'],
    ['Registry.Example.com:5000/a:1', 'registry.example.com:5000', 'a', '1'],
    [`ghcr.io/a/b:1@${DIGEST}`, 'ghcr.io', 'a/b', DIGEST],
    [`demo@${DIGEST}`, 'docker.io', 'library/demo', DIGEST],
  ])('%s is asked of %s', (reference, host, repository, version) => {
    expect(registryImage(reference)).toEqual({
      host,
      repository,
      reference: version,
    });
  });

  it.each([
    ['says no version', 'ghcr.io/a/b'],
    ['leaves its repository', 'ghcr.io/../../api/v1/admin:1'],
    ['has a version that leaves it', 'ghcr.io/a/b:../../x'],
    ['has a query', 'ghcr.io/a/b?x=y:1'],
    ['has an encoded slash', 'ghcr.io/a%2f..%2fb:1'],
    ['has a name and a password', 'ghcr.io@evil.example/a:1'],
    ['has a scheme', 'https://ghcr.io/a:1'],
    ['has a line end', 'ghcr.io/a\r\nhost: b:1'],
    ['has capitals', 'ghcr.io/A/b:1'],
    ['is nothing', ''],
    ['is a slash', '/:1'],
    ['is longer than names are', `ghcr.io/${'a'.repeat(300)}:1`],
    ['has a digest that is none', 'ghcr.io/a/b@sha256:../..'],
  ])('makes no address of what %s', (_, reference) => {
    expect(registryImage(reference)).toBeUndefined();
  });
});
