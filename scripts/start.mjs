// npm start: everything up to a running app in the browser, with the sandbox behind it.
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { assertPortsFree, portsFrom, Processes } from './running.mjs';
import { main, StepFailed } from './steps.mjs';
import { prepare } from './toolchain.mjs';

const USAGE = `npm start [-- --port 7007 --sandbox-port 4400 --as guest]

  --port          where the page is served
  --sandbox-port  the first of five ports in a row: control page, GitHub, Argo CD, registry, Kubernetes
  --as            who signs in: guest, who owns the demo service, or viewer, who does not`;

await main(async () => {
  const { port, sandboxPort, user } = readArguments();
  const ports = portsFrom(port, sandboxPort);
  const advice =
    'Give another with `npm start -- --port 7107` (page) or `npm start -- --sandbox-port 4500` (five in a row).';
  await assertPortsFree(ports, advice);

  const env = await prepare();
  await build(env);
  await assertPortsFree(ports, advice);

  let stop;
  const stopped = new Promise(resolve => {
    stop = resolve;
  });
  const processes = new Processes(message => {
    process.stderr.write(`\n${message}\n`);
    stop(1);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => stop(0));
  }
  try {
    const starting = (async () => {
      process.stdout.write(
        '▸ Starting the sandbox: GitHub, Argo CD and its cluster, registry\n',
      );
      await processes.startSandbox(env, ports);
      process.stdout.write('▸ Starting the backend and the page\n');
      return processes.startApp(env, ports, { GITOPS_SANDBOX_USER: user });
    })();
    const url = await Promise.race([starting, stopped]);
    if (typeof url === 'string') {
      process.stdout.write(`
  Open   ${url}/catalog/default/component/demo
         and press "Enter" to sign in as ${user}
  Play   http://localhost:${ports.control}  push versions, break things, reset
  Stop   Ctrl-C
`);
    }
    return await stopped;
  } finally {
    process.stdout.write('\n▸ Stopping\n');
    await processes.stop();
  }
});

function readArguments() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        port: { type: 'string', default: '7007' },
        'sandbox-port': { type: 'string', default: '4400' },
        as: { type: 'string', default: 'guest' },
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
  if (!['guest', 'viewer'].includes(values.as)) {
    throw new StepFailed(`✗ There is no user ${values.as}\n\n${USAGE}`);
  }
  return {
    port: toPort(values.port),
    sandboxPort: toPort(values['sandbox-port']),
    user: values.as,
  };
}

function toPort(text) {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65531) {
    throw new StepFailed(`✗ ${text} is no port\n\n${USAGE}`);
  }
  return port;
}
