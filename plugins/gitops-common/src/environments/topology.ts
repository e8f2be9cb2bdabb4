import type { ApplicationDeclaration } from '../tree/applications';

/** A declared environment with its place in the service's promotion order. @public */
export interface DeclaredEnvironment extends ApplicationDeclaration {
  order: number;
  /** Name of the environment (not of the Application) that versions come from. */
  sourceEnvironment?: string;
  /** Applications of other overlays that would be environments of the same name, and are none. */
  namesakes?: ApplicationDeclaration[];
}

/** The environments of every service, each in promotion order. @public */
export function environmentsByService(
  declarations: readonly ApplicationDeclaration[],
): Map<string, DeclaredEnvironment[]> {
  const byService = new Map<string, ApplicationDeclaration[]>();
  for (const declaration of declarations) {
    const own = byService.get(declaration.service);
    if (own) {
      own.push(declaration);
    } else {
      byService.set(declaration.service, [declaration]);
    }
  }
  return new Map(
    [...byService].map(([service, own]) => [
      service,
      environmentsOfService(own, service),
    ]),
  );
}

/**
 * The environments of a service in promotion order. An Application says with its annotation what it is promoted
 * from; one that does not say comes after the one before it in `bootstrap/kustomization.yaml`. An annotation that
 * names no Application of the service, or closes a circle, leaves the environment without a source.
 *
 * @public
 */
export function environmentsOfService(
  declarations: ApplicationDeclaration[],
  service: string,
): DeclaredEnvironment[] {
  const declared = declarations.filter(
    declaration => declaration.service === service,
  );
  // Two Applications of one overlay are one environment; the first is the one shown.
  const own = declared.filter(
    ({ environment }, index) =>
      declared.findIndex(other => other.environment === environment) === index,
  );
  // By declaration: names of Applications repeat across namespaces.
  const sourceOf = new Map<ApplicationDeclaration, ApplicationDeclaration>();
  own.forEach((declaration, index) => {
    const source = declaration.promotesFrom
      ? own.find(other => other.name === declaration.promotesFrom)
      : own[index - 1];
    if (source && !leadsBackTo(declaration, source, sourceOf)) {
      sourceOf.set(declaration, source);
    }
  });

  const ordered: ApplicationDeclaration[] = [];
  const place = (declaration: ApplicationDeclaration) => {
    if (ordered.includes(declaration)) {
      return;
    }
    const source = sourceOf.get(declaration);
    if (source) {
      place(source);
    }
    ordered.push(declaration);
  };
  own.forEach(place);

  return ordered.map((declaration, order) => ({
    ...declaration,
    order,
    sourceEnvironment: sourceOf.get(declaration)?.environment,
    ...namesakesOf(declaration, declared),
  }));
}

function namesakesOf(
  { environment, overlayPath }: ApplicationDeclaration,
  declared: ApplicationDeclaration[],
): Pick<DeclaredEnvironment, 'namesakes'> {
  const namesakes = declared.filter(
    other =>
      other.environment === environment && other.overlayPath !== overlayPath,
  );
  return namesakes.length > 0 ? { namesakes } : {};
}

function leadsBackTo(
  declaration: ApplicationDeclaration,
  source: ApplicationDeclaration,
  sourceOf: ReadonlyMap<ApplicationDeclaration, ApplicationDeclaration>,
): boolean {
  for (
    let at: ApplicationDeclaration | undefined = source;
    at;
    at = sourceOf.get(at)
  ) {
    if (at === declaration) {
      return true;
    }
  }
  return false;
}
