/** Answers of the backend, for tests: a healthy service with nothing to do, and what can be different about it. */
import type {
  ApplicationRequestResponse,
  Environment,
  EnvironmentsResponse,
  Finding,
  GateResult,
  PinChange,
  Promotion,
  PromotionDetails,
  PromotionPlan,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** The time at which the tests take place. */
export const NOW = '2026-03-02T12:00:00.000Z';

/** A moment before `NOW`. */
export function ago(seconds: number): string {
  return new Date(new Date(NOW).getTime() - seconds * 1000).toISOString();
}

const HEAD = '5be77d0c1f2a3b4c5d6e7f8091a2b3c4d5e6f708';

const REPOSITORY = {
  url: 'https://github.com/demo/gitops-infra',
  slug: 'demo/gitops-infra',
  branch: 'main',
  head: HEAD,
};

/** An environment that runs `version`, Synced and Healthy. */
export function environment(
  name: string,
  version: string,
  different: Partial<Environment> = {},
): Environment {
  const path = `apps/demo/overlays/${name}`;
  return {
    name,
    order: 0,
    application: {
      instance: 'main',
      namespace: 'argocd',
      name: `demo-${name}`,
      url: `https://argocd.example.com/applications/argocd/demo-${name}`,
    },
    overlay: {
      path,
      commit: HEAD,
      url: `https://github.com/demo/gitops-infra/tree/${HEAD}/${path}`,
    },
    namespace: `demo-${name}`,
    hosts: [
      {
        host: `${name}.localtest.me`,
        url: `http://${name}.localtest.me/`,
      },
    ],
    images: [
      {
        name: 'demo',
        image: 'localhost:5001/demo',
        desired: { tag: version },
        location: { path: `${path}/kustomization.yaml`, line: 12, column: 13 },
        live: [{ tag: version }],
      },
    ],
    unpinned: [],
    sync: { status: 'Synced', revision: HEAD },
    health: { status: 'Healthy' },
    operation: {
      phase: 'Succeeded',
      startedAt: ago(730),
      finishedAt: ago(720),
    },
    findings: [],
    freshness: {
      git: { readAt: ago(3), stale: false },
      argocd: { readAt: ago(2), stale: false },
    },
    ...different,
  };
}

/** The pin of `demo` moving from one version to another. */
export function change(before: string, after: string): PinChange {
  return {
    name: 'demo',
    image: 'localhost:5001/demo',
    before: { tag: before },
    after: { tag: after },
    location: {
      path: 'apps/demo/overlays/stage/kustomization.yaml',
      line: 12,
      column: 13,
    },
  };
}

/** `local` and `stage` on the same version, seen by someone who may do everything. */
export function upToDate(
  stage: Partial<Environment> = {},
  different: Partial<EnvironmentsResponse> = {},
): EnvironmentsResponse {
  return {
    service: 'demo',
    repository: REPOSITORY,
    rights: { promote: true, merge: true, sync: true },
    environments: [
      environment('local', '1.4.2'),
      environment('stage', '1.4.2', {
        order: 1,
        promotesFrom: 'local',
        step: { from: 'local', to: 'stage', changes: [], blockedBy: [] },
        ...stage,
      }),
    ],
    ...different,
  };
}

/** `stage` one version behind `local`. */
export function stageBehind(
  stage: Partial<Environment> = {},
  different: Partial<EnvironmentsResponse> = {},
): EnvironmentsResponse {
  return upToDate(
    {
      images: environment('stage', '1.4.1').images,
      step: {
        from: 'local',
        to: 'stage',
        changes: [change('1.4.1', '1.4.2')],
        blockedBy: [],
      },
      ...stage,
    },
    different,
  );
}

/** Argo CD took what was asked of `stage`. */
export function accepted(): ApplicationRequestResponse {
  const { name, application } = environment('stage', '1.4.2');
  return { environment: name, application, acceptedAt: NOW };
}

/** A promotion of `demo` to `stage`, open as pull request 42. */
export function promotion(different: Partial<Promotion> = {}): Promotion {
  return {
    id: 'b9d1',
    service: 'demo',
    from: 'local',
    to: 'stage',
    state: 'open',
    title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
    changes: [change('1.4.1', '1.4.2')],
    branch: 'gitops/promote/demo/stage/0123456789ab',
    baseCommit: HEAD,
    headCommit: '9f00e1c0000000000000000000000000000000aa',
    pullRequest: {
      number: 42,
      url: 'https://github.com/demo/gitops-infra/pull/42',
    },
    requestedBy: 'user:default/guest',
    createdAt: ago(240),
    updatedAt: ago(240),
    ...different,
  };
}

/** The same, looked back on. */
export function details(
  different: Partial<PromotionDetails> = {},
): PromotionDetails {
  return {
    ...promotion(),
    durations: {
      phases: [
        {
          after: 'requested',
          until: 'opened',
          startedAt: ago(240),
          seconds: 5,
        },
        { after: 'opened', startedAt: ago(235) },
      ],
    },
    ...different,
  };
}

/** A finding that stops promotions: the tag of `stage` is a number. */
export const TAG_MISSING: Finding = {
  code: 'tag-missing',
  severity: 'error',
  what: 'The registry does not have localhost:5001/demo:1.4.2.',
  why: 'Its pods could not pull it.',
  fix: 'Push the image.',
};

export const TAG_NOT_STRING: Finding = {
  code: 'tag-not-string',
  severity: 'error',
  what: 'The overlay does not build, so Argo CD keeps the old version.',
  why: 'newTag is the number 1.1; it must be a string.',
  fix: 'Put quotes around it: newTag: "1.10".',
  evidence: 'newTag: 1.10',
  where: {
    path: 'apps/demo/overlays/stage/kustomization.yaml',
    line: 12,
    column: 13,
    url: `https://github.com/demo/gitops-infra/blob/${HEAD}/apps/demo/overlays/stage/kustomization.yaml#L12`,
  },
};

/** `stage` with an overlay that does not build. */
export function stageBroken(): EnvironmentsResponse {
  return stageBehind({
    sync: { status: 'Unknown' },
    operation: undefined,
    findings: [
      {
        ...TAG_NOT_STRING,
        code: 'comparison-error',
        evidence:
          'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = `kustomize build <path to cached source>/apps/demo/overlays/stage` failed exit status 1: Error: json: cannot unmarshal number into Go struct field Image.images.newTag of type string',
      },
    ],
    step: {
      from: 'local',
      to: 'stage',
      changes: [change('1.4.1', '1.4.2')],
      blockedBy: [TAG_NOT_STRING],
    },
  });
}

/** What promoting `local` to `stage` would change. */
export function plan(different: Partial<PromotionPlan> = {}): PromotionPlan {
  const path = 'apps/demo/overlays/stage/kustomization.yaml';
  return {
    service: 'demo',
    from: 'local',
    to: 'stage',
    repository: REPOSITORY,
    changes: [change('1.4.1', '1.4.2')],
    skipped: [],
    files: [
      {
        path,
        diff: `===================================================================
--- a/${path}
+++ b/${path}
@@ -9,5 +9,5 @@
 images:
   - name: demo
     newName: localhost:5001/demo
-    newTag: "1.4.1" # keep quoted
+    newTag: "1.4.2" # keep quoted
 patches:
`,
      },
    ],
    findings: [],
    gates: [],
    title: 'promote(demo): local → stage, 1.4.1 → 1.4.2',
    body: '',
    ...different,
  };
}

/** A gate that stops promotions and can be overridden. */
export function frozen(different: Partial<GateResult> = {}): GateResult {
  return {
    id: 'freeze-windows',
    title: 'No freeze window',
    state: 'failed',
    message: 'stage is frozen: Weekend. Wait until it is over.',
    blocks: true,
    overridable: true,
    ...different,
  };
}
