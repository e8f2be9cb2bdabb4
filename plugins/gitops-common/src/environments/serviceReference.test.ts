import fc from 'fast-check';
import { declarationOf } from '../__testUtils__/tree';
import { refersTo, serviceReference } from './serviceReference';

describe('serviceReference', () => {
  it.each([
    ['no annotations', undefined, undefined],
    ['none of ours', { 'backstage.io/kubernetes-id': 'demo' }, undefined],
    ['an empty one', { 'gitops-infra.dev/service': ' ' }, undefined],
    [
      'a namespace alone, which means nothing',
      { 'argocd/app-namespace': 'argocd' },
      undefined,
    ],
    [
      'the service',
      { 'gitops-infra.dev/service': ' demo ' },
      {
        annotation: 'gitops-infra.dev/service',
        value: 'demo',
        service: 'demo',
      },
    ],
    [
      'the service before what other plugins read',
      { 'argocd/app-name': 'other', 'gitops-infra.dev/service': 'demo' },
      {
        annotation: 'gitops-infra.dev/service',
        value: 'demo',
        service: 'demo',
      },
    ],
    [
      'Applications by name, in a namespace',
      { 'argocd/app-name': 'demo-stage', 'argocd/app-namespace': 'team' },
      {
        annotation: 'argocd/app-name',
        value: 'demo-stage',
        applicationNamespace: 'team',
      },
    ],
    [
      'Applications by label before those of a project',
      { 'argocd/project-name': 'web', 'argocd/app-selector': 'app=demo' },
      { annotation: 'argocd/app-selector', value: 'app=demo' },
    ],
    [
      'Applications of a project',
      { 'argocd/project-name': 'web' },
      { annotation: 'argocd/project-name', value: 'web' },
    ],
    [
      'the service, in an instance',
      { 'gitops-infra.dev/service': 'demo', 'argocd/instance-name': ' eu ' },
      {
        annotation: 'gitops-infra.dev/service',
        value: 'demo',
        service: 'demo',
        instance: 'eu',
      },
    ],
    [
      'Applications by label, in an instance and a namespace',
      {
        'argocd/app-selector': 'app=demo',
        'argocd/app-namespace': 'team',
        'argocd/instance-name': 'eu',
      },
      {
        annotation: 'argocd/app-selector',
        value: 'app=demo',
        applicationNamespace: 'team',
        instance: 'eu',
      },
    ],
    [
      'an instance alone, which means nothing',
      { 'argocd/instance-name': 'eu' },
      undefined,
    ],
  ])('%s', (_, annotations, expected) => {
    expect(serviceReference(annotations)).toEqual(expected);
  });
});

describe('refersTo', () => {
  const application = declarationOf('stage', {
    namespace: 'argocd',
    project: 'web',
    labels: { app: 'demo', tier: 'front' },
  });

  it.each<[Record<string, string>, boolean]>([
    [{ 'gitops-infra.dev/service': 'demo' }, true],
    [{ 'gitops-infra.dev/service': 'demo-stage' }, false],
    [{ 'argocd/app-name': 'demo-stage' }, true],
    [{ 'argocd/app-name': 'demo-local, demo-stage' }, true],
    [{ 'argocd/app-name': 'demo' }, false],
    [
      { 'argocd/app-name': 'demo-stage', 'argocd/app-namespace': 'argocd' },
      true,
    ],
    [
      { 'argocd/app-name': 'demo-stage', 'argocd/app-namespace': 'team' },
      false,
    ],
    [{ 'argocd/project-name': 'web' }, true],
    [{ 'argocd/project-name': 'default' }, false],
    [{ 'argocd/app-selector': 'app=demo' }, true],
    [{ 'argocd/app-selector': 'app == demo, tier=front' }, true],
    [{ 'argocd/app-selector': 'app=demo,tier=back' }, false],
    [{ 'argocd/app-selector': 'tier!=back' }, true],
    [{ 'argocd/app-selector': 'tier!=front' }, false],
    [{ 'argocd/app-selector': 'tier' }, true],
    [{ 'argocd/app-selector': 'constructor' }, false],
    [{ 'argocd/app-selector': '!tier' }, false],
    [{ 'argocd/app-selector': '!missing' }, true],
    [{ 'argocd/app-selector': 'tier in (front, back),app=demo' }, true],
    [{ 'argocd/app-selector': 'tier in (back)' }, false],
    [{ 'argocd/app-selector': 'tier notin (back)' }, true],
    [{ 'argocd/app-selector': 'missing notin (back)' }, true],
    [{ 'argocd/app-selector': 'missing in ()' }, false],
    // What cannot be read selects nothing.
    [{ 'argocd/app-selector': 'app=demo,' }, false],
    [{ 'argocd/app-selector': 'tier in front' }, false],
    [{ 'argocd/app-selector': '=demo' }, false],
  ])('%j: %s', (annotations, expected) => {
    expect(refersTo(serviceReference(annotations)!, application)).toBe(
      expected,
    );
  });

  it('takes an Application that leaves its namespace open as of any', () => {
    const open = declarationOf('stage');
    const reference = serviceReference({
      'argocd/app-name': 'demo-stage',
      'argocd/app-namespace': 'team',
    })!;
    expect(refersTo(reference, open)).toBe(true);
  });

  it('answers for any selector, and never selects more than with a further term', () => {
    const selects = (selector: string) =>
      refersTo(
        { annotation: 'argocd/app-selector', value: selector },
        application,
      );
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const both = selects(`${one},${other}`);
        expect(both && !/[()]/.test(one + other) && !selects(one)).toBe(false);
      }),
    );
  });
});
