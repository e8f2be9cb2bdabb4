import fc from 'fast-check';
import { declarationOf } from '../__testUtils__/tree';
import type { ApplicationDeclaration } from '../tree/applications';
import { environmentsByService, environmentsOfService } from './topology';

/** `local > stage` reads: stage, promoted from local. */
function flowOf(declarations: ApplicationDeclaration[], service = 'demo') {
  return environmentsOfService(declarations, service).map(
    ({ environment, sourceEnvironment }) =>
      sourceEnvironment ? `${sourceEnvironment} > ${environment}` : environment,
  );
}

const from = (environment: string, source: string) =>
  declarationOf(environment, { promotesFrom: `demo-${source}` });

describe('environmentsOfService', () => {
  it.each<[what: string, declared: ApplicationDeclaration[], flow: string[]]>([
    ['nothing', [], []],
    ['one', [declarationOf('local')], ['local']],
    [
      'those without an annotation: in the order of bootstrap',
      [declarationOf('local'), declarationOf('stage'), declarationOf('prod')],
      ['local', 'local > stage', 'stage > prod'],
    ],
    [
      'annotated ones: in the order of promotion, whatever bootstrap says',
      [from('prod', 'stage'), from('stage', 'local'), declarationOf('local')],
      ['local', 'local > stage', 'stage > prod'],
    ],
    [
      'two that are promoted from one',
      [declarationOf('local'), from('eu', 'local'), from('us', 'local')],
      ['local', 'local > eu', 'local > us'],
    ],
    [
      'an annotation that names no Application',
      [declarationOf('local'), from('stage', 'nope')],
      ['local', 'stage'],
    ],
    [
      'an annotation that names an Application of another service',
      [
        declarationOf('local'),
        declarationOf('stage', { promotesFrom: 'web-local' }),
        declarationOf('local', { service: 'web' }),
      ],
      ['local', 'stage'],
    ],
    [
      'an annotation that names itself',
      [declarationOf('local'), from('stage', 'stage')],
      ['local', 'stage'],
    ],
    [
      'a circle of two',
      [from('local', 'stage'), from('stage', 'local')],
      ['stage', 'stage > local'],
    ],
    [
      'a circle of three',
      [from('a', 'b'), from('b', 'c'), from('c', 'a')],
      ['c', 'c > b', 'b > a'],
    ],
    [
      'two Applications of one overlay: the first',
      [declarationOf('local'), declarationOf('local', { name: 'demo-twin' })],
      ['local'],
    ],
    [
      'Applications of one name in two namespaces',
      [
        declarationOf('local', { name: 'demo', namespace: 'dev' }),
        declarationOf('stage', { name: 'demo', namespace: 'ops' }),
      ],
      ['local', 'local > stage'],
    ],
    [
      'names that JavaScript objects have',
      [declarationOf('constructor'), from('toString', 'constructor')],
      ['constructor', 'constructor > toString'],
    ],
  ])('orders %s', (_, declared, flow) => {
    expect(flowOf(declared)).toEqual(flow);
  });

  it('says of which overlays of the same name there is no environment', () => {
    const of = (region: string, service = 'demo') =>
      declarationOf('stage', {
        service,
        name: `${service}-stage-${region}`,
        overlayPath: `apps/${service}/overlays/${region}/stage`,
      });
    const [eu, us] = [of('eu'), of('us')];
    const declared = [eu, of('us', 'web'), us, declarationOf('prod')];
    expect(environmentsOfService(declared, 'demo')).toEqual([
      { ...eu, order: 0, sourceEnvironment: undefined, namesakes: [us] },
      { ...declarationOf('prod'), order: 1, sourceEnvironment: 'stage' },
    ]);
  });

  it('keeps services apart', () => {
    const declared = [
      declarationOf('local'),
      declarationOf('local', { service: 'web' }),
      declarationOf('stage'),
      declarationOf('stage', { service: 'web' }),
    ];
    expect(flowOf(declared)).toEqual(['local', 'local > stage']);
    expect(flowOf(declared, 'web')).toEqual(['local', 'local > stage']);
    expect(flowOf(declared, 'other')).toEqual([]);
  });

  const declarations = fc
    .uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 1 })
    .chain(environments =>
      fc.tuple(
        ...environments.map(environment =>
          fc
            .option(fc.constantFrom(...environments, 'unknown'), {
              nil: undefined,
            })
            .map(source =>
              declarationOf(environment, {
                promotesFrom: source && `demo-${source}`,
              }),
            ),
        ),
      ),
    );

  it('has every environment once, each after its source, counted from 0', () => {
    fc.assert(
      fc.property(declarations, declared => {
        const environments = environmentsOfService(declared, 'demo');
        const names = environments.map(({ environment }) => environment);

        expect([...names].sort()).toEqual(
          declared.map(({ environment }) => environment).sort(),
        );
        environments.forEach(({ order, sourceEnvironment }, index) => {
          expect(order).toBe(index);
          expect([undefined, ...names.slice(0, index)]).toContain(
            sourceEnvironment,
          );
        });
      }),
    );
  });

  it('follows every annotation that closes no circle', () => {
    const chain = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 });
    fc.assert(
      fc.property(chain, order => {
        const declared = order.map(at =>
          at === 0
            ? declarationOf('e0', { promotesFrom: 'none' })
            : from(`e${at}`, `e${at - 1}`),
        );
        expect(flowOf(declared)).toEqual([
          'e0',
          ...[1, 2, 3, 4, 5].map(at => `e${at - 1} > e${at}`),
        ]);
      }),
    );
  });
});

describe('environmentsByService', () => {
  it('has for each service what environmentsOfService has', () => {
    const declared = [
      declarationOf('local'),
      declarationOf('local', { service: 'web' }),
      from('stage', 'local'),
    ];
    const byService = environmentsByService(declared);
    expect([...byService.keys()]).toEqual(['demo', 'web']);
    for (const [service, environments] of byService) {
      expect(environments).toEqual(environmentsOfService(declared, service));
    }
  });
});
