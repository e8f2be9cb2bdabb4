// Brings up the Node.js and Yarn that Backstage wants, and the project's dependencies, from npm alone.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runStep, StepFailed } from './steps.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const NODE_VERSION = '22.23.3';
const YARN_VERSION = '4.18.1';
const toolchain = join(root, '.toolchain');
const bin = join(toolchain, 'node_modules', '.bin');

/**
 * Installs what is missing and returns the environment in which `node` and `yarn` are the project's own.
 * What is there already is not touched, so that a second call takes no time.
 */
export async function prepare() {
  const env = await prepareToolchain();
  await prepareDependencies(env);
  return env;
}

async function prepareToolchain() {
  const stamp = join(toolchain, 'installed');
  const wanted = `node ${NODE_VERSION}, yarn ${YARN_VERSION}\n`;
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    mkdirSync(toolchain, { recursive: true });
    writeFileSync(
      join(toolchain, 'package.json'),
      JSON.stringify({ private: true, description: 'Made by scripts/' }),
    );
    await runStep(
      `Installing Node.js ${NODE_VERSION} and Yarn ${YARN_VERSION} into .toolchain`,
      'npm',
      [
        'install',
        '--no-audit',
        '--no-fund',
        '--no-package-lock',
        `node@${NODE_VERSION}`,
        `@yarnpkg/cli-dist@${YARN_VERSION}`,
      ],
      { cwd: toolchain },
    );
    if (!existsSync(join(bin, 'node')) || !existsSync(join(bin, 'yarn'))) {
      throw new StepFailed(
        'npm installed Node.js and Yarn, but their programs are missing. If npm is set to ignore install scripts, allow them for the package "node".',
      );
    }
    writeFileSync(stamp, wanted);
  }
  const headers = join(
    toolchain,
    'node_modules/node/node_modules',
    `node-${process.platform === 'win32' ? 'win' : process.platform}-${
      process.arch
    }`,
  );
  return {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    // Native addons are built against the headers that came with this Node.js; they need no download.
    ...(existsSync(join(headers, 'include')) && {
      npm_config_nodedir: headers,
    }),
  };
}

async function prepareDependencies(env) {
  const stamp = join(root, 'node_modules', '.installed-for');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'yarn.lock')))
    .update(readFileSync(join(root, 'package.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) {
    return;
  }
  await runStep(
    'Installing the dependencies (some minutes the first time; native addons are compiled)',
    'yarn',
    ['install', '--immutable'],
    {
      cwd: root,
      env,
      hint: 'Compiling needs a C++ toolchain: make, python3 and a C++ compiler such as g++ (Debian: apt-get install build-essential python3).',
    },
  );
  writeFileSync(stamp, lock);
}
