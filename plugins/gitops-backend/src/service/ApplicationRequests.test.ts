import { ConflictError, NotAllowedError } from '@backstage/errors';
import { ServiceState } from '../readmodel/Services';
import { ApplicationRequests } from './ApplicationRequests';

const STATUS = { instance: 'main', namespace: 'argocd', name: 'demo-stage' };
const STATE = {
  service: 'demo',
  environments: [{ environment: 'stage' }],
} as unknown as ServiceState;

describe('ApplicationRequests', () => {
  it.each([
    [
      'that Argo CD refuses the account of Backstage',
      new NotAllowedError('Argo CD main refuses the token (401)'),
      'ServiceUnavailableError',
    ],
    [
      'that another operation is under way',
      new ConflictError('Argo CD main does not take it'),
      'ConflictError',
    ],
  ])('tells %s, and not that the person may not', async (_, error, name) => {
    const fail = async () => {
      throw error;
    };
    const requests = new ApplicationRequests({
      readModel: {
        statusOf: () => STATUS,
        isDeployedBy: () => true,
      } as never,
      commands: new Map([
        [
          'main',
          {
            refresh: fail,
            isRefreshing: fail,
            sync: fail,
            close: async () => {},
          },
        ],
      ]),
    });
    const expected = { name, message: error.message };
    await expect(
      requests.refresh(STATE, 'stage', 'normal'),
    ).rejects.toMatchObject(expected);
    await expect(requests.isRefreshing(STATE, 'stage')).rejects.toMatchObject(
      expected,
    );
    await expect(
      requests.sync(STATE, 'stage', 'user:default/ann'),
    ).rejects.toMatchObject(expected);
  });
});
