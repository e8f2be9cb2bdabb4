// npm test: lint, types, the infra tree's own findings, unit and integration tests on SQLite and PostgreSQL, and the browser test of the built app.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { startPostgres } from './postgres.mjs';
import { main, run, StepFailed } from './steps.mjs';
import { prepare, root } from './toolchain.mjs';

const USAGE = `npm test                       everything
npm test -- <pattern>          the unit and integration tests whose path fits the pattern
npm test -- --only <part>      one of: format, lint, types, infra, unit, browser`;

const PARTS = { format, lint, types, infra, unit, browser };

await main(async () => {
  const { pattern, only } = readArguments();
  const env = { ...(await prepare()), CI: 'true' };
  const scratch = mkdtempSync(join(tmpdir(), 'gitops-infra-test-'));
  const total = { passed: 0, failed: 0 };
  try {
    for (const name of only) {
      process.stdout.write(`\n▸ ${name}\n`);
      const { passed, failed } = await PARTS[name](env, scratch, pattern);
      process.stdout.write(`  ${name}: ${passed} passed, ${failed} failed\n`);
      total.passed += passed;
      total.failed += failed;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
});

function readArguments() {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: { only: { type: 'string' } },
    });
  } catch (error) {
    throw new StepFailed(`✗ ${error.message}\n\n${USAGE}`);
  }
  const { only } = parsed.values;
  const [pattern] = parsed.positionals;
  if (only !== undefined && !(only in PARTS)) {
    throw new StepFailed(`✗ There is no part ${only}\n\n${USAGE}`);
  }
  if (only) {
    return { only: [only], pattern };
  }
  return { only: pattern ? ['unit'] : Object.keys(PARTS), pattern };
}

function format(env) {
  return check('yarn', ['prettier:check'], env);
}

function lint(env) {
  return check('yarn', ['lint', '--max-warnings', '0'], env);
}

function types(env) {
  return check('yarn', ['tsc', '--incremental', 'false'], env);
}

function infra(env) {
  return check('yarn', ['gitops-infra', 'check'], env);
}

async function unit(env, scratch, pattern) {
  const postgres = await startPostgres();
  const report = join(scratch, 'unit.json');
  try {
    await run(
      'yarn',
      [
        'backstage-cli',
        'repo',
        'test',
        '--json',
        `--outputFile=${report}`,
        ...(pattern ? [pattern] : []),
      ],
      {
        cwd: root,
        env: {
          ...env,
          NODE_ENV: 'test',
          BACKSTAGE_TEST_DISABLE_DOCKER: '1',
          BACKSTAGE_TEST_DATABASE_POSTGRES18_CONNECTION_STRING:
            postgres.connectionString,
        },
        onData: data => process.stdout.write(data),
      },
    );
  } finally {
    await postgres.stop();
  }
  const result = readReport(report);
  if (!result) {
    return { passed: 0, failed: 1 };
  }
  // What was skipped was not tested; a suite that cannot start has no tests to count.
  const notRun = result.numPendingTests;
  if (notRun > 0) {
    process.stdout.write(`  ${notRun} tests did not run\n`);
  }
  // A suite that needs what this machine does not have is one test to do, whose name says what is missing.
  for (const { fullName } of testsToDo(result)) {
    process.stdout.write(`  not run here: ${fullName}\n`);
  }
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + result.numRuntimeErrorTestSuites + notRun,
  };
}

function testsToDo({ testResults }) {
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'todo');
}

async function browser(env, scratch, pattern) {
  await build(env);
  const report = join(scratch, 'browser.json');
  const args = [
    'playwright',
    'test',
    '--project=story',
    '--reporter=list,json',
  ];
  await run('yarn', [...args, ...(pattern ? [pattern] : [])], {
    cwd: root,
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
    onData: data => process.stdout.write(data),
  });
  const stats = readReport(report)?.stats;
  return stats
    ? {
        passed: stats.expected,
        failed: stats.unexpected + stats.flaky + stats.skipped,
      }
    : { passed: 0, failed: 1 };
}

async function check(command, args, env) {
  const { code, output } = await run(command, args, { cwd: root, env });
  if (code !== 0) {
    process.stdout.write(output);
  }
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    process.stdout.write('  The test runner left no report\n');
    return undefined;
  }
}
