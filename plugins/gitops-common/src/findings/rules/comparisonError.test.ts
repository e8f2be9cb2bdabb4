import {
  environmentFacts,
  MALFORMED,
  recorded,
  SOUND,
  stageFacts,
} from '../../__testUtils__/facts';
import { recordedStatus } from '../../__testUtils__/recordings';
import {
  demoSnapshot,
  repository,
  STAGE_OVERLAY,
} from '../../__testUtils__/tree';
import { comparisonError } from './comparisonError';

const { check } = comparisonError;

describe('comparison-error', () => {
  it("gives our own line and column, with Argo CD's words as evidence", () => {
    const [finding] = check(
      stageFacts(MALFORMED, recorded('c1-malformed-yaml')),
    );
    expect(finding).toEqual({
      severity: 'error',
      what: 'The overlay does not build, so Argo CD keeps the old version.',
      why: expect.stringMatching(/flow sequence/i),
      fix: 'Correct the line and push it to the deployed branch.',
      evidence: expect.stringContaining(
        'yaml: line 8: did not find expected node content',
      ),
      where: {
        path: STAGE_OVERLAY,
        line: 5,
        column: 1,
        url: `${repository.url}/blob/${repository.head}/${STAGE_OVERLAY}#L5`,
      },
    });
  });

  it("has Argo CD's words only, where our reading finds nothing", () => {
    const [finding] = check(stageFacts(SOUND, recorded('c3-missing-resource')));
    expect(finding).toMatchObject({
      why: 'Argo CD could not render the manifests.',
      fix: expect.stringContaining('kustomize build'),
      evidence: expect.stringContaining('hpa.yaml'),
      where: { path: STAGE_OVERLAY },
    });
    expect(finding.where).not.toHaveProperty('line');
  });

  it('is not raised for another condition', () => {
    const status = recorded('a-synced-healthy', {
      conditions: recordedStatus('k-multi-source/application.json').conditions,
    });
    expect(status.conditions[0].type).toBe('SharedResourceWarning');
    expect(check(stageFacts(SOUND, status))).toEqual([]);
  });

  const GENERATE =
    'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = ';
  const BROKEN =
    'error The overlay does not build, so Argo CD keeps the old version.';
  const UNCLEAR =
    'warning Argo CD cannot compare demo-stage with Git, so nothing new is deployed.';

  it.each<[message: string, found: string[]]>([
    [
      `${GENERATE}Unknown desc = \`kustomize build <path to cached source>/apps/demo/overlays/stage\` failed exit status 1: Error: boom`,
      [BROKEN],
    ],
    [
      `${GENERATE}Unknown desc = Manifest generation error (cached): invalid Kustomization: yaml: line 8`,
      [BROKEN],
    ],
    [
      `${GENERATE}Unknown desc = apps/demo/overlays/nope: app path does not exist`,
      [BROKEN],
    ],
    [
      `${GENERATE}Unknown desc = failed to list refs: authentication required`,
      [UNCLEAR],
    ],
    [`${GENERATE}DeadlineExceeded desc = context deadline exceeded`, [UNCLEAR]],
    [
      'Failed to load live state: failed to get cluster info for "https://10.0.0.1": dial tcp: i/o timeout',
      [UNCLEAR],
    ],
    [
      `${GENERATE}Unknown desc = Unable to resolve 'v9' to a commit SHA`,
      [UNCLEAR],
    ],
    // That Argo CD's repo server is away is another finding.
    [`${GENERATE}Unavailable desc = connection error`, []],
  ])('blames the overlay only where the words do: %s', (message, found) => {
    const status = recorded('a-synced-healthy', {
      conditions: [{ type: 'ComparisonError', message }],
    });
    const diagnoses = check(stageFacts(SOUND, status));
    expect(
      diagnoses.map(({ severity, what }) => `${severity} ${what}`),
    ).toEqual(found);
    expect(diagnoses.map(({ evidence }) => evidence)).toEqual(
      found.map(() => message),
    );
    expect(diagnoses.filter(({ fix }) => /kustomize build/.test(fix))).toEqual(
      diagnoses.filter(({ severity }) => severity === 'error'),
    );
  });

  it.each([
    "application destination server 'https://10.0.0.1' and namespace 'demo' do not match any of the allowed destinations in project 'default'",
    'Application referencing project team-a which does not exist',
  ])('says that Argo CD does not accept the Application: %s', message => {
    const status = recorded('a-synced-healthy', {
      project: 'team-a',
      conditions: [{ type: 'InvalidSpecError', message }],
    });
    expect(check(stageFacts(SOUND, status))).toEqual([
      {
        severity: 'error',
        what: 'Argo CD does not accept the Application demo-stage, so it neither compares nor deploys it.',
        why: expect.any(String),
        fix: expect.stringContaining('the project team-a'),
        evidence: message,
        where: expect.objectContaining({
          path: 'bootstrap/demo-stage-application.yaml',
          line: 1,
        }),
        command: 'refresh',
      },
    ]);
  });

  it('takes an overlay that was not read for no broken one', () => {
    const unread = 'the revision v1.* is a range of versions';
    const facts = stageFacts(SOUND, recorded('a-synced-healthy'));
    const { path } = facts.overlay;
    expect(
      check({
        ...facts,
        overlay: { path, pins: [], unread },
        bases: undefined,
      }),
    ).toEqual([
      {
        severity: 'info',
        what: 'Whether the overlay of stage builds could not be checked.',
        why: `It was not read: ${unread}.`,
        fix: expect.stringContaining('Nothing has to be changed'),
      },
    ]);
  });

  const BASE = 'apps/demo/base/kustomization.yaml';

  it.each<[what: string, changed: Record<string, string>, found: string[]]>([
    [
      'a resource that is not there',
      { [STAGE_OVERLAY]: 'resources:\n  - ../../base\n  - hpa.yaml\n' },
      [`${STAGE_OVERLAY}:3:5 apps/demo/overlays/stage/hpa.yaml is not there`],
    ],
    [
      'a folder that is not there',
      { [STAGE_OVERLAY]: 'resources: [../../bse]\n' },
      [`${STAGE_OVERLAY}:1:13 apps/demo/bse is not there`],
    ],
    [
      'a folder without a Kustomization',
      {
        [STAGE_OVERLAY]: 'components: [../../x]\n',
        'apps/demo/x/a.yaml': 'a: 1\n',
      },
      [`${STAGE_OVERLAY}:1:14 there is no kustomization.yaml in apps/demo/x`],
    ],
    [
      'a malformed base',
      { [BASE]: 'resources: {}\n' },
      [`${BASE}:1:12 resources is not a list`],
    ],
    [
      'a base that names what is not there',
      { [BASE]: 'resources: [gone.yaml]\n' },
      [`${BASE}:1:13 apps/demo/base/gone.yaml is not there`],
    ],
    [
      'what is fetched from elsewhere, or not followed',
      {
        [STAGE_OVERLAY]:
          'resources:\n' +
          '  - https://example.com/a.yaml\n' +
          '  - github.com/a/b\n' +
          '  - ../../../../lib/base\n' +
          '  - ../../../../../../etc/passwd\n' +
          '  - dashboard.json\n',
      },
      [],
    ],
    ['bases that name each other', { [BASE]: 'resources: [../base]\n' }, []],
  ])('sees in the tree %s', (_, changed, found) => {
    const facts = environmentFacts('stage', demoSnapshot(changed));
    expect(
      check(facts).map(({ where, why }) =>
        [`${where?.path}:${where?.line}:${where?.column}`, why].join(' '),
      ),
    ).toEqual(found);
  });
});
