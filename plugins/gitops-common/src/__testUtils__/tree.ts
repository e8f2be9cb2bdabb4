import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RepositoryRef } from '../api/types';
import {
  DeclaredEnvironment,
  environmentsOfService,
} from '../environments/topology';
import { ApplicationDeclaration, readApplications } from '../tree/applications';
import type { InfraSnapshot } from '../tree/InfraSnapshot';

const REPOSITORY_ROOT = join(__dirname, '..', '..', '..', '..');

export const COMMIT = 'b47510905e9c5ee25e6f6de96f149e152c7327a4';

export const repository: RepositoryRef = {
  url: 'https://github.com/demo/gitops-infra',
  slug: 'demo/gitops-infra',
  branch: 'main',
  head: COMMIT,
};

export const LOCAL_OVERLAY = 'apps/demo/overlays/local/kustomization.yaml';
export const STAGE_OVERLAY = 'apps/demo/overlays/stage/kustomization.yaml';

/** A snapshot of the given files, and of what is not read. */
export function snapshotOf(
  files: Record<string, string>,
  unread: Record<string, string> = {},
): InfraSnapshot {
  return {
    commit: COMMIT,
    files: new Map(Object.entries(files)),
    unread: new Map(Object.entries(unread)),
  };
}

/** The files under a folder of this repository, by path from its root. */
export function ownFiles(...folders: string[]): Record<string, string> {
  const paths = folders.flatMap(folder =>
    readdirSync(join(REPOSITORY_ROOT, folder), {
      recursive: true,
      withFileTypes: true,
    })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name)),
  );
  return Object.fromEntries(
    paths.map(path => [
      relative(REPOSITORY_ROOT, path),
      readFileSync(path, 'utf8'),
    ]),
  );
}

/** The tree of this repository, with some of its files replaced. */
export function demoSnapshot(
  changed: Record<string, string> = {},
): InfraSnapshot {
  return snapshotOf({ ...ownFiles('bootstrap', 'apps'), ...changed });
}

/** An overlay that pins what is given, one line for each field of an entry. */
export function overlayPinning(
  ...pins: Record<string, string | undefined>[]
): string {
  const entries = pins.map(pin => {
    const fields = Object.entries(pin).filter(([, value]) => value);
    return fields
      .map(([key, value], index) => `${index ? '   ' : '  -'} ${key}: ${value}`)
      .join('\n');
  });
  return ['kind: Kustomization', 'images:', ...entries, ''].join('\n');
}

/** The environments that a snapshot declares for the demo service, by name. */
export function demoEnvironments(
  snapshot: InfraSnapshot = demoSnapshot(),
): Record<string, DeclaredEnvironment> {
  return Object.fromEntries(
    environmentsOfService(readApplications(snapshot), 'demo').map(declared => [
      declared.environment,
      declared,
    ]),
  );
}

/** An Application manifest. */
export function applicationManifest(options: {
  name: string;
  path: string;
  promotesFrom?: string;
}): string {
  const { name, path, promotesFrom } = options;
  return JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name,
      ...(promotesFrom && {
        annotations: { 'gitops-infra.dev/promotes-from': promotesFrom },
      }),
    },
    spec: { source: { repoURL: repository.url, path } },
  });
}

/** A declaration as `readApplications` gives it. */
export function declarationOf(
  environment: string,
  more: Partial<ApplicationDeclaration> = {},
): ApplicationDeclaration {
  const service = more.service ?? 'demo';
  return {
    name: `${service}-${environment}`,
    project: 'default',
    labels: {},
    service,
    environment,
    overlayPath: `apps/${service}/overlays/${environment}`,
    repoURL: repository.url,
    targetRevision: 'main',
    location: { path: `bootstrap/${environment}.yaml`, line: 1 },
    ...more,
  };
}
