import { recorded } from '../__testUtils__/facts';
import type { PromotionState } from '../api/types';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import { failureOf } from './failure';

const IMAGE = 'localhost:5001/demo';
const OLD = 'b'.repeat(40);
const MERGE = 'c'.repeat(40);

const finding = (code: string) => ({
  code,
  severity: 'error' as const,
  what: code,
  why: '',
  fix: '',
});

const promotionIn = (state: PromotionState) => ({
  state,
  changes: [
    {
      name: 'demo',
      image: IMAGE,
      before: { tag: '1.4.1' },
      after: { tag: '1.4.2' },
      location: { path: '' },
    },
  ],
});

const pod = (tag: string) => ({
  kind: 'Pod',
  name: 'demo-1',
  reason: 'CrashLoopBackOff',
  images: [`${IMAGE}:${tag}`],
});

const synced = { status: 'Synced', revision: MERGE } as const;
const outOfSync = { status: 'OutOfSync', revision: MERGE } as const;
const before = { status: 'Synced', revision: OLD } as const;

describe('failureOf', () => {
  const failure = (
    codes: string[],
    status: Partial<ApplicationStatus> | undefined,
    state: PromotionState = 'merged',
  ) =>
    failureOf(
      promotionIn(state),
      codes.map(finding),
      status && recorded('a-synced-healthy', status),
      revision => revision === MERGE,
    )?.code;

  it.each<
    [
      what: string,
      code: string,
      status: Partial<ApplicationStatus> | undefined,
      isOne: boolean,
    ]
  >([
    ['once the merge is applied', 'degraded', { sync: synced }, true],
    ['that was so before', 'degraded', { sync: before }, false],
    [
      'before health was judged again',
      'degraded',
      { sync: synced, reconciledAt: '2026-11-23T23:31:02Z' },
      false,
    ],
    [
      'of a pod of the new version, while it is being synced',
      'degraded',
      {
        sync: outOfSync,
        operation: { phase: 'Running' },
        troubles: [pod('1.4.2')],
      },
      true,
    ],
    [
      'of a pod of another version, while it is being synced',
      'image-pull-failed',
      {
        sync: outOfSync,
        operation: { phase: 'Running' },
        troubles: [pod('9.9.9')],
      },
      false,
    ],
    ['of nobody knows what', 'image-pull-failed', undefined, false],
    ['that waits for a sync', 'not-deployed', { sync: outOfSync }, true],
    ['that waits for a look', 'not-deployed', { sync: before }, false],
    [
      'as the sync failed',
      'not-deployed',
      { sync: outOfSync, operation: { phase: 'Failed', revision: MERGE } },
      true,
    ],
    [
      'as a sync failed before the merge',
      'not-deployed',
      { sync: outOfSync, operation: { phase: 'Error', revision: OLD } },
      false,
    ],
    ['of the tree', 'comparison-error', undefined, true],
    ['of the registry', 'tag-missing', { sync: before }, true],
    ['that hinders nothing', 'host-shared', { sync: synced }, false],
  ])('%s: %s', (_, code, status, isOne) => {
    expect(failure([code], status)).toBe(isOne ? code : undefined);
  });

  it('passes over what is from before for what is not', () => {
    expect(failure(['degraded', 'tag-missing'], { sync: before })).toBe(
      'tag-missing',
    );
    expect(
      failure(['degraded', 'not-deployed', 'image-pull-failed'], {
        sync: synced,
      }),
    ).toBe('image-pull-failed');
  });

  it('is none of a promotion that is not merged', () => {
    expect(failure(['degraded'], { sync: synced }, 'open')).toBe(undefined);
  });
});
