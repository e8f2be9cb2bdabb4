import { verdictOf } from '../../__testUtils__/gates';
import type { Finding } from '../../findings/Finding';
import { noBlockingFindingGate } from './noBlockingFinding';

const finding = (
  code: string,
  severity: Finding['severity'] = 'error',
): Finding => ({ code, severity, what: '', why: '', fix: '' });

describe('no-blocking-finding', () => {
  it.each<[what: string, findings: Finding[], says: string]>([
    ['none', [], 'passed: No finding blocks.'],
    [
      'what only wants a look',
      [finding('host-shared', 'warning'), finding('tag-missing', 'info')],
      'passed: No finding blocks.',
    ],
    [
      'two codes, one of them twice',
      [
        finding('tag-not-string'),
        finding('namespace-shared'),
        finding('tag-not-string'),
      ],
      'failed: tag-not-string, namespace-shared: see below what to do.',
    ],
    [
      'a version that the registry lacks, which has a gate of its own',
      [finding('tag-missing')],
      'passed: No finding blocks but tag-missing, which has a gate of its own.',
    ],
  ])('of %s', async (_, findings, says) => {
    await expect(verdictOf(noBlockingFindingGate, { findings })).resolves.toBe(
      says,
    );
  });

  it('says at the merge what to do, where no plan is shown', async () => {
    const what = 'The tag is not a string.';
    const fix = 'Quote it.';
    await expect(
      verdictOf(noBlockingFindingGate, {
        step: 'merge',
        findings: [
          { ...finding('tag-not-string'), what, fix },
          finding('host-shared', 'warning'),
        ],
      }),
    ).resolves.toBe(`failed: tag-not-string: ${what} ${fix}`);
    await expect(
      verdictOf(noBlockingFindingGate, { step: 'merge' }),
    ).resolves.toMatch(/^passed/);
  });
});
