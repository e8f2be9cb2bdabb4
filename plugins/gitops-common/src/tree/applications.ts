import { isMap, isSeq, Node, YAMLMap } from 'yaml';
import { PROMOTES_FROM_ANNOTATION } from '../annotations';
import { findKustomization, InfraSnapshot } from './InfraSnapshot';
import { fieldOf, readKustomization } from './kustomization';
import { resolveInTree } from './paths';
import {
  Position,
  YamlDocument,
  yamlDocuments,
  YamlProblem,
} from './yamlDocuments';

/** The folder whose Applications bind environments to overlays. @public */
export const BOOTSTRAP_FOLDER = 'bootstrap';

// Services and environments become parts of URLs and branch names; Git refuses `a..b`, `a.` and `a.lock`.
const NAME = /^(?!.*\.lock$)[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.|$))*$/;

/** An Argo CD Application as `bootstrap/` declares it: one environment of one service. @public */
export interface ApplicationDeclaration {
  name: string;
  /** Namespace of the Application resource itself; undefined where the manifest leaves it to kubectl. */
  namespace?: string;
  /** Argo CD project. */
  project: string;
  labels: Readonly<Record<string, string>>;
  /** Folder under `apps/`. */
  service: string;
  /** Last segment of the overlay's path. */
  environment: string;
  overlayPath: string;
  repoURL: string;
  targetRevision: string;
  /** The cluster that it deploys to, by the address or the name that the manifest gives. */
  destinationCluster?: string;
  destinationNamespace?: string;
  /** Whether Argo CD is told to sync it by itself. */
  automated?: boolean;
  /** `kustomize.images` of its source: images that win over the pins of the overlay. */
  imageOverrides?: string[];
  /** What its source has Kustomize set in place of what the overlay sets. */
  kustomize?: { namespace?: string; namePrefix?: string; nameSuffix?: string };
  /** Fields of its source that have Argo CD render something else than the overlay alone, such as `kustomize.patches`. */
  renderedWith?: string[];
  /** Name of the Application that this one is promoted from. */
  promotesFrom?: string;
  location: { path: string; line: number };
  /** Where the manifest says what, as far as it does. */
  fields?: Partial<Record<ManifestField, Position>>;
}

/** A field of an Application's manifest that a finding can be about. @public */
export type ManifestField =
  | 'repoURL'
  | 'targetRevision'
  | 'destinationNamespace'
  | 'imageOverrides'
  | 'kustomizeNamespace'
  | 'automated';

/** What manifests were found to declare, by path, so that one that did not change is not read again. @public */
export type ManifestCache = Map<
  string,
  {
    text: string;
    declarations: ApplicationDeclaration[];
    /** Why documents of it could not be read. */
    problems: YamlProblem[];
  }
>;

/**
 * The Applications under `bootstrap/`, in the order that its Kustomizations name them. A folder without a
 * Kustomization is read in the order of its file names. What is no Application of an overlay under `apps/`
 * is passed over, and so is what cannot be read: it is not an environment.
 *
 * @param cache - of an earlier snapshot; it holds what this one has afterwards
 * @public
 */
export function readApplications(
  snapshot: InfraSnapshot,
  cache: ManifestCache = new Map(),
): ApplicationDeclaration[] {
  const paths = manifestPaths(snapshot);
  const present = new Set(paths);
  [...cache.keys()]
    .filter(path => !present.has(path))
    .forEach(path => cache.delete(path));
  return paths.flatMap(path => {
    const text = snapshot.files.get(path) ?? '';
    const known = cache.get(path);
    if (known?.text === text) {
      return known.declarations;
    }
    const read = readManifest(path, text);
    cache.set(path, { text, ...read });
    return read.declarations;
  });
}

// Depth first without recursion: a chain of folders can be as long as the repository has folders.
function manifestPaths(snapshot: InfraSnapshot): string[] {
  const manifests = new Set<string>();
  const folders = new Set<string>();
  const open = [BOOTSTRAP_FOLDER];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (snapshot.files.has(path)) {
      manifests.add(path);
    } else if (!folders.has(path)) {
      folders.add(path);
      for (const inside of [...folderContent(snapshot, path)].reverse()) {
        open.push(inside);
      }
    }
  }
  return [...manifests];
}

// The paths that a folder's Kustomization names, or else its files.
function folderContent(snapshot: InfraSnapshot, folder: string): Set<string> {
  const file = findKustomization(snapshot, folder);
  if (!file) {
    return new Set(
      [...snapshot.files.keys()]
        .filter(
          path => path.startsWith(`${folder}/`) && /\.(ya?ml|json)$/.test(path),
        )
        .sort(),
    );
  }
  const reading = readKustomization(file.text);
  const resources = reading.ok ? reading.kustomization.resources : [];
  return new Set(
    resources
      .map(resource => resolveInTree(folder, resource))
      .filter((path): path is string => path !== undefined),
  );
}

function readManifest(
  path: string,
  text: string,
): { declarations: ApplicationDeclaration[]; problems: YamlProblem[] } {
  const declarations: ApplicationDeclaration[] = [];
  const problems: YamlProblem[] = [];
  for (const read of yamlDocuments(text)) {
    if (read.problem) {
      problems.push(read.problem);
    } else if ('document' in read && isMap(read.document.contents)) {
      const root = read.document.contents;
      // Reading has made sure that the aliases do not expand beyond measure.
      const manifest: Json = read.document.toJS({ maxAliasCount: -1 });
      const declaration = toDeclaration(manifest);
      if (declaration) {
        declarations.push({
          ...declaration,
          location: { path, line: read.positionOf(root).line },
          fields: fieldPositions(root, manifest, read),
        });
      }
    }
  }
  return { declarations, problems };
}

