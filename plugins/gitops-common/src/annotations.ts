/** On a catalog entity: the service that it is, a folder `apps/<service>` of an infra repository. @public */
export const SERVICE_ANNOTATION = 'gitops-infra.dev/service';

/** On a catalog entity, as other Argo CD plugins read it: names of its Applications, with commas. @public */
export const ARGOCD_APP_NAME_ANNOTATION = 'argocd/app-name';

/** On a catalog entity, as other Argo CD plugins read it: a label selector of its Applications. @public */
export const ARGOCD_APP_SELECTOR_ANNOTATION = 'argocd/app-selector';

/** On a catalog entity, as other Argo CD plugins read it: the project of its Applications. @public */
export const ARGOCD_PROJECT_NAME_ANNOTATION = 'argocd/project-name';

/** On a catalog entity, as other Argo CD plugins read it: the namespace of its Applications. @public */
export const ARGOCD_APP_NAMESPACE_ANNOTATION = 'argocd/app-namespace';

/** On a catalog entity, as other Argo CD plugins read it: the Argo CD instance that has its Applications. @public */
export const ARGOCD_INSTANCE_NAME_ANNOTATION = 'argocd/instance-name';

/** On an Argo CD Application: the Application whose environment this one is promoted from. @public */
export const PROMOTES_FROM_ANNOTATION = 'gitops-infra.dev/promotes-from';
