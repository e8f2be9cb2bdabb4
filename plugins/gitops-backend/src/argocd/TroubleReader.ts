import { isDeepStrictEqual } from 'node:util';
import { LoggerService } from '@backstage/backend-plugin-api';
import {
  applicationKey,
  ApplicationStatus,
  ResourceTrouble,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { ApplicationSource } from './ApplicationSource';
import { looksAlike } from './looksAlike';
import { within } from '../within';

const MAX_READS_AT_ONCE = 4;
const READ_TIMEOUT_MS = 60_000;
// A pod's reason changes without an event of its Application: soon after a rollout began, seldom after a day of it.
const FIRST_REREAD_MS = 2_000;
const LAST_REREAD_MS = 120_000;

const TROUBLED = new Set(['Progressing', 'Degraded', 'Missing']);

/** An Application that is not Healthy. */
interface Troubled {
  application: ApplicationStatus;
  troubles: ResourceTrouble[];
  rereadMs: number;
  isReading: boolean;
  /** It changed while its troubles were being read. */
  isOutdated: boolean;
  timer?: NodeJS.Timeout;
}

/**
 * Knows the troubles of those Applications that are not Healthy. They are read apart from what is told of Applications,
 * a few at a time, so that an answer that takes long holds up nothing; when one has come, the Application's newest state
 * is the one that it is put into.
 */
export class TroubleReader {
  readonly #source: ApplicationSource;
  readonly #logger: LoggerService;
  readonly #onTroubles: (key: string) => void;
  readonly #knownTroubles: (
    application: ApplicationStatus,
  ) => ResourceTrouble[];
  readonly #stopped = new AbortController();
  readonly #troubled = new Map<string, Troubled>();
  /** Those to be read next. */
  readonly #queue = new Set<Troubled>();
  #reads = 0;
  #lastFailure?: string;

  /**
   * @param options.onTroubles - told the key of an Application whose troubles are others than before
   * @param options.knownTroubles - what was known of an Application before; it holds until its troubles are read, so that
   * a process that takes over does not show it without any
   */
  constructor(options: {
    source: ApplicationSource;
    logger: LoggerService;
    onTroubles: (key: string) => void;
    knownTroubles: (application: ApplicationStatus) => ResourceTrouble[];
  }) {
    this.#source = options.source;
    this.#logger = options.logger;
    this.#onTroubles = options.onTroubles;
    this.#knownTroubles = options.knownTroubles;
  }

  /** Takes note of an Application's newest state. Returns it with the troubles that are known of it. */
  note(application: ApplicationStatus): ApplicationStatus {
    const key = applicationKey(application);
    if (!TROUBLED.has(application.health.status)) {
      this.forget(key);
      return application;
    }
    const known = this.#troubled.get(key);
    const troubled: Troubled = known ?? {
      application,
      troubles: this.#knownTroubles(application),
      rereadMs: FIRST_REREAD_MS,
      isReading: false,
      isOutdated: false,
    };
    const isNews = !looksAlike(known?.application, application);
    troubled.application = application;
    this.#troubled.set(key, troubled);
    if (isNews) {
      troubled.rereadMs = FIRST_REREAD_MS;
      this.#readSoon(troubled);
    }
    return { ...application, troubles: troubled.troubles };
  }

  /** The newest state of an Application that is not Healthy, with its troubles. */
  current(key: string): ApplicationStatus | undefined {
    const troubled = this.#troubled.get(key);
    return troubled && { ...troubled.application, troubles: troubled.troubles };
  }

  /** An Application is gone, or well again. */
  forget(key: string): void {
    const troubled = this.#troubled.get(key);
    if (troubled) {
      clearTimeout(troubled.timer);
      this.#queue.delete(troubled);
      this.#troubled.delete(key);
    }
  }

  /** Only these Applications are left. */
  keepOnly(applications: ApplicationStatus[]): void {
    const left = new Set(applications.map(applicationKey));
    for (const key of this.#troubled.keys()) {
      if (!left.has(key)) {
        this.forget(key);
      }
    }
  }

  stop(): void {
    this.#stopped.abort();
    for (const key of this.#troubled.keys()) {
      this.forget(key);
    }
  }

  #readSoon(troubled: Troubled): void {
    clearTimeout(troubled.timer);
    if (troubled.isReading) {
      troubled.isOutdated = true;
      return;
    }
    this.#queue.add(troubled);
    this.#readNext();
  }

  #readNext(): void {
    for (const troubled of this.#queue) {
      if (this.#reads >= MAX_READS_AT_ONCE || this.#stopped.signal.aborted) {
        return;
      }
      this.#queue.delete(troubled);
      void this.#read(troubled);
    }
  }

  // Never rejects.
  async #read(troubled: Troubled): Promise<void> {
    const key = applicationKey(troubled.application);
    this.#reads++;
    troubled.isReading = true;
    troubled.isOutdated = false;
    try {
      const troubles = await within(
        READ_TIMEOUT_MS,
        this.#stopped.signal,
        signal => this.#source.troubles(troubled.application, signal),
      );
      const isKnown = this.#troubled.get(key) === troubled;
      if (isKnown && !isDeepStrictEqual(troubled.troubles, troubles)) {
        troubled.troubles = troubles;
        this.#onTroubles(key);
      }
      this.#lastFailure = undefined;
    } catch (error) {
      this.#failed(key, error);
    }
    this.#reads--;
    troubled.isReading = false;
    if (this.#troubled.get(key) === troubled) {
      this.#readAgain(troubled);
    }
    this.#readNext();
  }

  #readAgain(troubled: Troubled): void {
    if (troubled.isOutdated) {
      this.#readSoon(troubled);
      return;
    }
    troubled.timer = setTimeout(
      () => this.#readSoon(troubled),
      troubled.rereadMs,
    );
    troubled.timer.unref();
    troubled.rereadMs = Math.min(troubled.rereadMs * 2, LAST_REREAD_MS);
  }

  #failed(key: string, error: unknown): void {
    if (this.#stopped.signal.aborted) {
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    const text = `What keeps ${key} from being Healthy could not be read: ${message}`;
    // Once; it may be the same for every Application.
    if (message === this.#lastFailure) {
      this.#logger.debug(text);
    } else {
      this.#logger.warn(text);
    }
    this.#lastFailure = message;
  }
}
