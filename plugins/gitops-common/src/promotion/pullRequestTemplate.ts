/** Names that a title's template may have. @public */
export const TITLE_NAMES = [
  'title',
  'service',
  'source',
  'target',
  'versions',
] as const;

/** Names that a description's template may have. @public */
export const BODY_NAMES = [
  ...TITLE_NAMES,
  'body',
  'requestedBy',
  'page',
] as const;

/** How pull requests are worded, where it is not as these plugins do. @public */
export interface PullRequestTemplates {
  /** With `TITLE_NAMES` as `{{name}}`. */
  title?: string;
  /** With `BODY_NAMES` as `{{name}}`; the trailers follow in any case. */
  body?: string;
}

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;

/** The names in a template that are none of those known. @public */
export function unknownNames(
  template: string,
  known: readonly string[],
): string[] {
  return [...template.matchAll(PLACEHOLDER)]
    .map(([, name]) => name.trim())
    .filter(name => !known.includes(name));
}

/** Puts values in the place of `{{name}}`; what a value has in it is not looked at again. @public */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string>>,
): string {
  return template.replace(PLACEHOLDER, (_, name: string) =>
    Object.hasOwn(values, name.trim()) ? values[name.trim()] : '',
  );
}
