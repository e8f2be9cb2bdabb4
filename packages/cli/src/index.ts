/**
 * `gitops-infra`: the findings of an infra repository's working tree, at the command line.
 *
 * @packageDocumentation
 */
import { run } from './run';

run(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  out: text => process.stdout.write(text),
  err: text => process.stderr.write(text),
}).then(
  code => {
    // Not `exit`, which would cut off what a pipe has not taken yet.
    process.exitCode = code;
  },
  error => {
    process.stderr.write(`${error?.stack ?? error}\n`);
    process.exitCode = 2;
  },
);
