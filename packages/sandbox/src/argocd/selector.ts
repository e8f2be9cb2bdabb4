const COMMA_OUTSIDE_OF_SETS = /,(?![^(]*\))/;

/** Whether labels match a Kubernetes label selector: `a=b,c!=d,e,!f,g in (h, i),j notin (k)`. */
export function matchesSelector(
  labels: Record<string, string>,
  selector: string,
): boolean {
  return selector
    .split(COMMA_OUTSIDE_OF_SETS)
    .map(term => term.trim())
    .filter(Boolean)
    .every(term => matchesTerm(labels, term));
}

// As in Kubernetes, what is not equal or not in a set may be missing altogether.
function matchesTerm(labels: Record<string, string>, term: string): boolean {
  const [, member, relation, set] =
    /^(\S+)\s+(in|notin)\s*\((.*)\)$/.exec(term) ?? [];
  if (member) {
    const values = set.split(',').map(value => value.trim());
    return values.includes(labels[member]) === (relation === 'in');
  }
  const [, key, operator, value] =
    /^([^!=]+?)\s*(!=|==?)\s*(.*)$/.exec(term) ?? [];
  if (key) {
    return operator === '!=' ? labels[key] !== value : labels[key] === value;
  }
  return term.startsWith('!')
    ? !(term.slice(1).trim() in labels)
    : term in labels;
}
