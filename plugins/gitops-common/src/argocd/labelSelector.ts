/** What a label selector asks of an Application's labels. @public */
export type LabelSelector = (
  labels: Readonly<Record<string, string>>,
) => boolean;

const TERM =
  /^(?:(?<not>!)?\s*(?<key>[^\s=!,()]+)|(?<left>[^\s=!,()]+)\s*(?<operator>==?|!=)\s*(?<right>[^\s=!,()]*)|(?<name>[^\s=!,()]+)\s+(?<set>in|notin)\s*\((?<values>[^()]*)\))$/;

/**
 * Reads a label selector as Kubernetes has it: `a=b`, `a!=b`, `a`, `!a`, `a in (b,c)`, `a notin (b,c)`, with commas
 * between them. Undefined where it cannot be read.
 *
 * @public
 */
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
export function parseLabelSelector(
  selector: string,
): LabelSelector | undefined {
  const terms = selector
    .split(/,(?![^(]*\))/)
    .map(term => parseTerm(term.trim()));
  return terms.every(term => term !== undefined)
    ? labels => terms.every(term => term(labels))
    : undefined;
}

function parseTerm(term: string): LabelSelector | undefined {
  const groups = TERM.exec(term)?.groups;
  if (!groups) {
    return undefined;
  }
  if (groups.key) {
    return labels =>
      (labelOf(labels, groups.key) !== undefined) === !groups.not;
  }
  if (groups.left) {
    return labels =>
      (labelOf(labels, groups.left) === groups.right) ===
      (groups.operator !== '!=');
  }
  const values = groups.values.split(',').map(value => value.trim());
  return labels => {
    const value = labelOf(labels, groups.name);
    return (
      (value !== undefined && values.includes(value)) === (groups.set === 'in')
    );
  };
}

function labelOf(
  labels: Readonly<Record<string, string>>,
  key: string,
): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
