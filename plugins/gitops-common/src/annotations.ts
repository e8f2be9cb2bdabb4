/** On a catalog entity: the service that it is, a folder `apps/<service>` of an infra repository. @public */
export const SERVICE_ANNOTATION = 'gitops-infra.dev/service';

/** On an Argo CD Application: the Application whose environment this one is promoted from. @public */
export const PROMOTES_FROM_ANNOTATION = 'gitops-infra.dev/promotes-from';
