import { recordedBody } from '../__testUtils__/recordings';
import { busyWith, syncOperation, syncPolicyOf } from './syncOperation';

const application = (spec: object, other: object = {}) => ({ spec, ...other });

describe('syncPolicyOf', () => {
  it.each<[what: string, application: unknown, policy: object]>([
    ['nothing that is not said', application({}), {}],
    [
      'what the recorded Application says',
      recordedBody('a-synced-healthy/application.json'),
      { prune: true, syncOptions: ['CreateNamespace=true'] },
    ],
    [
      'no pruning where auto-sync does not prune',
      application({ syncPolicy: { automated: { selfHeal: true } } }),
      {},
    ],
    [
      'no pruning where there is no auto-sync',
      application({ syncPolicy: { automated: null } }),
      {},
    ],
    [
      'the retries',
      application({ syncPolicy: { retry: { limit: 3 } } }),
      { retry: { limit: 3 } },
    ],
    ['nothing of what is no Application', 'text', {}],
  ])('takes %s', (_, value, policy) => {
    expect(syncPolicyOf(value)).toEqual({
      prune: false,
      syncOptions: [],
      retry: undefined,
      ...policy,
    });
  });
});

describe('syncOperation', () => {
  it('is as the recorded one of the API, but for what Argo CD adds: the revision that it resolves, and the source', () => {
    const recorded = recordedBody<{ operation: { sync: object } }>(
      'h-sync/sync-accepted.json',
    );
    const { syncOptions } = recorded.operation.sync as {
      syncOptions: string[];
    };
    expect(syncOperation(recorded, 'user:default/guest')).toEqual({
      initiatedBy: { username: 'user:default/guest' },
      sync: { syncOptions },
    });
  });

  it('prunes and tries again where the Application would', () => {
    const spec = {
      syncPolicy: { automated: { prune: true }, retry: { limit: 2 } },
    };
    expect(syncOperation(application(spec), 'somebody')).toEqual({
      initiatedBy: { username: 'somebody' },
      sync: { prune: true },
      retry: { limit: 2 },
    });
  });

  it('takes no image, revision or resource from anywhere', () => {
    const overridden = recordedBody('o-image-override/application.json');
    const { sync } = syncOperation(overridden, 'somebody') as { sync: object };
    expect(Object.keys(sync).sort()).toEqual(['prune', 'syncOptions']);
  });
});

describe('busyWith', () => {
  it.each<[what: string, other: object, says: string | undefined]>([
    ['nothing', {}, undefined],
    [
      'a sync that has ended',
      { status: { operationState: { phase: 'Succeeded' } } },
      undefined,
    ],
    [
      'an operation that was asked for',
      { operation: { sync: {} } },
      'has another operation in progress',
    ],
    [
      'one that runs',
      { status: { operationState: { phase: 'Running' } } },
      'has another operation in progress',
    ],
    [
      'one that is being stopped',
      { status: { operationState: { phase: 'Terminating' } } },
      'has another operation in progress',
    ],
    [
      'its own end',
      { metadata: { deletionTimestamp: '2026-11-24T00:00:00Z' } },
      'is being deleted',
    ],
  ])('knows %s', (_, other, says) => {
    expect(busyWith(application({}, other))).toBe(says);
  });
});
