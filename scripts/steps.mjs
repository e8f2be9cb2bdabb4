// Runs one command after the other and says what is happening, with the command's own output only when it fails.
import { spawn } from 'node:child_process';

// What a failing command printed last says why.
const TAIL_LINES = 40;

/** A step did not work; the message is for the person at the terminal. */
export class StepFailed extends Error {}

/**
 * Runs a command to its end. Its output is kept back and shown when it fails.
 *
 * @param {string} title what is being done, in words
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, hint?: string}} options the hint is shown when the command fails
 */
export async function runStep(title, command, args, options = {}) {
  const { hint, ...spawnOptions } = options;
  const started = Date.now();
  process.stdout.write(`▸ ${title}\n`);
  const { code, output } = await run(command, args, spawnOptions);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  if (code !== 0) {
    const tail = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
    throw new StepFailed(
      `${tail}\n\n✗ ${title}: \`${command} ${args.join(
        ' ',
      )}\` ended with ${code} after ${seconds} s.${hint ? `\n  ${hint}` : ''}`,
    );
  }
  process.stdout.write(`  done in ${seconds} s\n`);
}

/** Runs a command and collects what it prints; `onData` sees it as it comes. */
export function run(command, args, { onData, ...options } = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
    let output = '';
    const collect = data => {
      output += data;
      onData?.(data);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', error => {
      const missing = error.code === 'ENOENT';
      resolve({
        code: 127,
        output: missing
          ? `${command} is not on this machine; install it and try again`
          : String(error),
      });
    });
    child.on('close', (code, signal) =>
      resolve({ code: code ?? signal, output }),
    );
  });
}

/**
 * Runs a script's main function and ends the process with its result; an expected failure is shown without a stack.
 * It ends the process at once: a library that has a hook for the end of the process would end it with 0 instead.
 */
export async function main(run) {
  try {
    process.exit((await run()) ?? 0);
  } catch (error) {
    process.stderr.write(
      `\n${error instanceof StepFailed ? error.message : error.stack}\n`,
    );
    process.exit(1);
  }
}
