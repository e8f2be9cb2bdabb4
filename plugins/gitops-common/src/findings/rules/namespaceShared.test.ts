import { environmentFacts, shown } from '../../__testUtils__/facts';
import {
  demoSnapshot,
  LOCAL_OVERLAY,
  STAGE_OVERLAY,
} from '../../__testUtils__/tree';
import { namespaceMismatch } from './namespaceMismatch';
import { namespaceShared } from './namespaceShared';

const STAGE_APPLICATION = 'bootstrap/demo-stage-application.yaml';

/** The namespaces of both overlays, as far as they set one, and of stage's Application. */
function tree(options: {
  local?: string;
  stage?: string;
  destination?: string;
  cluster?: string;
}) {
  const {
    local,
    stage,
    destination = 'demo-stage',
    cluster = 'server: https://kubernetes.default.svc',
  } = options;
  const overlay = (namespace?: string) =>
    `resources: [../../base]\n${namespace ? `namespace: ${namespace}\n` : ''}`;
  const snapshot = demoSnapshot();
  const manifest = snapshot.files.get(STAGE_APPLICATION) ?? '';
  return demoSnapshot({
    [LOCAL_OVERLAY]: overlay(local),
    [STAGE_OVERLAY]: overlay(stage),
    [STAGE_APPLICATION]: manifest
      .replace('namespace: demo-stage', `namespace: ${destination}`)
      .replace('server: https://kubernetes.default.svc', cluster),
  });
}

describe('namespace-shared', () => {
  it.each<[what: string, options: Parameters<typeof tree>[0], found: string[]]>(
    [
      ['of their own', { local: 'demo-local', stage: 'demo-stage' }, []],
      ['that only the Applications name', {}, []],
      [
        'that both overlays set',
        { local: 'demo', stage: 'demo' },
        [
          `${STAGE_OVERLAY}:2:12 error stage is deployed into the namespace of local, demo: they overwrite each other.`,
        ],
      ],
      [
        'of local in the overlay of stage',
        { stage: 'demo-local' },
        [
          `${STAGE_OVERLAY}:2:12 error stage is deployed into the namespace of local, demo-local: they overwrite each other.`,
        ],
      ],
      [
        'of local in the Application of stage',
        { destination: 'demo-local' },
        [
          `${STAGE_APPLICATION}:17:16 error stage is deployed into the namespace of local, demo-local: they overwrite each other.`,
        ],
      ],
      [
        'that are the same on another cluster',
        { destination: 'demo-local', cluster: 'name: production' },
        [],
      ],
      [
        'on one cluster by its address and its name',
        { destination: 'demo-local', cluster: 'name: in-cluster' },
        [
          `${STAGE_APPLICATION}:17:16 error stage is deployed into the namespace of local, demo-local: they overwrite each other.`,
        ],
      ],
    ],
  )('judges namespaces %s', (_, options, found) => {
    const snapshot = tree(options);
    const facts = environmentFacts('stage', snapshot);
    expect(namespaceShared.check(facts).map(shown)).toEqual(found);
    // Of two that share one, it is said once.
    expect(namespaceShared.check(environmentFacts('local', snapshot))).toEqual(
      [],
    );
  });

  it('says nothing where the other environments are not known', () => {
    const facts = environmentFacts('stage', tree({ stage: 'demo-local' }));
    expect(namespaceShared.check({ ...facts, others: undefined })).toEqual([]);
  });
});

describe('namespace-mismatch', () => {
  it.each<[what: string, options: Parameters<typeof tree>[0], found: string[]]>(
    [
      ['is the same', { stage: 'demo-stage' }, []],
      ['is left to the Application', {}, []],
      [
        'is another one',
        { stage: 'stage' },
        [
          `${STAGE_OVERLAY}:2:12 warning The overlay deploys into stage, the Application demo-stage into demo-stage.`,
        ],
      ],
    ],
  )('looks whether the namespace %s', (_, options, found) => {
    const facts = environmentFacts('stage', tree(options));
    expect(namespaceMismatch.check(facts).map(shown)).toEqual(found);
  });
});
