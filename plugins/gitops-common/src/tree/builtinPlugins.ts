import { isMap, isScalar } from 'yaml';
import { dataFiles, Json, listAt, objectOf, objectsAt } from './namedPaths';
import { yamlDocuments } from './yamlDocuments';

const GENERATOR = [
  'name',
  'namespace',
  'behavior',
  'options',
  'literals',
  'files',
  'envs',
  'env',
];

// The plugins that Kustomize has built in and that run nothing, with the fields of their configuration. Kustomize takes a
// field in any case, and may learn others that fetch or run something.
const FIELDS = new Map([
  ['AnnotationsTransformer', ['annotations', 'fieldSpecs']],
  ['ConfigMapGenerator', GENERATOR],
  ['HashTransformer', []],
  ['ImageTagTransformer', ['imageTag', 'fieldSpecs']],
  ['LabelTransformer', ['labels', 'fieldSpecs']],
  ['LegacyOrderTransformer', []],
  [
    'NamespaceTransformer',
    ['fieldSpecs', 'unsetOnly', 'setRoleBindingSubjects'],
  ],
  ['PatchJson6902Transformer', ['target', 'path', 'jsonOp']],
  ['PatchStrategicMergeTransformer', ['paths', 'patches']],
  ['PatchTransformer', ['path', 'patch', 'target', 'options']],
  ['PrefixSuffixTransformer', ['prefix', 'suffix', 'fieldSpecs']],
  ['PrefixTransformer', ['prefix', 'fieldSpecs']],
  ['ReplacementTransformer', ['replacements']],
  ['ReplicaCountTransformer', ['replica', 'fieldSpecs']],
  ['SecretGenerator', [...GENERATOR, 'type']],
  ['SortOrderTransformer', ['sortOptions']],
  ['SuffixTransformer', ['suffix', 'fieldSpecs']],
]);
const OF_ALL = ['apiVersion', 'kind', 'metadata'];
const METADATA = ['name', 'namespace'];
const REPLACEMENT = ['path', 'source', 'targets'];

/** What the configuration of plugins names, relative to the folder of the Kustomization that lists it. */
export interface PluginPaths {
  /** Files that Kustomize reads as YAML or JSON. */
  files: unknown[];
  /** Files that are put into ConfigMaps and Secrets as they are. */
  data: unknown[];
  /** Whether what one manifest says may be written into another one. */
  replaces: boolean;
}

/**
 * Reads the configuration of plugins, which `generators` and `transformers` of a Kustomization list. What is not known to
 * be built into Kustomize is refused: it would run a program.
 */
export function builtinPlugins(
  text: string,
): PluginPaths | { refused: string } {
  // Kustomize's own reader has another order of precedence among merge keys.
  if (text.includes('<<')) {
    return { refused: 'may have merge keys, which are not followed' };
  }
  const found: PluginPaths = { files: [], data: [], replaces: false };
  for (const read of yamlDocuments(text)) {
    if (read.problem || !('document' in read)) {
      return { refused: 'cannot be read' };
    }
    const { contents } = read.document;
    if (isMap(contents)) {
      // Reading has made sure that the aliases do not expand beyond measure.
      const config: Json = read.document.toJS({ maxAliasCount: -1 });
      const refused = whyRefused(config);
      if (refused !== undefined) {
        return { refused };
      }
      const replacements = objectsAt(config, 'replacements');
      found.files.push(
        config.path,
        ...listAt(config, 'paths'),
        ...replacements.map(({ path }) => path),
      );
      found.data.push(...dataFiles(config));
      found.replaces ||= replacements.length > 0;
    } else if (contents && !(isScalar(contents) && contents.value === null)) {
      return { refused: 'has what is no configuration of a plugin' };
    }
  }
  return found;
}

function whyRefused(config: Json): string | undefined {
  const { apiVersion, kind } = config;
  const known =
    apiVersion === 'builtin' && typeof kind === 'string'
      ? FIELDS.get(kind)
      : undefined;
  if (!known) {
    return `uses ${JSON.stringify(
      kind,
    )}, which is not known here to be built into Kustomize`;
  }
  const [unknown] = [
    ...unknownIn(config, [...OF_ALL, ...known]),
    ...unknownIn(objectOf(config.metadata) ?? {}, METADATA),
    ...objectsAt(config, 'replacements').flatMap(replacement =>
      unknownIn(replacement, REPLACEMENT),
    ),
  ];
  return unknown === undefined
    ? undefined
    : `has the field ${JSON.stringify(
        unknown,
      )} in a ${kind}, which is not known here`;
}

function unknownIn(value: Json, known: string[]): string[] {
  return Object.keys(value).filter(field => !known.includes(field));
}
