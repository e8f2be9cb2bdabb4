import { writeFileSync } from 'node:fs';
import { Inspector } from './inspector';
import {
  catalogRead,
  measureCommit,
  measureEnvironments,
  measureEvent,
  measureFirstSync,
  measureFloor,
  measureIdle,
  measurePromotion,
  takesWebhooks,
} from './measurements';
import { generateLoad } from './load';
import { timeByPackage } from './profile';
import { Target, TargetOptions } from './Target';

/** What the benchmark's script gives: what is measured, and how. */
interface Request {
  target: TargetOptions;
  clients: number;
  warmUpMs: number;
  durationMs: number;
  settleMs: number;
  times: number;
  webhookSecret: string;
  byWebhook: boolean;
  inspectorUrl: string;
  file: string;
}

const MEASUREMENTS: Record<
  string,
  (target: Target, request: Request) => Promise<unknown>
> = {
  catalog: catalogRead,
  firstSync: measureFirstSync,
  environments: measureEnvironments,
  floor: measureFloor,
  webhooks: (target, { webhookSecret }) => takesWebhooks(target, webhookSecret),
  commit: (target, { times, byWebhook, webhookSecret }) =>
    measureCommit(target, {
      times,
      webhookSecret: byWebhook ? webhookSecret : undefined,
    }),
  event: (target, { times }) => measureEvent(target, { times, signals: true }),
  idle: measureIdle,
  promotion: measurePromotion,
  memory: async (_target, { inspectorUrl }) => {
    const inspector = await Inspector.connect(inspectorUrl);
    const memory = await inspector.memory();
    inspector.close();
    return memory;
  },
  profile: async (target, { inspectorUrl, file, ...load }) => {
    const inspector = await Inspector.connect(inspectorUrl);
    const authorization = `Bearer ${await target.token()}`;
    const profile = await inspector.profile(() =>
      generateLoad({
        ...load,
        urls: target.services.map(service => target.environmentsUrl(service)),
        headers: { authorization },
      }),
    );
    inspector.close();
    writeFileSync(file, JSON.stringify(profile));
    return timeByPackage(profile);
  },
};

async function main([name, json]: string[]): Promise<void> {
  const measurement = MEASUREMENTS[name];
  if (!measurement) {
    throw new Error(`There is no measurement ${name}`);
  }
  const request: Request = JSON.parse(json);
  const result = await measurement(new Target(request.target), request);
  console.log(JSON.stringify(result ?? {}));
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  error => {
    console.error(error instanceof Error ? error.stack : error);
    process.exit(1);
  },
);
