import { createTranslationRef } from '@backstage/frontend-plugin-api';

/** The texts of the pods of an environment. @public */
export const gitopsKubernetesTranslationRef = createTranslationRef({
  id: 'gitops-kubernetes',
  messages: {
    loading: 'Loading pods…',
    notInstalled: {
      title: 'The Kubernetes plugin is not installed in this Backstage',
      description:
        'Ask its operators to add @backstage/plugin-kubernetes to the app and @backstage/plugin-kubernetes-backend to the backend.',
    },
    nothing: {
      title: 'Nothing of it is in the namespace {{namespace}}',
      description:
        'In no cluster that the Kubernetes plugin knows has {{namespace}} a resource with the labels that the annotations of {{entity}} ask for.',
    },
  },
});
