import { inspect } from 'node:util';
import {
  coreServices,
  createServiceFactory,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { JsonObject } from '@backstage/types';

/** Everything that plugins log, and with it what the real auditor writes there. */
export class CapturedLog {
  readonly lines: { message: string; meta: JsonObject }[] = [];

  /** The logger of each plugin. */
  readonly factory = createServiceFactory({
    service: coreServices.logger,
    deps: {},
    factory: () => this.#logger({}),
  });

  /** Audit events that have ended, oldest first. */
  get audited(): JsonObject[] {
    return this.lines.flatMap(({ meta }) =>
      meta.isAuditEvent && meta.status !== 'initiated' ? [meta] : [],
    );
  }

  /** All of it, as whoever stores logs may keep it. */
  get text(): string {
    return inspect(this.lines, { depth: Infinity, maxStringLength: Infinity });
  }

  #logger(context: JsonObject): LoggerService {
    const log = (message: string, meta?: Error | JsonObject) => {
      const more = meta instanceof Error ? { error: inspect(meta) } : meta;
      this.lines.push({ message, meta: { ...context, ...more } });
    };
    return {
      error: log,
      warn: log,
      info: log,
      debug: log,
      child: meta => this.#logger({ ...context, ...meta }),
    };
  }
}
