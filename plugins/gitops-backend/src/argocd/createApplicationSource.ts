import { AuthService, DiscoveryService } from '@backstage/backend-plugin-api';
import { ArgocdInstanceConfig } from '../config';
import { ApplicationCommands } from './ApplicationCommands';
import { ApplicationSource } from './ApplicationSource';
import { ArgocdApiCommands } from './ArgocdApiCommands';
import { ArgocdApiSource } from './ArgocdApiSource';
import { KubernetesCommands } from './KubernetesCommands';
import { KubernetesSource } from './KubernetesSource';

interface Services {
  auth: AuthService;
  discovery: DiscoveryService;
}

/** Where the Applications of an instance are read, by either transport. */
export function createApplicationSource(
  instance: ArgocdInstanceConfig,
  services: Services,
): ApplicationSource {
  return instance.transport === 'kubernetes'
    ? new KubernetesSource(instance, services)
    : new ArgocdApiSource(instance);
}

/** How an instance is asked to do something, by either transport. */
export function createApplicationCommands(
  instance: ArgocdInstanceConfig,
  services: Services,
): ApplicationCommands {
  return instance.transport === 'kubernetes'
    ? new KubernetesCommands(instance, services)
    : new ArgocdApiCommands(instance);
}
