import { environmentFacts, pinning } from '../../__testUtils__/facts';
import { CHANGE, runs, verdictOf } from '../../__testUtils__/gates';
import { demoSnapshot, LOCAL_OVERLAY } from '../../__testUtils__/tree';
import { sourceHealthyGate } from './sourceHealthy';

const required = sourceHealthyGate({ required: true });
const local = (status?: ReturnType<typeof runs>, text = pinning('"1.4.2"')) =>
  environmentFacts('local', demoSnapshot({ [LOCAL_OVERLAY]: text }), {
    status,
  });

describe('source-healthy', () => {
  it.each<[what: string, status: Parameters<typeof runs>[0], says: string]>([
    ['that is well', {}, 'passed: local is Synced and Healthy and runs it.'],
    [
      'that is OutOfSync',
      { sync: 'OutOfSync' },
      'failed: local is OutOfSync; sync it, and promote what runs then.',
    ],
    [
      'that could not be compared',
      { sync: 'Unknown' },
      'failed: local is not compared; sync it, and promote what runs then.',
    ],
    [
      'that still rolls out',
      { health: 'Progressing' },
      'failed: local is Progressing; wait until it is Healthy, or mend it.',
    ],
    [
      'that is Degraded',
      { health: 'Degraded', message: 'exceeded its deadline' },
      'failed: local is Degraded (exceeded its deadline); wait until it is Healthy, or mend it.',
    ],
    [
      'that runs an older version',
      { images: ['localhost:5001/demo:1.4.1'] },
      'failed: local runs 1.4.1 of demo, not 1.4.2 alone; wait until 1.4.2 runs there.',
    ],
    [
      'in which the old pods still serve',
      { images: ['localhost:5001/demo:1.4.2', 'localhost:5001/demo:1.4.1'] },
      'failed: local runs 1.4.2 and 1.4.1 of demo, not 1.4.2 alone; wait until 1.4.2 runs there.',
    ],
    [
      'that runs nothing of it',
      { images: [] },
      'failed: local runs nothing of demo, not 1.4.2 alone; wait until 1.4.2 runs there.',
    ],
    [
      'that runs by tag and digest what is promoted by tag',
      { images: [`localhost:5001/demo:1.4.2@sha256:${'a'.repeat(64)}`] },
      'passed: local is Synced and Healthy and runs it.',
    ],
  ])('of a source %s', async (_, status, says) => {
    await expect(
      verdictOf(required, { source: local(runs(status)) }),
    ).resolves.toBe(says);
  });

  it('warns where the policy does not require it', async () => {
    await expect(
      verdictOf(sourceHealthyGate({ required: false }), {
        source: local(runs({ health: 'Degraded' })),
      }),
    ).resolves.toMatch(/^warning: local is Degraded/);
  });

  it('looks for the image as the source renames it', async () => {
    const source = local(
      runs({ images: ['other.test/demo:1.4.2'] }),
      pinning('"1.4.2"').replace('localhost:5001', 'other.test'),
    );
    await expect(verdictOf(required, { source })).resolves.toMatch(/^passed/);
  });

  it('does not know what Argo CD does not say, or said long ago', async () => {
    await expect(verdictOf(required, { source: local() })).resolves.toBe(
      'unknown: Argo CD does not report local.',
    );
    await expect(
      verdictOf(required, {
        sourceFreshness: { stale: true, error: 'Argo CD main does not answer' },
      }),
    ).resolves.toBe(
      'unknown: What runs in local is not known at present: Argo CD main does not answer',
    );
    await expect(
      verdictOf(required, { sourceFreshness: { stale: true } }),
    ).resolves.toBe(
      'unknown: What runs in local is not known at present; Argo CD is silent.',
    );
  });

  it('holds for a version that was named, too', async () => {
    await expect(
      verdictOf(required, {
        changes: [{ ...CHANGE, after: { tag: '2.0.0' } }],
      }),
    ).resolves.toMatch(/^failed: local runs 1.4.2 of demo, not 2.0.0/);
  });

  it('says nothing of a rollback, or where there is no source', async () => {
    await expect(
      verdictOf(required, { rollback: true }),
    ).resolves.toBeUndefined();
    await expect(
      verdictOf(required, { source: undefined }),
    ).resolves.toBeUndefined();
  });

  it('lets a version be quoted, whatever runs', async () => {
    const quoted = { ...CHANGE, before: CHANGE.after };
    await expect(
      verdictOf(required, {
        source: local(runs({ images: ['localhost:5001/demo:1.4.1'] })),
        changes: [quoted],
      }),
    ).resolves.toMatch(/^passed/);
  });
});