// The source that makes the environment is looked for as `deployedSource` does.
function fieldPositions(
  root: YAMLMap,
  manifest: Json,
  { resolve, positionOf }: YamlDocument,
): ApplicationDeclaration['fields'] {
  const at = (from: Node | undefined, ...keys: string[]) =>
    keys.reduce<Node | undefined>(
      (node, key) => (isMap(node) ? fieldOf(node, key, resolve) : undefined),
      from,
    );
  const deployed = deployedSource(objectAt(manifest, 'spec'));
  const several = at(root, 'spec', 'sources');
  const source =
    isSeq(several) && several.items.length > 0
      ? resolve(several.items[deployed?.index ?? 0] as Node)
      : at(root, 'spec', 'source');
  const nodes: [ManifestField, Node | undefined][] = [
    ['repoURL', at(source, 'repoURL')],
    ['targetRevision', at(source, 'targetRevision')],
    ['destinationNamespace', at(root, 'spec', 'destination', 'namespace')],
    ['imageOverrides', at(source, 'kustomize', 'images')],
    ['kustomizeNamespace', at(source, 'kustomize', 'namespace')],
    ['automated', at(root, 'spec', 'syncPolicy', 'automated')],
  ];
  return Object.fromEntries(
    nodes.flatMap(([field, node]) => (node ? [[field, positionOf(node)]] : [])),
  );
}

type Json = Record<string, unknown>;

function toDeclaration(
  manifest: Json,
): Omit<ApplicationDeclaration, 'location' | 'fields'> | undefined {
  const metadata = objectAt(manifest, 'metadata');
  const spec = objectAt(manifest, 'spec');
  const name = stringAt(metadata, 'name');
  const deployed = deployedSource(spec);
  if (
    manifest.kind !== 'Application' ||
    !stringAt(manifest, 'apiVersion')?.startsWith('argoproj.io/') ||
    !name ||
    !deployed
  ) {
    return undefined;
  }
  const { source, overlayPath } = deployed;
  const destination = objectAt(spec, 'destination');
  const automated = objectAt(objectAt(spec, 'syncPolicy'), 'automated');
  const segments = overlayPath.split('/');
  const [, service] = segments;
  const environment = segments[segments.length - 1];
  if (segments.length < 3 || !NAME.test(service) || !NAME.test(environment)) {
    return undefined;
  }
  return {
    name,
    namespace: stringAt(metadata, 'namespace'),
    project: stringAt(spec, 'project') ?? 'default',
    labels: Object.fromEntries(
      Object.entries(objectAt(metadata, 'labels') ?? {}).filter(
        (label): label is [string, string] => typeof label[1] === 'string',
      ),
    ),
    service,
    environment,
    overlayPath,
    repoURL: stringAt(source, 'repoURL') ?? '',
    targetRevision: stringAt(source, 'targetRevision') ?? 'HEAD',
    destinationCluster:
      stringAt(destination, 'server') ?? stringAt(destination, 'name'),
    destinationNamespace: stringAt(destination, 'namespace'),
    // An empty `automated` is enough, and newer versions can switch it off in place.
    automated: automated !== undefined && automated.enabled !== false,
    imageOverrides: stringsAt(objectAt(source, 'kustomize'), 'images'),
    ...namedByKustomize(source),
    ...renderedWith(source),
    promotesFrom: stringAt(
      objectAt(metadata, 'annotations'),
      PROMOTES_FROM_ANNOTATION,
    ),
  };
}

function namedByKustomize(
  source: Json,
): Pick<ApplicationDeclaration, 'kustomize'> {
  const options = objectAt(source, 'kustomize');
  const fields = ['namespace', 'namePrefix', 'nameSuffix'].flatMap(field => {
    const value = stringAt(options, field);
    return value ? [[field, value]] : [];
  });
  return fields.length > 0 ? { kustomize: Object.fromEntries(fields) } : {};
}

// Images are no matter of names or addresses, and are told of on their own.
function renderedWith(
  source: Json,
): Pick<ApplicationDeclaration, 'renderedWith'> {
  const fields = [
    ...Object.keys(objectAt(source, 'kustomize') ?? {})
      .filter(key => key !== 'images' && key !== 'version')
      .map(key => `kustomize.${key}`),
    ...['helm', 'plugin', 'directory'].filter(
      key => Object.keys(objectAt(source, key) ?? {}).length > 0,
    ),
  ];
  return fields.length > 0 ? { renderedWith: fields } : {};
}

// Of several sources, as of a chart and its values, the one under `apps/` makes the environment. Where an Application
// has `sources`, Argo CD passes over `source`.
function deployedSource(
  spec: Json | undefined,
): { source: Json; index: number; overlayPath: string } | undefined {
  const several = spec?.sources;
  const sources =
    Array.isArray(several) && several.length > 0 ? several : [spec?.source];
  for (const [index, item] of sources.entries()) {
    const source = objectAt({ item }, 'item');
    const path = stringAt(source, 'path');
    const overlayPath = path && resolveInTree('', path);
    if (source && overlayPath?.startsWith('apps/')) {
      return { source, index, overlayPath };
    }
  }
  return undefined;
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

function stringsAt(value: Json | undefined, key: string): string[] {
  const member = value?.[key];
  return Array.isArray(member)
    ? member.filter((item): item is string => typeof item === 'string')
    : [];
}
