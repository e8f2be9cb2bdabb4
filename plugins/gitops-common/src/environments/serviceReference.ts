import {
  ARGOCD_APP_NAME_ANNOTATION,
  ARGOCD_APP_NAMESPACE_ANNOTATION,
  ARGOCD_APP_SELECTOR_ANNOTATION,
  ARGOCD_INSTANCE_NAME_ANNOTATION,
  ARGOCD_PROJECT_NAME_ANNOTATION,
  SERVICE_ANNOTATION,
} from '../annotations';
import { parseLabelSelector } from '../argocd/labelSelector';
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
  /** The Argo CD instance that has the Applications, where it matters. */
  instance?: string;
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
 * narrowed by `argocd/app-namespace`. Every annotation, ours too, is narrowed by `argocd/instance-name` to the
 * Applications of that instance.
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
  const instance = valueOf(ARGOCD_INSTANCE_NAME_ANNOTATION) || undefined;
  return annotation === SERVICE_ANNOTATION
    ? { annotation, value, service: value, instance }
    : {
        annotation,
        value,
        applicationNamespace:
          valueOf(ARGOCD_APP_NAMESPACE_ANNOTATION) || undefined,
        instance,
      };
}

/** Whether a reference means an Application. Which instance has it is not declared, and not asked here. @public */
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
      // What cannot be read must not select everything.
      return parseLabelSelector(value)?.(application.labels) ?? false;
    case ARGOCD_PROJECT_NAME_ANNOTATION:
      return application.project === value;
    default:
      return false;
  }
}
