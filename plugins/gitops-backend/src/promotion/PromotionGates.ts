import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError, NotAllowedError, toError } from '@backstage/errors';
import {
  ALLOWED_GROUPS_GATE,
  decideGates,
  GateContext,
  GateDecision,
  GateOverride,
  GateOverrideRight,
  GatePerson,
  GateResult,
  GateState,
  GateVerdict,
  overrideRight,
  policyGates,
  PromotionGate,
  PromotionPolicy,
  stillOverridden,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { within } from '../within';

// A person waits for the answer.
const GATE_LIMIT_MS = 5_000;
const MESSAGE_LIMIT_CHARACTERS = 500;
const STATES: GateState[] = ['passed', 'warning', 'failed', 'unknown'];

/** Asks the gates of the policy and those that modules added, and says whether a promotion may go on. */
export class PromotionGates {
  readonly #policy: PromotionPolicy;
  readonly #gates: readonly PromotionGate[];
  readonly #logger: LoggerService;
  readonly #limitMs: number;

  /** @param options.limitMs - how long a gate may take, in milliseconds; five seconds when absent */
  constructor(options: {
    policy: PromotionPolicy;
    /** Gates that modules added. */
    added: readonly PromotionGate[];
    logger: LoggerService;
    limitMs?: number;
  }) {
    this.#policy = options.policy;
    this.#gates = [...policyGates(options.policy), ...options.added];
    this.#logger = options.logger;
    this.#limitMs = options.limitMs ?? GATE_LIMIT_MS;
  }

  /**
   * What every gate that has something to say about a promotion says, in the order of the gates. Never rejects.
   *
   * @param earlier - as for `pass`
   */
  async check(
    context: GateContext,
    earlier: GateResult[] = [],
  ): Promise<GateResult[]> {
    return stillOverridden(await this.#askAll(context), earlier);
  }

  /** What a person has to give to override gates; undefined where they may not. */
  overrideRight(person: GatePerson): GateOverrideRight | undefined {
    return overrideRight(this.#policy, person);
  }

  /**
   * What is kept of the gates where they let a promotion go on.
   *
   * @param override - what the person wants to override, and why
   * @param earlier - what was kept at an earlier step of the same change: what was overridden then needs no reason again
   * @throws ConflictError where a gate stops the promotion; NotAllowedError where it does because of who asks.
   */
  async pass(
    context: GateContext,
    override: GateOverride | undefined,
    earlier: GateResult[] = [],
  ): Promise<Extract<GateDecision, { gates: unknown }>> {
    const { person } = context;
    const decision = decideGates(await this.#askAll(context), {
      earlier,
      override,
      right: this.overrideRight(person),
      by: person.userEntityRef,
    });
    if ('gates' in decision) {
      return decision;
    }
    throw decision.stoppedBy.id === ALLOWED_GROUPS_GATE
      ? new NotAllowedError(decision.why)
      : new ConflictError(decision.why);
  }

  async #askAll(context: GateContext): Promise<GateResult[]> {
    const results = await Promise.all(
      this.#gates
        .filter(({ atMerge }) => context.step === 'open' || atMerge)
        .map(gate => this.#ask(gate, context)),
    );
    return results.flatMap(result => result ?? []);
  }

  async #ask(
    gate: PromotionGate,
    context: GateContext,
  ): Promise<GateResult | undefined> {
    const verdict = await this.#verdictOf(gate, context);
    return (
      verdict && {
        id: gate.id,
        title: gate.title,
        ...verdict,
        blocks:
          verdict.state === 'failed' ||
          (verdict.state === 'unknown' && gate.required === true),
        overridable: gate.overridable === true,
      }
    );
  }

  async #verdictOf(
    gate: PromotionGate,
    context: GateContext,
  ): Promise<GateVerdict | undefined> {
    try {
      const verdict = await within(
        this.#limitMs,
        new AbortController().signal,
        // What it throws at once is caught as well.
        async signal => gate.check(context, signal),
      );
      return verdict && checked(verdict);
    } catch (error) {
      // What it threw may name addresses and credentials: it stays in the log.
      this.#logger.warn(`Gate ${gate.id} could not be checked`, toError(error));
      return {
        state: 'unknown',
        message:
          'It could not be checked; the log of the Backstage backend says why.',
      };
    }
  }
}

// Types do not hold at run time what a module in JavaScript answers.
function checked({ state, message }: GateVerdict): GateVerdict {
  if (!STATES.includes(state) || typeof message !== 'string') {
    throw new TypeError('A gate has to answer with a state and a message');
  }
  return { state, message: message.slice(0, MESSAGE_LIMIT_CHARACTERS) };
}
