import { LoggerService } from '@backstage/backend-plugin-api';
import {
  applicationKey,
  ApplicationStatus,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ApplicationSink } from './ApplicationSink';
import { ApplicationEvent, ApplicationSource } from './ApplicationSource';
import { TroubleReader } from './TroubleReader';

/** What was found could not be kept. */
export class SinkError extends Error {
  name = 'SinkError';
}

/** What one run of a follower tells, each after the one before, with the troubles of what is not Healthy. */
export class Following {
  readonly #sink: ApplicationSink;
  readonly #troubles: TroubleReader;
  #isStopped = false;
  #told: Promise<void> = Promise.resolve();
  #failure?: SinkError;

  constructor(
    source: ApplicationSource,
    sink: ApplicationSink,
    logger: LoggerService,
  ) {
    this.#sink = sink;
    this.#troubles = new TroubleReader({
      source,
      logger,
      onTroubles: key => this.#tellTroubles(key),
      knownTroubles: application => sink.troublesOf(application),
    });
  }

  async replaceAll(list: ApplicationStatus[]): Promise<void> {
    return this.#inTurn(async () => {
      this.#failure = undefined;
      this.#troubles.keepOnly(list);
      await this.#sink.replaceAll(
        list.map(application => this.#troubles.note(application)),
      );
    });
  }

  async tell(event: ApplicationEvent | undefined): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#failure) {
        throw this.#failure;
      }
      if (!event) {
        await this.#sink.heard();
      } else if (event.type === 'DELETED') {
        this.#troubles.forget(applicationKey(event.application));
        await this.#sink.apply(event);
      } else {
        const application = this.#troubles.note(event.application);
        await this.#sink.apply({ ...event, application });
      }
    });
  }

  async failed(error: unknown): Promise<void> {
    return this.#inTurn(() => this.#sink.failed(error));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#troubles.stop();
    await this.#told;
  }

  // What is told is the newest state when its turn has come, not that of which the troubles were asked.
  #tellTroubles(key: string): void {
    this.#inTurn(async () => {
      const application = this.#troubles.current(key);
      if (application) {
        await this.#sink.apply({ type: 'MODIFIED', application });
      }
    }).catch(error => {
      this.#failure = error;
    });
  }

  async #inTurn(tell: () => Promise<void>): Promise<void> {
    const told = this.#told.then(async () => {
      if (this.#isStopped) {
        return;
      }
      try {
        await tell();
      } catch (error) {
        throw error instanceof SinkError
          ? error
          : new SinkError('What was found could not be kept', { cause: error });
      }
    });
    this.#told = told.catch(() => {});
    return told;
  }
}
