import { isMap } from 'yaml';
import { yamlDocuments } from './yamlDocuments';

/** A Kustomization as plain data. */
export type Json = Record<string, unknown>;

// Fields that list files, or folders with a Kustomization of their own.
const FILES_OR_FOLDERS = ['resources', 'bases', 'components'];
// The same, with the configuration of plugins, which can be written in place as well.
const PLUGINS = ['generators', 'transformers', 'validators'];
// Fields that list files; of patches that are written in place the path makes no sense and is passed over.
const FILES = ['crds', 'configurations', 'patchesStrategicMerge'];
// Fields whose entries name a file in `path`.
const WITH_PATH = ['patches', 'patchesJson6902', 'replacements'];
const DATA_GENERATORS = ['configMapGenerator', 'secretGenerator'];
const CHART_HOME_DEFAULT = 'charts';

/** What a Kustomization names, as it is written: mostly strings. */
export interface NamedPaths {
  filesOrFolders: unknown[];
  /** Files or folders with the configuration of plugins, or the configuration itself. */
  plugins: unknown[];
  /** Files that Kustomize reads as YAML or JSON. */
  files: unknown[];
  /** Files that are put into ConfigMaps and Secrets as they are. */
  data: unknown[];
  /** Files and folders of Helm charts. */
  charts: unknown[];
}

/** The first document of a Kustomization file as plain data; undefined where it cannot be read as a mapping. */
export function kustomizationData(text: string): Json | undefined {
  const [first] = yamlDocuments(text);
  return !first ||
    first.problem ||
    !('document' in first) ||
    !isMap(first.document.contents)
    ? undefined
    : // Reading has made sure that the aliases do not expand beyond measure.
      first.document.toJS({ maxAliasCount: -1 });
}

/** All that a Kustomization names for Kustomize to read. */
export function namedPaths(kustomization: Json): NamedPaths {
  return {
    filesOrFolders: FILES_OR_FOLDERS.flatMap(field =>
      listAt(kustomization, field),
    ),
    plugins: PLUGINS.flatMap(field => listAt(kustomization, field)),
    files: [
      ...FILES.flatMap(field => listAt(kustomization, field)),
      ...WITH_PATH.flatMap(field =>
        objectsAt(kustomization, field).map(({ path }) => path),
      ),
      objectOf(kustomization.openapi)?.path,
    ],
    data: DATA_GENERATORS.flatMap(field =>
      objectsAt(kustomization, field).flatMap(dataFiles),
    ),
    charts: chartFiles(kustomization),
  };
}

/** The files that a generator of ConfigMaps or Secrets names. */
export function dataFiles(generator: Json): unknown[] {
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

export function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;
}

export function listAt(value: Json, key: string): unknown[] {
  const list = value[key];
  return Array.isArray(list) ? list : [];
}

export function objectsAt(value: Json, key: string): Json[] {
  return listAt(value, key)
    .map(objectOf)
    .filter((item): item is Json => item !== undefined);
}
