import type { RepositoryRef } from '../api/types';
import {
  DeclaredEnvironment,
  environmentsByService,
} from '../environments/topology';
import {
  ApplicationDeclaration,
  BOOTSTRAP_FOLDER,
  ManifestCache,
  readApplications,
} from '../tree/applications';
import { InfraSnapshot, whyUnread } from '../tree/InfraSnapshot';
import type { Position } from '../tree/kustomization';
import { KustomizationCache, readWithBases } from '../tree/overlayBases';
import type { EnvironmentFacts } from './EnvironmentFacts';
import type { Finding, FindingSeverity } from './Finding';
import type { FindingRule } from './FindingRule';
import { findingsOf } from './findings';
import { comparisonError } from './rules/comparisonError';
import { fileLocation } from './evidence/location';
import { tagNotString } from './rules/tagNotString';
import { unpinnedImage } from './rules/unpinnedImage';

// The rules that need nothing but the overlay.
const OVERLAY_RULES: FindingRule[] = [
  tagNotString,
  comparisonError,
  unpinnedImage,
];

/** What of an environment the tree does not say. @public */
export type BeyondTree = Pick<
  EnvironmentFacts,
  'status' | 'behind' | 'hosts' | 'registry' | 'buildError'
>;

/** An environment of a tree, as far as the tree alone says it. @public */
export type TreeEnvironment = Pick<
  EnvironmentFacts,
  'declared' | 'overlay' | 'snapshot' | 'bases'
>;

/** A tree, read once. @public */
export interface TreeReading {
  environments: TreeEnvironment[];
  /** Overlays that no Application deploys. */
  unbound: TreeEnvironment[];
  /** What is wrong with `bootstrap/` itself. */
  faults: {
    path: string;
    message: string;
    position?: Position;
    /** Present where it may well be meant to be so. */
    severity?: FindingSeverity;
  }[];
}

/** Reads the environments of every service of a tree, and what else can be wrong in it. @public */
export function readTree(snapshot: InfraSnapshot): TreeReading {
  const manifests: ManifestCache = new Map();
  const kustomizations: KustomizationCache = new Map();
  const read = (declared: DeclaredEnvironment): TreeEnvironment => ({
    declared,
    snapshot,
    ...readWithBases(snapshot, declared.overlayPath, kustomizations),
  });
  const declarations = readApplications(snapshot, manifests);
  const environments = [...environmentsByService(declarations).values()]
    .flat()
    .map(read);
  return {
    environments,
    unbound: unboundOverlays(snapshot, declarations).map(read),
    faults: bootstrapFaults(snapshot, manifests),
  };
}

/**
 * Every finding of a whole tree, each once, by file and line: of its environments, of the overlays that no Application
 * deploys yet, and of `bootstrap/` itself.
 *
 * @param beyond - what else is known of an environment
 * @public
 */
export function treeFindings(
  tree: TreeReading,
  repository: RepositoryRef,
  beyond: (environment: TreeEnvironment) => BeyondTree = () => ({}),
): Finding[] {
  const ofService = new Map<string, (TreeEnvironment & BeyondTree)[]>();
  for (const environment of tree.environments) {
    const { service } = environment.declared;
    const known = { ...environment, ...beyond(environment) };
    const all = ofService.get(service);
    if (all) {
      all.push(known);
    } else {
      ofService.set(service, [known]);
    }
  }
  return inOrder([
    ...[...ofService.values()].flatMap(all =>
      all.flatMap(environment =>
        findingsOf({
          ...environment,
          repository,
          others: all.filter(other => other !== environment),
        }),
      ),
    ),
    ...tree.unbound.flatMap(environment =>
      findingsOf({ ...environment, repository }, OVERLAY_RULES),
    ),
    ...tree.faults.map(
      ({ path, message, position, severity = 'error' }): Finding => ({
        code: comparisonError.code,
        severity,
        what: `${path} cannot be read as it is, so what it declares is no environment.`,
        why: message,
        fix: 'Correct it and push it to the deployed branch.',
        where: fileLocation({ repository }, path, position),
      }),
    ),
  ]);
}

const OVERLAY =
  /^(apps\/([^/]+)\/overlays\/([^/]+))\/(?:kustomization\.ya?ml|Kustomization)$/;

function unboundOverlays(
  snapshot: InfraSnapshot,
  declarations: ApplicationDeclaration[],
): DeclaredEnvironment[] {
  const bound = new Set(declarations.map(({ overlayPath }) => overlayPath));
  const found: DeclaredEnvironment[] = [];
  for (const path of snapshot.files.keys()) {
    const [, overlayPath, service, environment] = OVERLAY.exec(path) ?? [];
    if (overlayPath && !bound.has(overlayPath)) {
      bound.add(overlayPath);
      found.push({
        name: `${service}-${environment}`,
        project: '',
        labels: {},
        service,
        environment,
        overlayPath,
        repoURL: '',
        targetRevision: '',
        location: { path, line: 1 },
        order: found.length,
      });
    }
  }
  return found;
}

// An Application that cannot be read is no environment, which nobody would notice.
function bootstrapFaults(
  snapshot: InfraSnapshot,
  manifests: ManifestCache,
): TreeReading['faults'] {
  const { overlay, bases } = readWithBases(snapshot, BOOTSTRAP_FOLDER);
  return [
    // Without a Kustomization of its own all files of the folder count.
    ...[
      ...(overlay.text === undefined ? [] : [overlay]),
      ...bases.bases,
    ].flatMap(({ path, problem }) => (problem ? [{ path, ...problem }] : [])),
    ...bases.dangling,
    ...[...snapshot.unread.keys()]
      .filter(
        path =>
          path === BOOTSTRAP_FOLDER || path.startsWith(`${BOOTSTRAP_FOLDER}/`),
      )
      .map(path => ({
        path,
        message: whyUnread(snapshot, path) ?? '',
        severity: 'warning' as const,
      })),
    ...[...manifests].flatMap(([path, { problems }]) =>
      problems.map(problem => ({ path, ...problem })),
    ),
  ];
}

function inOrder(findings: Finding[]): Finding[] {
  const byKey = new Map<string, Finding>();
  for (const finding of findings) {
    // What several overlays are built on is wrong once.
    const { code, where, what, why } = finding;
    const key = JSON.stringify([
      code,
      where?.path,
      where?.line,
      where?.column,
      what,
      why,
    ]);
    if (!byKey.has(key)) {
      byKey.set(key, finding);
    }
  }
  return [...byKey.values()].sort(
    ({ where: a }, { where: b }) =>
      compare(a?.path ?? '', b?.path ?? '') ||
      (a?.line ?? 0) - (b?.line ?? 0) ||
      (a?.column ?? 0) - (b?.column ?? 0),
  );
}

function compare(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
