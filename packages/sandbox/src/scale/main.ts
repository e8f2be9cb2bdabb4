import { parseArgs } from 'node:util';
import { catalogYaml } from './catalog';
import { startEstateArgocd, startEstateGithub } from './standIns';

const USAGE = `Starts one stand-in for a large estate and prints its address, or prints the catalog file that goes with them.

  github --services <n>                                    GitHub with the estate's infra repository
  argocd --services <n> --repository <url> --revisions <sha,…>
    [--healthy]                                            Argo CD with its Applications, synced to the last revision; one
                                                           in a few hundred cannot pull its image, or none does
  catalog --services <n>                                   the catalog file with a Component for each service
  --port <port>                                            where it listens (a free one)`;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      services: { type: 'string' },
      repository: { type: 'string' },
      revisions: { type: 'string' },
      healthy: { type: 'boolean' },
      port: { type: 'string', default: '0' },
    },
  });
  const [what] = positionals;
  const services = Number(values.services);
  const port = Number(values.port);
  if (!Number.isInteger(services) || services < 0 || !Number.isInteger(port)) {
    throw new Error(USAGE);
  }
  if (what === 'catalog') {
    process.stdout.write(catalogYaml(services));
    return;
  }
  const start = async () => {
    switch (what) {
      case 'github':
        return startEstateGithub({ services, port });
      case 'argocd':
        return startEstateArgocd({
          services,
          repositoryUrl: values.repository ?? '',
          revisions: values.revisions?.split(',') ?? [],
          healthy: values.healthy,
          port,
        });
      default:
        throw new Error(USAGE);
    }
  };
  const ended = new Promise<void>(resolve => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  const standIn = await start();
  console.log(`answers at ${standIn.url}`);
  await ended;
  await standIn.close();
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  error => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
