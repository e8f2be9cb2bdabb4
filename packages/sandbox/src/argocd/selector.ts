/** Whether labels match a Kubernetes label selector of equalities: `a=b,c!=d,e,!f`. */
export function matchesSelector(
  labels: Record<string, string>,
  selector: string,
): boolean {
  return selector
    .split(',')
    .map(term => term.trim())
    .filter(Boolean)
    .every(term => matchesTerm(labels, term));
}

function matchesTerm(labels: Record<string, string>, term: string): boolean {
  const [, key, operator, value] =
    /^([^!=]+?)\s*(!=|==?)\s*(.*)$/.exec(term) ?? [];
  if (key) {
    return operator === '!=' ? labels[key] !== value : labels[key] === value;
  }
  return term.startsWith('!')
    ? !(term.slice(1).trim() in labels)
    : term in labels;
}
