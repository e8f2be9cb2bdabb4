import { isMap, LineCounter, parseAllDocuments } from 'yaml';
import { PROMOTES_FROM_ANNOTATION } from '../annotations';
import { findKustomization, InfraSnapshot } from './InfraSnapshot';
import { readKustomization } from './kustomization';
import { resolveInTree } from './paths';

/** The folder whose Applications bind environments to overlays. @public */
export const BOOTSTRAP_FOLDER = 'bootstrap';

// Services and environments become parts of branch names and URLs.
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.|$))*$/;

/** An Argo CD Application as `bootstrap/` declares it: one environment of one service. @public */
export interface ApplicationDeclaration {
  name: string;
  /** Namespace of the Application resource itself; undefined where the manifest leaves it to kubectl. */
  namespace?: string;
  /** Folder under `apps/`. */
  service: string;
  /** Last segment of the overlay's path. */
  environment: string;
  overlayPath: string;
  repoURL: string;
  targetRevision: string;
  destinationNamespace?: string;
  /** Name of the Application that this one is promoted from. */
  promotesFrom?: string;
  location: { path: string; line: number };
}

/**
 * The Applications under `bootstrap/`, in the order that Kustomize would apply them. A folder without a
 * Kustomization is read in the order of its file names. What is no Application of an overlay under `apps/`
 * is passed over: it is not an environment.
 *
 * @public
 */
export function readApplications(
  snapshot: InfraSnapshot,
): ApplicationDeclaration[] {
  return manifestPaths(snapshot, BOOTSTRAP_FOLDER, new Set()).flatMap(path =>
    readManifest(path, snapshot.files.get(path) ?? ''),
  );
}

function manifestPaths(
  snapshot: InfraSnapshot,
  folder: string,
  seen: Set<string>,
): string[] {
  if (seen.has(folder)) {
    return [];
  }
  seen.add(folder);
  const file = findKustomization(snapshot, folder);
  if (!file) {
    return [...snapshot.files.keys()]
      .filter(
        path => path.startsWith(`${folder}/`) && /\.(ya?ml|json)$/.test(path),
      )
      .sort();
  }
  const reading = readKustomization(file.text);
  if (!reading.ok) {
    return [];
  }
  return reading.kustomization.resources.flatMap(resource => {
    const path = resolveInTree(folder, resource);
    if (path === undefined) {
      return [];
    }
    return snapshot.files.has(path)
      ? [path]
      : manifestPaths(snapshot, path, seen);
  });
}

function readManifest(path: string, text: string): ApplicationDeclaration[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents)) {
    return [];
  }
  return documents.flatMap(document => {
    if (document.errors.length > 0 || !isMap(document.contents)) {
      return [];
    }
    const declaration = toDeclaration(document.toJS({ maxAliasCount: 100 }));
    if (!declaration) {
      return [];
    }
    const { line } = lines.linePos(document.contents.range?.[0] ?? 0);
    return [{ ...declaration, location: { path, line } }];
  });
}

type Json = Record<string, unknown>;

function toDeclaration(
  manifest: Json,
): Omit<ApplicationDeclaration, 'location'> | undefined {
  const metadata = objectAt(manifest, 'metadata');
  const spec = objectAt(manifest, 'spec');
  const source = objectAt(spec, 'source');
  const name = stringAt(metadata, 'name');
  const path = stringAt(source, 'path');
  if (
    manifest.kind !== 'Application' ||
    !stringAt(manifest, 'apiVersion')?.startsWith('argoproj.io/') ||
    !name ||
    !path
  ) {
    return undefined;
  }
  const overlayPath = resolveInTree('', path);
  const segments = overlayPath?.split('/') ?? [];
  const [apps, service] = segments;
  const environment = segments[segments.length - 1];
  if (
    overlayPath === undefined ||
    apps !== 'apps' ||
    segments.length < 3 ||
    !NAME.test(service) ||
    !NAME.test(environment)
  ) {
    return undefined;
  }
  return {
    name,
    namespace: stringAt(metadata, 'namespace'),
    service,
    environment,
    overlayPath,
    repoURL: stringAt(source, 'repoURL') ?? '',
    targetRevision: stringAt(source, 'targetRevision') ?? 'HEAD',
    destinationNamespace: stringAt(objectAt(spec, 'destination'), 'namespace'),
    promotesFrom: stringAt(
      objectAt(metadata, 'annotations'),
      PROMOTES_FROM_ANNOTATION,
    ),
  };
}

function objectAt(value: Json | undefined, key: string): Json | undefined {
  const member = value?.[key];
  return typeof member === 'object' && member !== null
    ? (member as Json)
    : undefined;
}

function stringAt(value: Json | undefined, key: string): string | undefined {
  const member = value?.[key];
  return typeof member === 'string' ? member : undefined;
}
