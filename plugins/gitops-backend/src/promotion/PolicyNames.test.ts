import { mockServices } from '@backstage/backend-test-utils';
import {
  InfraSnapshot,
  NO_POLICY,
  PromotionPolicy,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Topology } from '../readmodel/Topology';
import { PolicyNames } from './PolicyNames';

const NIGHTS = {
  name: 'Nights',
  timeZone: 'UTC',
  weekly: [],
  dates: [],
  appliesToRollbacks: false,
};

/** A repository whose services have the environments. */
function repositoryWith(...environments: string[]) {
  const manifest = (environment: string) =>
    `{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: ${environment}}, spec: {source: {repoURL: 'https://github.test/demo/infra', path: apps/demo/overlays/${environment}}, destination: {namespace: demo}}}`;
  const snapshot: InfraSnapshot = {
    commit: 'c'.repeat(40),
    files: new Map([
      [
        'bootstrap/kustomization.yaml',
        `resources: [${environments.map(name => `${name}.yaml`).join(', ')}]`,
      ],
      ...environments.map(
        name => [`bootstrap/${name}.yaml`, manifest(name)] as const,
      ),
    ]),
    unread: new Map(),
  };
  return { snapshot, topology: Topology.read(snapshot, new Map()) };
}

const UNREAD = { snapshot: undefined, topology: Topology.EMPTY };

describe('PolicyNames', () => {
  const setup = (
    policy: Partial<PromotionPolicy>,
    repositories: ConstructorParameters<typeof PolicyNames>[0]['repositories'],
  ) => {
    const logger = mockServices.logger.mock();
    const names = new PolicyNames({
      policy: { ...NO_POLICY, ...policy },
      repositories,
      logger,
    });
    return { names, logger };
  };

  it.each<[string, Partial<PromotionPolicy>, string[]]>([
    ['nothing', {}, []],
    [
      'those that are there, in whichever repository',
      { allowedGroups: new Map([['stage', ['group:default/release']]]) },
      [],
    ],
    [
      'a group of those that may promote to what is not there',
      {
        allowedGroups: new Map([
          ['stage', []],
          ['prodd', []],
        ]),
      },
      ['prodd'],
    ],
    [
      'a window of every environment',
      { freezeWindows: [{ ...NIGHTS, environments: undefined }] },
      [],
    ],
    [
      'windows, several times',
      {
        allowedGroups: new Map([['Prod', []]]),
        freezeWindows: [
          { ...NIGHTS, environments: ['prod', 'Prod'] },
          { ...NIGHTS, environments: ['live'] },
        ],
      },
      ['Prod', 'live'],
    ],
  ])('where the policy names %s', (_, policy, unknown) => {
    const { names } = setup(policy, [
      repositoryWith('stage'),
      repositoryWith('local', 'prod'),
    ]);
    expect(names.unknown).toEqual(unknown);
  });

  it('says nothing as long as there is a repository that was not read', () => {
    const policy = { allowedGroups: new Map([['prod', []]]) };
    const { names, logger } = setup(policy, [repositoryWith('stage'), UNREAD]);
    names.warn();
    expect(names.unknown).toEqual([]);
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it('warns of each once', () => {
    const policy = { allowedGroups: new Map([['prodd', []]]) };
    const { names, logger } = setup(policy, [repositoryWith('prod')]);
    names.warn();
    names.warn();
    expect(logger.warn.mock.calls).toEqual([
      [
        'gitops.promotions.policy names the environment prodd, and no service has one of that name: what it says of it restricts nothing',
      ],
    ]);
  });
});
