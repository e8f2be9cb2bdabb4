import type { ObjectsByEntityResponse } from '@backstage/plugin-kubernetes-common';
import { inNamespace } from './inNamespace';

const named = (name: string, namespace?: string) => ({
  metadata: { name, namespace },
});

const cluster = (
  name: string,
  pods: ReturnType<typeof named>[],
  errors: object[] = [],
) => ({
  cluster: { name },
  resources: [
    { type: 'pods', resources: pods },
    { type: 'services', resources: [named('web', 'stage')] },
  ],
  podMetrics: pods.map(pod => ({ pod })),
  errors,
});

function found(
  items: ReturnType<typeof cluster>[],
  options: Parameters<typeof inNamespace>[1],
) {
  const response = { items } as unknown as ObjectsByEntityResponse;
  return inNamespace(response, options).items.map(item => ({
    cluster: item.cluster.name,
    resources: item.resources.map(({ type, resources }) => [
      type,
      ...resources.map(resource => (resource as any).metadata.name),
    ]),
    metrics: item.podMetrics.map(({ pod }) => pod.metadata?.name),
  }));
}

describe('inNamespace', () => {
  const pods = [named('a', 'stage'), named('b', 'local'), named('c')];

  it('leaves what is in the namespace', () => {
    expect(found([cluster('one', pods)], { namespace: 'stage' })).toEqual([
      {
        cluster: 'one',
        resources: [
          ['pods', 'a'],
          ['services', 'web'],
        ],
        metrics: ['a'],
      },
    ]);
  });

  it('leaves out a cluster that has nothing there, unless it could not be asked', () => {
    const items = [cluster('one', pods), cluster('broken', [], [{}])];
    expect(found(items, { namespace: 'other' })).toEqual([
      {
        cluster: 'broken',
        resources: [['pods'], ['services']],
        metrics: [],
      },
    ]);
  });

  it.each([
    ['the cluster of the name', 'two', ['two']],
    ['all, where none is called so', 'in-cluster', ['one', 'two']],
    [
      'all, where the environment has no name for it',
      undefined,
      ['one', 'two'],
    ],
  ])('shows %s', (_, name, clusters) => {
    const items = [cluster('one', pods), cluster('two', pods)];
    expect(
      found(items, { namespace: 'stage', cluster: name }).map(
        item => item.cluster,
      ),
    ).toEqual(clusters);
  });
});
