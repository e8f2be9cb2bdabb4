import { parseArgs } from 'node:util';
import { DEFAULT_PORTS, SandboxOptions } from './Sandbox';
import { startSandbox } from './startSandbox';

const USAGE = `Starts stand-ins for GitHub, Argo CD with its cluster, and a registry on loopback.

  --port <port>             control page (${DEFAULT_PORTS.control})
  --github-port <port>      GitHub (${DEFAULT_PORTS.github})
  --argocd-port <port>      Argo CD (${DEFAULT_PORTS.argocd})
  --registry-port <port>    registry (${DEFAULT_PORTS.registry})
  --kubernetes-port <port>  Kubernetes (${DEFAULT_PORTS.kubernetes})
  --directory <path>        whose files the repository begins with (this repository)

A port of 0 picks a free one.`;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(USAGE);
    return;
  }
  const stopped = stopSignal();
  const sandbox = await startSandbox(options);
  const { urls, tokens } = sandbox;
  console.log(`Control page  ${urls.control}`);
  console.log(`Repository    ${urls.repository}`);
  console.log(`Argo CD       ${urls.argocd}/applications`);
  console.log(`Registry      ${urls.registry}/v2/`);
  console.log(`Kubernetes    ${urls.kubernetes}, token ${tokens.kubernetes}`);
  console.log('sandbox ready');
  await stopped;
  await sandbox.close();
}

/** The options of the command line, or undefined where help is asked for. */
function readOptions(args: string[]): SandboxOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string' },
      'github-port': { type: 'string' },
      'argocd-port': { type: 'string' },
      'registry-port': { type: 'string' },
      'kubernetes-port': { type: 'string' },
      directory: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    return undefined;
  }
  const port = (name: string, value: string | undefined, fallback: number) => {
    const number = value === undefined ? fallback : Number(value);
    if (!Number.isInteger(number) || number < 0 || number > 65535) {
      throw new Error(`${name} ${value} is no port; give a number up to 65535`);
    }
    return number;
  };
  return {
    directory: values.directory,
    ports: {
      control: port('--port', values.port, DEFAULT_PORTS.control),
      github: port(
        '--github-port',
        values['github-port'],
        DEFAULT_PORTS.github,
      ),
      argocd: port(
        '--argocd-port',
        values['argocd-port'],
        DEFAULT_PORTS.argocd,
      ),
      registry: port(
        '--registry-port',
        values['registry-port'],
        DEFAULT_PORTS.registry,
      ),
      kubernetes: port(
        '--kubernetes-port',
        values['kubernetes-port'],
        DEFAULT_PORTS.kubernetes,
      ),
    },
  };
}

async function stopSignal(): Promise<void> {
  await new Promise<void>(resolve => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

main().then(
  () => process.exit(0),
  error => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
