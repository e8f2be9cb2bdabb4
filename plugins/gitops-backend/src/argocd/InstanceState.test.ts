import { ApplicationStatus } from '@gitops-infra/backstage-plugin-gitops-common';
import { Side } from '../readmodel/Side';
import { InstanceState } from './InstanceState';

const status = (namespace: string, path: string): ApplicationStatus => ({
  instance: 'main',
  namespace,
  name: 'demo',
  path,
  sources: [],
  automated: true,
  imageOverrides: [],
  sync: { status: 'Synced' },
  health: { status: 'Healthy' },
  images: [],
  externalURLs: [],
  conditions: [],
  troubles: [],
});

describe('InstanceState', () => {
  const state = new InstanceState(
    {
      transport: 'kubernetes',
      name: 'main',
      cluster: 'main',
      namespaces: [],
      projects: [],
    },
    new Side(1000),
  );
  state.replaceAll([
    status('argocd', 'apps/demo/overlays/local'),
    status('team', 'apps/demo/overlays/stage'),
  ]);

  it.each([
    ['by namespace', { namespace: 'team', overlayPath: 'x' }, 'team'],
    [
      'by the folder where the declaration has no namespace',
      { overlayPath: 'apps/demo/overlays/stage' },
      'team',
    ],
    ['not at all by the name alone', { overlayPath: 'x' }, undefined],
    [
      'not in another namespace',
      { namespace: 'other', overlayPath: 'apps/demo/overlays/stage' },
      undefined,
    ],
  ])('finds an Application of several of one name %s', (_, where, expected) => {
    expect(state.find({ name: 'demo', ...where })?.namespace).toBe(expected);
  });
});
