import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError, InputError, toError } from '@backstage/errors';
import { FindingRule } from '@gitops-infra/backstage-plugin-gitops-common';

/** What modules add, under names that nothing else has. */
export class Additions<T> {
  readonly #what: string;
  readonly #nameOf: (added: T) => string;
  readonly #names: Set<string>;
  readonly #added: T[] = [];

  /**
   * @param what - what is added, for errors
   * @param taken - names that are taken
   */
  constructor(
    what: string,
    nameOf: (added: T) => string,
    taken: readonly string[],
  ) {
    this.#what = what;
    this.#nameOf = nameOf;
    this.#names = new Set(taken);
  }

  /** @throws InputError for a name that is not in lower case with dashes; ConflictError for one that is taken. */
  add(...added: T[]): void {
    for (const one of added) {
      const name = this.#nameOf(one);
      if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
        throw new InputError(
          `The ${
            this.#what
          } ${name} needs a name in lower case with dashes, such as runbook-linked`,
        );
      }
      if (this.#names.has(name)) {
        throw new ConflictError(
          `There is a ${
            this.#what
          } ${name} already; give this one another name`,
        );
      }
      this.#names.add(name);
      this.#added.push(one);
    }
  }

  /** In the order in which it was added. */
  get all(): readonly T[] {
    return this.#added;
  }
}

/** A rule that does not take the page with it when it throws. */
export function guardedRule(
  rule: FindingRule,
  logger: LoggerService,
): FindingRule {
  return {
    code: rule.code,
    docs: rule.docs,
    check(facts) {
      try {
        return rule.check(facts);
      } catch (error) {
        logger.warn(`Finding rule ${rule.code} failed`, toError(error));
        return [
          {
            severity: 'info',
            what: `Whether ${rule.code} applies could not be checked.`,
            why: 'The rule failed; the log of the Backstage backend says why.',
            fix: 'Nothing of the service has to be changed; the rule has to be mended.',
          },
        ];
      }
    },
  };
}
