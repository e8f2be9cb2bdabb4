import { EnvironmentFacts } from '@gitops-infra/backstage-plugin-gitops-common';
import { prereleaseRule } from './prereleaseRule';

const found = (tag: string, environment = 'prod') =>
  prereleaseRule(['prod']).check({
    repository: { url: 'https://github.test/demo/infra', head: 'a' },
    declared: { environment },
    overlay: {
      path: 'apps/demo/overlays/prod/kustomization.yaml',
      pins: [{ name: 'demo', image: 'demo', version: { tag } }],
    },
  } as EnvironmentFacts).length;

describe('prerelease-pinned', () => {
  it.each([
    ['1.5.0-rc.1', 1],
    ['v2-beta', 1],
    ['1.5.0-SNAPSHOT', 1],
    ['1.5.0', 0],
    ['1.5.0-3-gabc1234', 0],
    ['rc-1', 0],
  ])('of %s are %d', (tag, count) => {
    expect(found(tag)).toBe(count);
  });

  it('is for the environments that it is for', () => {
    expect(found('1.5.0-rc.1', 'local')).toBe(0);
  });
});
