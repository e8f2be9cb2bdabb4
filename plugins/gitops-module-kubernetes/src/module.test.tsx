import { Suspense } from 'react';
import {
  createFrontendPlugin,
  PageBlueprint,
  useApi,
} from '@backstage/frontend-plugin-api';
import { renderInTestApp, renderTestApp } from '@backstage/frontend-test-utils';
import {
  kubernetesApiRef,
  kubernetesAuthProvidersApiRef,
} from '@backstage/plugin-kubernetes-react';
import { screen } from '@testing-library/react';
import { environmentPodsApiRef } from '@gitops-infra/backstage-plugin-gitops';
import gitopsKubernetesModule from './index';
import { EnvironmentPods } from './EnvironmentPods';

const ENTITY = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'demo' },
};

const pod = (name: string, namespace: string) => ({
  metadata: { name, namespace, uid: name, labels: {} },
  spec: { containers: [{ name: 'demo' }] },
  status: { phase: 'Running', containerStatuses: [], conditions: [] },
});

function renderPods(kubernetes?: object) {
  const api = { getClusters: async () => [], ...kubernetes } as never;
  return renderInTestApp(
    <EnvironmentPods entity={ENTITY} namespace="demo-stage" />,
    {
      apis: kubernetes && [
        [kubernetesApiRef, api] as const,
        [kubernetesAuthProvidersApiRef, {} as never] as const,
      ],
    },
  );
}

const answering = (...pods: ReturnType<typeof pod>[]) => ({
  getObjectsByEntity: async () => ({
    items: [
      {
        cluster: { name: 'main' },
        resources: [{ type: 'pods', resources: pods }],
        podMetrics: [],
        errors: [],
      },
    ],
  }),
});

/** A page of the gitops plugin that shows what the module provides. */
function PodsOfModule() {
  const { Pods } = useApi(environmentPodsApiRef);
  return (
    <Suspense>
      <Pods entity={ENTITY} namespace="demo-stage" />
    </Suspense>
  );
}

describe('gitopsKubernetesModule', () => {
  it('has the gitops plugin show pods', async () => {
    const plugin = createFrontendPlugin({
      pluginId: 'gitops',
      extensions: [
        PageBlueprint.make({
          params: { path: '/', loader: async () => <PodsOfModule /> },
        }),
      ],
    });
    renderTestApp({ features: [plugin, gitopsKubernetesModule] });
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The Kubernetes plugin is not installed',
    );
  });
});

describe('EnvironmentPods', () => {
  it('shows the cluster with what is in the namespace, and nothing of other environments', async () => {
    renderPods(answering(pod('a', 'demo-stage'), pod('b', 'demo-local')));
    expect(await screen.findByText('main')).toBeInTheDocument();
    expect(screen.getByText('1 pod')).toBeInTheDocument();
  });

  it('says so where nothing is there', async () => {
    renderPods(answering(pod('b', 'demo-local')));
    expect(
      await screen.findByText('Nothing of it is in the namespace demo-stage'),
    ).toBeInTheDocument();
  });

  it('says what the Kubernetes plugin could not do', async () => {
    renderPods({
      getObjectsByEntity: async () => {
        throw new Error('Request failed with 403');
      },
    });
    expect(
      await screen.findByText(/Request failed with 403/),
    ).toBeInTheDocument();
  });

  it('says what to install where there is no Kubernetes plugin', async () => {
    renderPods();
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'add @backstage/plugin-kubernetes to the app',
    );
  });
});
