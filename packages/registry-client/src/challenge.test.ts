import { parseChallenge } from './challenge';

describe('parseChallenge', () => {
  it.each<[string, string | null, object | undefined]>([
    ['none', null, undefined],
    ['what nobody can answer', 'Negotiate', undefined],
    ['basic', 'Basic realm="Registry"', { scheme: 'basic' }],
    ['basic without a realm', 'basic', { scheme: 'basic' }],
    [
      'bearer, as Docker Hub has it',
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"',
      {
        scheme: 'bearer',
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scope: 'repository:library/nginx:pull',
      },
    ],
    [
      'bearer with a scope that has commas, and blanks after commas',
      'bearer realm="https://a/t", scope="repository:a:pull,push"',
      {
        scheme: 'bearer',
        realm: 'https://a/t',
        scope: 'repository:a:pull,push',
      },
    ],
    [
      'bearer before basic, whichever is first',
      'Basic realm="a, Bearer b", Bearer realm=https://a/t,service=b',
      { scheme: 'bearer', realm: 'https://a/t', service: 'b' },
    ],
    ['bearer that names no realm', 'Bearer service="a"', undefined],
    [
      'bearer that names no realm beside basic',
      'Bearer service="a", Basic realm="b"',
      { scheme: 'basic' },
    ],
  ])('reads %s', (_, header, challenge) => {
    expect(parseChallenge(header)).toEqual(challenge);
  });
});
