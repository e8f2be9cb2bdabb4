import { isDeepStrictEqual } from 'node:util';
import {
  ApplicationDeclaration,
  DeclaredEnvironment,
  environmentsByService,
  InfraSnapshot,
  ManifestCache,
  readApplications,
  refersTo,
  ServiceReference,
} from '@gitops-infra/backstage-plugin-gitops-common';

/** Which services and environments a repository declares, by every name that is asked for. */
export class Topology {
  readonly declarations: readonly ApplicationDeclaration[];
  readonly #environments: ReadonlyMap<string, DeclaredEnvironment[]>;
  readonly #byApplication = new Map<string, DeclaredEnvironment[]>();

  readonly #meantBy = new Map<string, string[]>();

  private constructor(declarations: readonly ApplicationDeclaration[]) {
    this.declarations = declarations;
    this.#environments = environmentsByService(declarations);
    for (const environment of [...this.#environments.values()].flat()) {
      const named = this.#byApplication.get(environment.name);
      if (named) {
        named.push(environment);
      } else {
        this.#byApplication.set(environment.name, [environment]);
      }
    }
  }

  static readonly EMPTY = new Topology([]);

  /** @param cache - of the manifests that were read before */
  static read(snapshot: InfraSnapshot, cache: ManifestCache): Topology {
    return new Topology(readApplications(snapshot, cache));
  }

  get services(): string[] {
    return [...this.#environments.keys()];
  }

  has(service: string): boolean {
    return this.#environments.has(service);
  }

  /** In promotion order; none where there is no such service. */
  environments(service: string): DeclaredEnvironment[] {
    return this.#environments.get(service) ?? [];
  }

  /** The environments that an Application of that name is; more than one where namespaces repeat it. */
  environmentsOfApplication(name: string): DeclaredEnvironment[] {
    return this.#byApplication.get(name) ?? [];
  }

  /** The services whose Applications an entity's annotation means. */
  servicesMeantBy(reference: ServiceReference): string[] {
    const key = JSON.stringify(reference);
    const known = this.#meantBy.get(key);
    if (known) {
      return known;
    }
    const services = this.declarations
      .filter(declaration => refersTo(reference, declaration))
      .map(({ service }) => service);
    const meant = [...new Set(services)];
    this.#meantBy.set(key, meant);
    return meant;
  }

  /** Services that are declared differently in another topology, or in one of the two alone. */
  differingServices(other: Topology): string[] {
    return [...new Set([...this.services, ...other.services])].filter(
      service =>
        !isDeepStrictEqual(
          this.environments(service),
          other.environments(service),
        ),
    );
  }
}
