import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { EntityServices } from './EntityServices';
import { ReadAccess } from './ReadAccess';

const DEMO = { kind: 'component', namespace: 'default', name: 'demo' };
const GUEST = mockCredentials.user('user:default/guest');

describe('ReadAccess', () => {
  let now: number;
  let denied: string[];
  let access: ReadAccess;
  const authorize = jest.fn();

  beforeEach(() => {
    now = 0;
    denied = [];
    authorize.mockReset();
    authorize.mockImplementation(
      async (requests: { permission: { name: string } }[]) =>
        requests.map(({ permission }) => ({
          result: denied.includes(permission.name)
            ? AuthorizeResult.DENY
            : AuthorizeResult.ALLOW,
        })),
    );
    access = new ReadAccess(
      new EntityServices({
        auth: mockServices.auth(),
        now: () => now,
        catalog: catalogServiceMock({
          entities: [
            {
              apiVersion: 'backstage.io/v1alpha1',
              kind: 'Component',
              metadata: {
                name: 'demo',
                namespace: 'default',
                annotations: { 'gitops-infra.dev/service': 'demo' },
              },
            },
          ],
        }),
        permissions: mockServices.permissions.mock({ authorize }),
      }),
      () => now,
    );
  });

  const seen = (token = 'token', name = DEMO) =>
    access.seenBy(token, name, GUEST);

  it('says what the caller may see and do', async () => {
    denied = ['gitops.promotion.create'];
    await expect(seen()).resolves.toMatchObject({
      reference: { service: 'demo' },
      rights: { promote: false, merge: true },
    });
  });

  it('asks once for all who ask with one token within half a minute', async () => {
    await Promise.all([seen(), seen(), seen()]);
    now = 29_999;
    await seen();
    const calls = authorize.mock.calls.length;
    now = 30_000;
    await seen();
    expect(authorize.mock.calls.length).toBe(2 * calls);
  });

  it('ends a right that was taken away after half a minute', async () => {
    await seen();
    denied = ['gitops.environment.read'];
    now = 30_000;
    await expect(seen()).rejects.toThrow('gitops.environment.read');
  });

  it('does not let one caller see by the right of another', async () => {
    await seen('of somebody who may');
    denied = ['gitops.environment.read'];
    await expect(seen('of somebody who may not')).rejects.toThrow(
      'gitops.environment.read',
    );
  });

  it('does not remember a refusal', async () => {
    denied = ['gitops.environment.read'];
    await expect(seen()).rejects.toThrow();
    denied = [];
    await expect(seen()).resolves.toBeDefined();
    await expect(seen('token', { ...DEMO, name: 'other' })).rejects.toThrow(
      'There is no entity component:default/other',
    );
  });

  it('takes one entity for the same however its name is written', async () => {
    await seen();
    const calls = authorize.mock.calls.length;
    await seen('token', { ...DEMO, kind: 'Component' });
    expect(authorize.mock.calls.length).toBe(calls);
  });

  it('remembers nothing for longer than the token is valid', async () => {
    const expiresAt = new Date(Date.now() + 1_000);
    await access.seenBy('token', DEMO, { ...GUEST, expiresAt });
    expect(access.remembered('token', DEMO)).toBeDefined();
    now = 1_001;
    expect(access.remembered('token', DEMO)).toBeUndefined();
  });

  it('remembers nothing without a token', async () => {
    await access.seenBy(undefined, DEMO, GUEST);
    expect(access.remembered(undefined, DEMO)).toBeUndefined();
    expect(access.remembered('', DEMO)).toBeUndefined();
  });

  it('hides an entity that the caller may not see in the catalog', async () => {
    denied = ['catalog.entity.read'];
    await expect(seen()).rejects.toThrow(
      'There is no entity component:default/demo',
    );
  });
});
