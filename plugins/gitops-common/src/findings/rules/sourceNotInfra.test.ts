import { recorded, SOUND, stageFacts } from '../../__testUtils__/facts';
import { sourceNotInfra } from './sourceNotInfra';

const { check } = sourceNotInfra;

describe('source-not-infra', () => {
  const OTHER = 'https://user:sec@ret@github.com/demo/other.git';

  it.each([
    'https://github.com/demo/gitops-infra.git',
    'git@github.com:demo/gitops-infra.git',
    '',
  ])('is not raised for %j', repoURL => {
    expect(check(stageFacts(SOUND, undefined, { repoURL }))).toEqual([]);
  });

  it('names the manifest, without credentials', () => {
    expect(check(stageFacts(SOUND, undefined, { repoURL: OTHER }))).toEqual([
      {
        severity: 'error',
        what: 'The Application demo-stage does not deploy from demo/gitops-infra.',
        why: 'spec.source.repoURL in bootstrap/demo-stage-application.yaml is https://github.com/demo/other.git.',
        fix: 'Point spec.source.repoURL at https://github.com/demo/gitops-infra.',
        where: expect.objectContaining({
          path: 'bootstrap/demo-stage-application.yaml',
          line: 12,
          column: 14,
        }),
      },
    ]);
  });

  it('leaves an edit in the cluster to overridden-outside-git', () => {
    const status = recorded('a-synced-healthy', { repoURL: OTHER });
    expect(check(stageFacts(SOUND, status))).toEqual([]);
  });
});
