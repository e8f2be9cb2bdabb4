import { ChildProcess as Child, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import { StoredPromotion } from '../database/PromotionStore';
import { Order, ProcessOptions } from './promotionProcess';

/** What an order came to. */
export interface Outcome {
  promotion?: StoredPromotion;
  error?: { name: string; message: string };
}

/** A process of `promotionProcess.ts`, to be given orders and to be killed. */
export class RunningPromotions {
  readonly #child: Child;
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  #orders = 0;

  static async start(options: ProcessOptions): Promise<RunningPromotions> {
    const child = spawn(
      process.execPath,
      [
        '--require',
        require.resolve('@backstage/cli/config/nodeTransform.cjs'),
        resolve(__dirname, 'promotionProcess.ts'),
        JSON.stringify(options),
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const running = new RunningPromotions(child);
    await running.#ready;
    return running;
  }

  readonly #ready: Promise<void>;

  private constructor(child: Child) {
    this.#child = child;
    this.#ready = new Promise((ready, failed) => {
      child.once('exit', code => failed(new Error(`It ended with ${code}`)));
      createInterface({ input: child.stdout! }).on('line', line => {
        const { id, ...outcome } = JSON.parse(line);
        if (outcome.ready) {
          ready();
        } else {
          this.#waiting.get(id)?.(outcome);
        }
      });
    });
  }

  /** Lets an actor do something. Never resolves where the actor is held up, or the process killed. */
  order(order: Order): Promise<Outcome> {
    const id = this.#orders++;
    this.#child.stdin!.write(`${JSON.stringify({ id, order })}\n`);
    return new Promise(done => this.#waiting.set(id, done));
  }

  /** Ends it at once, with SIGKILL. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
  }
}
