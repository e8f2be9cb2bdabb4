// yarn bench: what the production backend takes and costs with 300 and with 3,000 Applications; see docs/benchmark.md.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Benchmark, ENVIRONMENTS } from './benchmark.mjs';
import { build } from './build.mjs';
import { figures, profileTable, table } from './figures.mjs';
import { startPostgres } from './postgres.mjs';
import { Processes } from './running.mjs';
import { main, StepFailed } from './steps.mjs';
import { prepare } from './toolchain.mjs';

const USAGE = `yarn bench [--sizes 300,3000] [--json FILE] [--database sqlite] [--seconds 8] [--profile FOLDER]

  --sizes     how many Applications, once for each size; three make a service
  --json      a file for the same figures as JSON
  --database  sqlite, or pg for a PostgreSQL of the benchmark's own
  --seconds   how long each load lasts
  --profile   a folder for CPU profiles of the backend under load; prints where the time goes, too`;

await main(async () => {
  const { sizes, json, database, seconds, profile } = readArguments();
  const env = await prepare();
  await build(env);

  const scratch = mkdtempSync(join(tmpdir(), 'gitops-infra-bench-'));
  const ending = new AbortController();
  const failed = new Promise((_, reject) => {
    ending.signal.addEventListener('abort', () => reject(ending.signal.reason));
  });
  const end = message => ending.abort(new StepFailed(message));
  const processes = new Processes(end);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => end('✗ Interrupted'));
  }
  let postgres;
  const measureAll = async () => {
    postgres =
      database === 'pg' ? await startPostgres({ isDurable: true }) : undefined;
    const results = [];
    for (const applications of sizes) {
      process.stdout.write(
        `▸ ${applications} Applications of ${
          applications / ENVIRONMENTS
        } services\n`,
      );
      const directory = join(scratch, `${applications}`);
      mkdirSync(directory);
      const benchmark = new Benchmark({
        applications,
        seconds,
        profile,
        directory,
        env,
        processes,
        postgres,
        signal: ending.signal,
      });
      results.push(await benchmark.run());
    }
    return results;
  };
  try {
    const results = await Promise.race([measureAll(), failed]);
    process.stdout.write(`\n${table(results)}\n`);
    if (profile) {
      results.forEach(result =>
        process.stdout.write(`\n${profileTable(result)}\n`),
      );
    }
    if (json) {
      writeFileSync(
        json,
        `${JSON.stringify(results.map(figures), undefined, 2)}\n`,
      );
    }
  } finally {
    await processes.stop();
    await postgres?.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
});

function readArguments() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        sizes: { type: 'string', default: '300,3000' },
        json: { type: 'string' },
        database: { type: 'string', default: 'sqlite' },
        seconds: { type: 'string', default: '8' },
        profile: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    throw new StepFailed(`✗ ${error.message}\n\n${USAGE}`);
  }
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  const { database } = values;
  if (!['sqlite', 'pg'].includes(database)) {
    throw new StepFailed(`✗ There is no database ${database}\n\n${USAGE}`);
  }
  const profile = values.profile && resolve(values.profile);
  if (profile) {
    mkdirSync(profile, { recursive: true });
  }
  return {
    sizes: values.sizes.split(',').map(size => toCount(size, ENVIRONMENTS)),
    json: values.json && resolve(values.json),
    database,
    seconds: toCount(values.seconds, 1),
    profile,
  };
}

function toCount(text, multipleOf) {
  const count = Number(text);
  if (
    !Number.isInteger(count) ||
    count < multipleOf ||
    count % multipleOf !== 0
  ) {
    throw new StepFailed(
      `✗ ${text} is no whole number${
        multipleOf > 1 ? ` that ${multipleOf} divides` : ''
      }\n\n${USAGE}`,
    );
  }
  return count;
}
