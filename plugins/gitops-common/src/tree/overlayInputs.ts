import { isMap } from 'yaml';
import { findKustomization, InfraSnapshot } from './InfraSnapshot';
import { isRemote, resolveInTree } from './paths';
import { yamlDocuments } from './yamlDocuments';

// Fields that list files, or folders with a Kustomization of their own.
const FILES_OR_FOLDERS = [
  'resources',
  'bases',
  'components',
  'generators',
  'transformers',
  'validators',
];
// Fields that list files; of patches that are written in place the path makes no sense and is passed over.
const FILES = ['crds', 'configurations', 'patchesStrategicMerge'];
// Fields whose entries name a file in `path`.
const WITH_PATH = ['patches', 'patchesJson6902', 'replacements'];
const DATA_GENERATORS = ['configMapGenerator', 'secretGenerator'];
const CHART_HOME_DEFAULT = 'charts';

/**
 * What building an overlay reads of the tree, as paths from its root: the Kustomization files that it leads to, and the
 * files that those name. A folder stands for all that is in it where it has no Kustomization that is read. While none
 * of the inputs changes, they are the same inputs at another commit.
 *
 * Paths that lead out of the tree and addresses elsewhere are left out; paths to nothing are kept, since the build
 * depends on them as well.
 *
 * @public
 */
export function overlayInputs(
  snapshot: InfraSnapshot,
  overlayPath: string,
): string[] {
  const inputs = new Set<string>();
  const seen = new Set<string>();
  const open = [overlayPath];
  // Without recursion: a chain of folders can be as long as the repository has folders.
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (!seen.has(path)) {
      seen.add(path);
      const file = snapshot.files.has(path)
        ? undefined
        : findKustomization(snapshot, path);
      inputs.add(file?.path ?? path);
      if (file) {
        const named = namedPaths(path, file.text);
        named.files.forEach(input => inputs.add(input));
        open.push(...named.filesOrFolders.reverse());
      }
    }
  }
  return [...inputs];
}

// The paths that a folder's Kustomization names. One that cannot be read names none.
function namedPaths(
  folder: string,
  text: string,
): { files: string[]; filesOrFolders: string[] } {
  const [first] = yamlDocuments(text);
  if (
    !first ||
    first.problem ||
    !('document' in first) ||
    !isMap(first.document.contents)
  ) {
    return { files: [], filesOrFolders: [] };
  }
  // Reading has made sure that the aliases do not expand beyond measure.
  const kustomization: Json = first.document.toJS({ maxAliasCount: -1 });
  const inTree = (paths: unknown[]) =>
    paths
      .filter(
        (path): path is string =>
          typeof path === 'string' && path !== '' && !isRemote(path),
      )
      .map(path => resolveInTree(folder, path))
      .filter((path): path is string => path !== undefined && path !== '');
  return {
    files: inTree([
      ...FILES.flatMap(field => listAt(kustomization, field)),
      ...WITH_PATH.flatMap(field =>
        objectsAt(kustomization, field).map(({ path }) => path),
      ),
      objectOf(kustomization.openapi)?.path,
      ...DATA_GENERATORS.flatMap(field =>
        objectsAt(kustomization, field).flatMap(dataFiles),
      ),
      ...chartFiles(kustomization),
    ]),
    filesOrFolders: inTree(
      FILES_OR_FOLDERS.flatMap(field => listAt(kustomization, field)),
    ),
  };
}

function dataFiles(generator: Json): unknown[] {
  return [
    // `key=path` names the key as well.
    ...listAt(generator, 'files').map(file =>
      typeof file === 'string' ? file.slice(file.indexOf('=') + 1) : file,
    ),
    ...listAt(generator, 'envs'),
    generator.env,
  ];
}

function chartFiles(kustomization: Json): unknown[] {
  const home =
    objectOf(kustomization.helmGlobals)?.chartHome ?? CHART_HOME_DEFAULT;
  return objectsAt(kustomization, 'helmCharts').flatMap(chart => [
    typeof chart.name === 'string' ? `${home}/${chart.name}` : undefined,
    chart.valuesFile,
    ...listAt(chart, 'additionalValuesFiles'),
  ]);
}

type Json = Record<string, unknown>;

function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;
}

function listAt(value: Json, key: string): unknown[] {
  const list = value[key];
  return Array.isArray(list) ? list : [];
}

function objectsAt(value: Json, key: string): Json[] {
  return listAt(value, key)
    .map(objectOf)
    .filter((item): item is Json => item !== undefined);
}
