import {
  ARGOCD_APP_NAME_ANNOTATION,
  ARGOCD_APP_NAMESPACE_ANNOTATION,
  ARGOCD_APP_SELECTOR_ANNOTATION,
  ARGOCD_PROJECT_NAME_ANNOTATION,
  SERVICE_ANNOTATION,
} from '../annotations';
import type { ApplicationDeclaration } from '../tree/applications';

/** How a catalog entity says which service it is: by the service's name, or by Applications that deploy it. @public */
export interface ServiceReference {
  /** The annotation that says it. */
  annotation: string;
  /** What the annotation says. */
  value: string;
  /** The service, where it is named. */
  service?: string;
  /** Namespace of the Applications, where they are named and it matters. */
  applicationNamespace?: string;
}

// The first that an entity has counts: our own, then the narrowest.
const ANNOTATIONS = [
  SERVICE_ANNOTATION,
  ARGOCD_APP_NAME_ANNOTATION,
  ARGOCD_APP_SELECTOR_ANNOTATION,
  ARGOCD_PROJECT_NAME_ANNOTATION,
];

/**
 * What an entity's annotations say of its service; undefined where they say nothing. Besides our own annotation those
 * that other Argo CD plugins read are understood, so that a catalog that has them needs no change:
 * `argocd/app-name` (several with commas), `argocd/app-selector` (a label selector), `argocd/project-name`, each
 * narrowed by `argocd/app-namespace`.
 *
 * @public
 */
export function serviceReference(
  annotations: Record<string, string> | undefined,
): ServiceReference | undefined {
  const valueOf = (annotation: string) => annotations?.[annotation]?.trim();
  const annotation = ANNOTATIONS.find(valueOf);
  const value = annotation && valueOf(annotation);
  if (!value) {
    return undefined;
  }
  return annotation === SERVICE_ANNOTATION
    ? { annotation, value, service: value }
    : {
        annotation,
        value,
        applicationNamespace:
          valueOf(ARGOCD_APP_NAMESPACE_ANNOTATION) || undefined,
      };
}

/** Whether a reference means an Application. @public */
export function refersTo(
  reference: ServiceReference,
  application: ApplicationDeclaration,
): boolean {
  const { annotation, value, applicationNamespace } = reference;
  // An Application that leaves its namespace to kubectl may be in any.
  const isElsewhere =
    applicationNamespace !== undefined &&
    application.namespace !== undefined &&
    application.namespace !== applicationNamespace;
  if (isElsewhere) {
    return false;
  }
  switch (annotation) {
    case SERVICE_ANNOTATION:
      return application.service === value;
    case ARGOCD_APP_NAME_ANNOTATION:
      return value
        .split(',')
        .map(name => name.trim())
        .includes(application.name);
    case ARGOCD_APP_SELECTOR_ANNOTATION:
      return matchesSelector(application.labels, value);
    case ARGOCD_PROJECT_NAME_ANNOTATION:
      return application.project === value;
    default:
      return false;
  }
}

const TERM =
  /^(?:(?<not>!)?\s*(?<key>[^\s=!,()]+)|(?<left>[^\s=!,()]+)\s*(?<operator>==?|!=)\s*(?<right>[^\s=!,()]*)|(?<name>[^\s=!,()]+)\s+(?<set>in|notin)\s*\((?<values>[^()]*)\))$/;

// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
function matchesSelector(
  labels: Readonly<Record<string, string>>,
  selector: string,
): boolean {
  const terms = selector.split(/,(?![^(]*\))/).map(term => term.trim());
  return terms.every(term => {
    const groups = TERM.exec(term)?.groups;
    if (!groups) {
      // What cannot be read must not select everything.
      return false;
    }
    const label = (key: string) =>
      Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (groups.key) {
      return (label(groups.key) !== undefined) === !groups.not;
    }
    if (groups.left) {
      return (
        (label(groups.left) === groups.right) === (groups.operator !== '!=')
      );
    }
    const values = groups.values.split(',').map(value => value.trim());
    const value = label(groups.name);
    return (
      (value !== undefined && values.includes(value)) === (groups.set === 'in')
    );
  });
}
