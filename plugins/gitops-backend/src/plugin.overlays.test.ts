import { eventually } from '@gitops-infra/sandbox';
import { registerBackendSuite } from './__testUtils__/backendSuite';
import { ENTITY, LOCAL, REQUEST, STAGE } from './__testUtils__/gitopsBackend';

// Upstreams are followed in real time.
jest.setTimeout(60_000);

describe('with an overlay', () => {
  const suite = registerBackendSuite();
  const { post, stage } = suite;

  const yaml = (lines: string[], end = '\n') => lines.join(end) + end;
  const stageLines = [
    'namespace: demo-stage',
    'resources:',
    '  - ../../base',
    'images:',
    '  - name: demo',
    '    newName: localhost:5001/demo',
    '    newTag: "1.4.1" # why',
  ];

  it.each<[string, string | null, string, string]>([
    [
      'that is missing',
      null,
      'there is no kustomization.yaml',
      'comparison-error',
    ],
    ['that is empty', '', 'the file is empty', 'comparison-error'],
    [
      'that is malformed',
      yaml([...stageLines, '  bad: [']),
      '',
      'comparison-error',
    ],
    [
      'whose tag is a number',
      yaml(stageLines).replace('"1.4.1"', '1.10'),
      'Unquoted, 1.10 is a number to YAML',
      'tag-not-string',
    ],
  ])('%s: a finding, and no promotion', async (_, text, why, code) => {
    await suite.sandbox.commit({ [STAGE]: text }, 'Break stage');
    // Argo CD may say so before the file was read here, or the other way round.
    const { findings, step } = await eventually(
      stage,
      environment => environment.step?.blockedBy[0]?.code === code,
    );
    expect(findings).toContainEqual(
      expect.objectContaining({
        code,
        severity: 'error',
        why: expect.stringContaining(why),
        where: expect.objectContaining({ path: STAGE }),
      }),
    );
    expect(step?.blockedBy[0].why).toContain(why);
    const answer = await post(`${ENTITY}/promotions`, REQUEST);
    expect(answer.status).toBe(409);
    expect(answer.body.error.message).toContain('stage cannot be promoted to');
    await expect(suite.sandbox.pulls()).resolves.toEqual([]);
  });

  it('that is malformed: what runs is shown all the same', async () => {
    await suite.sandbox.commit({ [STAGE]: 'images: [' }, 'Break stage');
    const environment = await eventually(
      stage,
      ({ images }) => images.length === 0,
    );
    expect(environment).toMatchObject({
      images: [],
      unpinned: [{ image: 'localhost:5001/demo', version: { tag: '1.4.1' } }],
    });
  });

  it.each([
    [
      'of two documents',
      `${yaml(stageLines)}---\nimages: []\n`,
      `${yaml(stageLines)}---\nimages: []\n`.replace('"1.4.1"', '"1.4.2"'),
    ],
    [
      'with CRLF line ends',
      yaml(stageLines, '\r\n'),
      yaml(stageLines, '\r\n').replace('"1.4.1"', '"1.4.2"'),
    ],
    [
      'with a byte order mark',
      `\ufeff${yaml(stageLines)}`,
      `\ufeff${yaml(stageLines)}`.replace('"1.4.1"', '"1.4.2"'),
    ],
    [
      'with an alias for the tag',
      `x-tag: &tag "1.4.1"\n${yaml(stageLines)}`.replace('"1.4.1" #', '*tag #'),
      `x-tag: &tag "1.4.1"\n${yaml(stageLines)}`.replace(
        '"1.4.1" #',
        '"1.4.2" #',
      ),
    ],
  ])('%s: only the version changes', async (_, before, after) => {
    await suite.sandbox.commit({ [STAGE]: before }, 'Write stage another way');
    const { body, status } = await post(`${ENTITY}/promotions`, REQUEST);
    expect(body.error).toBeUndefined();
    expect(status).toBe(201);
    await expect(
      suite.sandbox.readFile(STAGE, body.promotion.branch),
    ).resolves.toBe(after);
  });

  it('without images: there is nothing to promote to', async () => {
    await suite.sandbox.commit(
      { [STAGE]: yaml(stageLines.slice(0, 3)) },
      'Pin nothing',
    );
    const { body, status } = await post(`${ENTITY}/promotions`, REQUEST);
    expect(status).toBe(409);
    expect(body.error.message).toContain('Nothing to promote');
    const preview = await post(`${ENTITY}/promotions/preview`, REQUEST);
    expect(preview.body.plan.skipped).toEqual([
      { name: 'demo', reason: 'only-in-source' },
    ]);
  });

  it('pinned by digest: from digest to digest', async () => {
    const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
    const pinned = (digit: string) =>
      yaml(stageLines).replace('newTag: "1.4.1"', `digest: ${digest(digit)}`);
    await suite.sandbox.commit(
      {
        [STAGE]: pinned('1'),
        [LOCAL]: pinned('2').replace('demo-stage', 'demo-local'),
      },
      'Pin by digest',
    );
    const { body } = await post(`${ENTITY}/promotions`, REQUEST);
    expect(body.plan.title).toContain(
      'sha256:111111111111 → sha256:222222222222',
    );
    await expect(
      suite.sandbox.readFile(STAGE, body.promotion.branch),
    ).resolves.toBe(pinned('1').replace(digest('1'), `"${digest('2')}"`));
  });

  it('that has the version already: there is nothing to promote', async () => {
    const local = (await suite.sandbox.readFile(LOCAL))!;
    const before = (await suite.sandbox.readFile(STAGE))!;
    expect(local).toContain('"1.4.2"');
    await suite.sandbox.commit(
      { [STAGE]: before.replace('"1.4.1"', '"1.4.2"') },
      'Set by hand',
    );
    const { body, status } = await post(`${ENTITY}/promotions`, REQUEST);
    expect(status).toBe(409);
    expect(body.error.message).toBe(
      'Nothing to promote: stage pins what local pins already',
    );
  });
});
