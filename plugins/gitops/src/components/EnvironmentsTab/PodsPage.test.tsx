import { screen } from '@testing-library/react';
import { DEMO_ENTITY, fakeGitopsApi } from '../../__testUtils__/renderCard';
import { renderTab } from '../../__testUtils__/renderTab';
import { upToDate } from '../../__testUtils__/responses';
import type { EnvironmentPodsProps } from '../../environmentPodsApiRef';

const WITH_PODS = {
  ...DEMO_ENTITY,
  metadata: {
    ...DEMO_ENTITY.metadata,
    annotations: {
      ...DEMO_ENTITY.metadata.annotations,
      'backstage.io/kubernetes-id': 'demo',
    },
  },
};

const pods = {
  Pods: ({ entity, namespace, cluster }: EnvironmentPodsProps) => (
    <p>{[entity.metadata.name, namespace, cluster].join(' ')}</p>
  ),
};

describe('the pods of an environment', () => {
  afterEach(() => jest.useRealTimers());

  it('are those of its namespace, with a way to all of them', async () => {
    const stage = { namespace: 'demo-stage', cluster: 'production' };
    await renderTab(fakeGitopsApi(upToDate(stage)), {
      address: '/pods/stage',
      entity: WITH_PODS,
      pods,
    });
    expect(
      screen.getByRole('region', {
        name: 'Pods of stage, in the namespace demo-stage',
      }),
    ).toHaveTextContent('demo demo-stage production');
    expect(
      screen.getByRole('link', { name: 'All namespaces' }),
    ).toHaveAttribute('href', '/catalog/default/component/demo/kubernetes');
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it.each<[what: string, options: object, stage: object, says: string]>([
    [
      'there is nothing that shows them',
      { entity: WITH_PODS },
      { namespace: 'demo-stage' },
      'install Backstage’s Kubernetes plugin, and @gitops-infra/backstage-plugin-gitops-module-kubernetes',
    ],
    [
      'the entity does not say which are its own',
      { pods },
      { namespace: 'demo-stage' },
      'Give the entity the annotation backstage.io/kubernetes-id',
    ],
    [
      'the environment has no namespace',
      { pods, entity: WITH_PODS },
      { namespace: undefined },
      'The Application of stage names no namespace',
    ],
    [
      'there is no such environment',
      { pods, entity: WITH_PODS, address: '/pods/prod' },
      {},
      'The service demo has no environment prod.',
    ],
  ])(
    'are not shown, and the page says why, where %s',
    async (_, options, stage, says) => {
      await renderTab(fakeGitopsApi(upToDate(stage)), {
        address: '/pods/stage',
        ...options,
      });
      expect(screen.getByRole('alert')).toHaveTextContent(says);
    },
  );
});
