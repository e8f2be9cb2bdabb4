import {
  codesOf,
  environmentFacts,
  MALFORMED,
  pinning,
  recorded,
  SOUND,
  stageFacts,
} from '../__testUtils__/facts';
import { recordedEvents, recordedStatus } from '../__testUtils__/recordings';
import { demoSnapshot, repository, STAGE_OVERLAY } from '../__testUtils__/tree';
import type { ApplicationStatus } from '../argocd/ApplicationStatus';
import type { EnvironmentFacts } from './EnvironmentFacts';
import { findingsOf } from './findings';

type Case = [
  folder: string,
  what: string,
  text: string,
  codes: string[],
  /** What the manifest in Git says otherwise than this repository's. */
  declared: Partial<EnvironmentFacts['declared']>,
];

const MANUAL = { automated: false };

describe('findingsOf, on recordings of Argo CD', () => {
  it.each<Case>([
    ['a-synced-healthy', 'the steady state', pinning('"1.4.2"'), [], {}],
    [
      'b-out-of-sync',
      'a new tag, and auto-sync switched off',
      SOUND,
      ['warning not-deployed'],
      {},
    ],
    [
      'b-out-of-sync',
      'a new tag, and auto-sync never meant to be on',
      SOUND,
      ['warning not-deployed'],
      MANUAL,
    ],
    [
      'c1-malformed-yaml',
      'the same fault in the tree',
      MALFORMED,
      ['error comparison-error'],
      {},
    ],
    [
      'c1-malformed-yaml',
      'the tree mended since',
      SOUND,
      ['error comparison-error'],
      {},
    ],
    [
      'c2-tag-not-string',
      'an unquoted tag',
      pinning('1.10'),
      ['error tag-not-string'],
      {},
    ],
    [
      'c3-missing-resource',
      'the same fault in the tree',
      `${SOUND}resources: [hpa.yaml]\n`,
      ['error comparison-error'],
      {},
    ],
    [
      'c4-unknown-field',
      'a field that only kustomize refuses',
      SOUND,
      ['error comparison-error'],
      {},
    ],
    [
      'c3-missing-resource',
      'a null tag, which explains nothing',
      pinning('~'),
      ['warning tag-not-string', 'error comparison-error'],
      {},
    ],
    [
      'd-path-missing',
      'a path that is not there',
      SOUND,
      ['error comparison-error'],
      { overlayPath: 'apps/demo/overlays/nope' },
    ],
    [
      'd-path-missing',
      'a path that is not there, and that Git does not say',
      SOUND,
      ['warning comparison-error', 'error overridden-outside-git'],
      {},
    ],
    [
      'e1-image-pull-backoff-progressing',
      'a pod that waits for its image',
      pinning('"9.9.9"'),
      ['error image-pull-failed'],
      {},
    ],
    [
      'e2-image-pull-backoff-degraded',
      'a pod that waited too long',
      pinning('"9.9.9"'),
      ['error image-pull-failed'],
      {},
    ],
    [
      'g-repo-server-down',
      'Argo CD itself in trouble',
      SOUND,
      ['warning upstream-unreachable'],
      {},
    ],
    [
      'g-repo-server-down',
      'both in trouble',
      MALFORMED,
      ['error comparison-error', 'warning upstream-unreachable'],
      {},
    ],
    [
      'g-repo-server-down',
      'an unquoted tag meanwhile',
      pinning('1.10'),
      ['error tag-not-string', 'warning upstream-unreachable'],
      {},
    ],
    [
      'h-sync',
      'before the sync that somebody asks for',
      SOUND,
      ['warning not-deployed'],
      MANUAL,
    ],
    ...['t1', 't2'].map(
      (time): Case => [
        `h-sync/${time}`,
        'old and new pods, Progressing',
        SOUND,
        ['info not-deployed'],
        MANUAL,
      ],
    ),
    ...['t3', 't4', 't5'].map(
      (time): Case => [
        `h-sync/${time}`,
        'old and new pods, and Healthy on the new',
        SOUND,
        [],
        MANUAL,
      ],
    ),
    [
      'h-sync/t5',
      'auto-sync switched off in the cluster, and nothing waits for it',
      SOUND,
      ['warning auto-sync-disabled'],
      {},
    ],
    ['j-history', 'the steady state', pinning('"1.4.3"'), [], {}],
    [
      'k-multi-source',
      'two overlays at once, which were never synced',
      SOUND,
      [],
      MANUAL,
    ],
    [
      'o-image-override',
      'an image set in the cluster, whose pod is only pending',
      SOUND,
      ['error overridden-outside-git'],
      {},
    ],
  ])('%s, %s', (folder, _, text, codes, declared) => {
    expect(codesOf(stageFacts(text, recorded(folder), declared))).toEqual(
      codes,
    );
  });

  it('f-wrong-host, with the local host live in both', () => {
    const facts = environmentFacts(
      'stage',
      demoSnapshot({ [STAGE_OVERLAY]: SOUND }),
      {
        status: recorded('f-wrong-host'),
        others: {
          local: { status: lastOf('g-server-restart', 'demo-local') },
        },
      },
    );
    expect(codesOf(facts)).toEqual(['warning host-shared']);
  });

  it.each(['g-server-restart', 'i-deleting'])(
    '%s, with nothing wrong in the stage that is seen last',
    folder => {
      expect(codesOf(stageFacts(SOUND, lastOf(folder, 'demo-stage')))).toEqual(
        [],
      );
    },
  );

  it('never takes a moment of a promotion for more than a thing on its way', () => {
    const moments = recordedEvents(
      'stream/applications-all-during-promotion.ndjson',
      'demo-stage',
    );
    expect(moments.length).toBeGreaterThan(3);
    const found = moments.flatMap(status =>
      findingsOf(
        stageFacts(
          SOUND,
          { ...status, repoURL: repository.url },
          { automated: status.automated },
        ),
      ),
    );
    expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('needs no Argo CD for what the tree shows', () => {
    expect(codesOf(stageFacts(SOUND))).toEqual([]);
    expect(codesOf(stageFacts(MALFORMED))).toEqual(['error comparison-error']);
    expect(codesOf(stageFacts(pinning('yes')))).toEqual([
      'error tag-not-string',
    ]);
  });
});

describe('findingsOf', () => {
  it('takes rules of others', () => {
    const rule = {
      code: 'no-friday',
      docs: 'https://example.com/no-friday',
      check: () => [
        {
          severity: 'warning' as const,
          what: 'It is Friday.',
          why: 'The week ends.',
          fix: 'Wait.',
        },
      ],
    };
    expect(findingsOf(stageFacts(), [rule])).toEqual([
      {
        code: 'no-friday',
        docs: 'https://example.com/no-friday',
        severity: 'warning',
        what: 'It is Friday.',
        why: 'The week ends.',
        fix: 'Wait.',
      },
    ]);
  });
});

/** An Application as a recorded stream shows it last. */
function lastOf(folder: string, name: string): ApplicationStatus {
  const events = recordedEvents(`${folder}/applications.ndjson`, name);
  const last = events[events.length - 1] ?? recordedStatus(folder);
  return { ...last, repoURL: repository.url };
}
