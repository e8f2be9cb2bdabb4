import { recorded, stageFacts } from '../../__testUtils__/facts';
import { overlayPinning, STAGE_OVERLAY } from '../../__testUtils__/tree';
import type { RegistryAnswer } from '../EnvironmentFacts';
import { imagePullFailed } from './imagePullFailed';

const { check } = imagePullFailed;

describe('image-pull-failed', () => {
  const text = overlayPinning(
    { name: 'x', newName: 'localhost:5001/de', newTag: '"1"' },
    { name: 'demo', newName: 'localhost:5001/demo', newTag: '"9.9.9"' },
  );
  const PIN_LINE = 8;

  it('names the image, the pod, the message and the pin', () => {
    expect(
      check(stageFacts(text, recorded('e2-image-pull-backoff-degraded'))),
    ).toEqual([
      {
        severity: 'error',
        what: 'localhost:5001/demo:9.9.9 cannot be pulled, so the new version does not start.',
        why: 'Pod demo-6d4f96b474-mljgm is in ImagePullBackOff.',
        fix: 'Push the image to the registry, or change the tag to one that is there.',
        evidence: 'Back-off pulling image "localhost:5001/demo:9.9.9"',
        where: expect.objectContaining({ path: STAGE_OVERLAY, line: PIN_LINE }),
      },
    ]);
  });

  const trouble = {
    kind: 'Pod',
    name: 'demo-1',
    reason: 'ImagePullBackOff',
    images: ['localhost:5001/demo:9.9.9'],
  };

  it.each<[reason: string, found: boolean]>([
    ['ImagePullBackOff', true],
    ['ErrImagePull', true],
    ['InvalidImageName', true],
    ['ErrImageNeverPull', true],
    ['Init:ImagePullBackOff', true],
    ['Init:ErrImagePull', true],
    ['CrashLoopBackOff', false],
    ['Pending', false],
    ['ContainerCreating', false],
    ['Init:0/1', false],
  ])('is raised for a pod in %s: %s', (reason, found) => {
    const status = recorded('e1-image-pull-backoff-progressing', {
      troubles: [{ ...trouble, reason }],
    });
    expect(check(stageFacts(text, status))).toHaveLength(found ? 1 : 0);
  });

  it('does not accuse the images of the other containers', () => {
    const status = recorded('e1-image-pull-backoff-progressing', {
      troubles: [
        {
          ...trouble,
          message: 'Back-off pulling image "localhost:5001/demo:9.9.9"',
          images: ['localhost:5001/de:1', 'localhost:5001/demo:9.9.9'],
        },
      ],
    });
    expect(check(stageFacts(text, status))[0]).toMatchObject({
      what: expect.stringMatching(/^localhost:5001\/demo:9\.9\.9 cannot/),
      where: { line: PIN_LINE },
    });
  });

  it('accuses no image of several where no message names it', () => {
    const images = ['init:1', 'localhost:5001/demo:9.9.9'];
    const status = recorded('e1-image-pull-backoff-progressing', {
      troubles: [{ ...trouble, reason: 'Init:ImagePullBackOff', images }],
    });
    // What the registry lacks is perhaps another one's fault.
    const registry = new Map<string, RegistryAnswer>([
      ['localhost:5001/demo:9.9.9', { state: 'missing' }],
    ]);
    expect(check({ ...stageFacts(text, status), registry })).toEqual([
      {
        severity: 'error',
        what: 'An image of the pod demo-1 (one of init:1, localhost:5001/demo:9.9.9) cannot be pulled, so the pod does not start.',
        why: 'Pod demo-1 is in Init:ImagePullBackOff; which image it is is not known.',
        fix: expect.stringContaining(
          'kubectl -n demo-stage describe pod demo-1',
        ),
        where: expect.not.objectContaining({ line: expect.anything() }),
      },
    ]);
  });

  it('is one finding where one pod says which image it is, and another does not', () => {
    const images = ['init:1', 'localhost:5001/demo:9.9.9'];
    const message = 'Back-off pulling image "localhost:5001/demo:9.9.9"';
    const status = recorded('e1-image-pull-backoff-progressing', {
      troubles: [
        { ...trouble, name: 'demo-0', images },
        { ...trouble, images, message },
      ],
    });
    expect(check(stageFacts(text, status))).toMatchObject([
      { what: expect.stringMatching(/^localhost:5001\/demo:9\.9\.9 cannot/) },
    ]);
  });

  it('is one finding for all pods of a rollout', () => {
    const status = recorded('e1-image-pull-backoff-progressing', {
      troubles: [trouble, { ...trouble, name: 'demo-2' }],
    });
    expect(check(stageFacts(text, status))).toHaveLength(1);
  });

  it.each<[answer: RegistryAnswer, why: RegExp, fix: RegExp]>([
    [{ state: 'missing' }, /does not have the image\.$/, /^Push the image/],
    [
      { state: 'exists' },
      /; the registry has the image\.$/,
      /imagePullSecrets/,
    ],
    [{ state: 'unknown', reason: 'timeout' }, /BackOff\.$/, /^Push the image/],
  ])('uses what the registry says: %j', (answer, why, fix) => {
    const status = recorded('e2-image-pull-backoff-degraded');
    const registry = new Map([['localhost:5001/demo:9.9.9', answer]]);
    expect(check({ ...stageFacts(text, status), registry })).toMatchObject([
      {
        why: expect.stringMatching(why),
        fix: expect.stringMatching(fix),
      },
    ]);
  });

  it('names no line for an image that no pin has', () => {
    const status = recorded('e1-image-pull-backoff-progressing', {
      troubles: [{ ...trouble, images: ['redis:99'] }],
    });
    expect(check(stageFacts(text, status))[0].where).not.toHaveProperty('line');
  });
});
