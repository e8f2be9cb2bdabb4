import { AuthService, DiscoveryService } from '@backstage/backend-plugin-api';
import { ArgocdInstanceConfig } from '../config';
import { ApplicationSource } from './ApplicationSource';
import { ArgocdApiSource } from './ArgocdApiSource';
import { KubernetesSource } from './KubernetesSource';

/** Where the Applications of an instance are read, by either transport. */
export function createApplicationSource(
  instance: ArgocdInstanceConfig,
  services: { auth: AuthService; discovery: DiscoveryService },
): ApplicationSource {
  return instance.transport === 'kubernetes'
    ? new KubernetesSource(instance, services)
    : new ArgocdApiSource(instance);
}
