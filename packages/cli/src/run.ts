import { check, CheckOptions } from './check';
import { FORMATS, isFormat } from './formats/formats';
import { parseArgs } from 'node:util';
import { NamedRegistry, parseRegistry } from './beyond/readRegistries';
import { CannotRun, Terminal } from './terminal';

/** How the command ends. */
export const EXIT = { clean: 0, findings: 1, cannotRun: 2 } as const;

const USAGE = `gitops-infra check [dir]   says what is wrong with the infra repository in a folder, and how to mend it

  --format <format>      ${Object.keys(FORMATS).join(
    ', ',
  )}; human when not given
  --max-warnings <n>     end with 1 for more warnings than that, too
  --repository <url>     the infra repository's address, where neither its remotes nor its Applications tell
  --kustomize <path>     render all overlays with this kustomize or kubectl, to compare their hosts
  --argocd <url>         compare with what Argo CD says as well; the token is read from ARGOCD_TOKEN
  --registry <host>      ask this registry whether it has what overlays pin, and no other; may be given several times, and
                         with its address as <host>=<url>; credentials are those of docker login, or of
                         REGISTRY_USERNAME and REGISTRY_PASSWORD

Ends with 0 when there is no error among the findings, 1 when there is, and 2 when it cannot run.
Without --argocd and --registry it reads nothing but the folder and its Git history, and nothing over the network.
`;

/** Runs a command line and returns the exit code. */
export async function run(args: string[], terminal: Terminal): Promise<number> {
  try {
    const options = readArguments(args);
    if (options === 'help') {
      terminal.out(USAGE);
      return EXIT.clean;
    }
    const { errors, warnings } = await check(options, terminal);
    const tooMany =
      options.maxWarnings !== undefined && warnings > options.maxWarnings;
    return errors > 0 || tooMany ? EXIT.findings : EXIT.clean;
  } catch (error) {
    if (error instanceof CannotRun) {
      terminal.err(`gitops-infra: ${error.message}\n`);
      return EXIT.cannotRun;
    }
    throw error;
  }
}

function readArguments(
  args: string[],
): (CheckOptions & { maxWarnings?: number }) | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) {
    return 'help';
  }
  const [command, folder = '.', ...rest] = positionals;
  if (command !== 'check' || rest.length > 0) {
    throw usage(
      command === undefined || command === 'check'
        ? 'one command and one folder, please'
        : `there is no command ${command}`,
    );
  }
  const { format = 'human', repository, kustomize, argocd } = values;
  if (!isFormat(format)) {
    throw usage(`there is no format ${format}`);
  }
  if (argocd !== undefined && !/^https?:\/\//.test(argocd)) {
    throw usage(`${argocd} is no address of an Argo CD`);
  }
  const maxWarnings = values['max-warnings'];
  if (maxWarnings !== undefined && !/^\d+$/.test(maxWarnings)) {
    throw usage(`${maxWarnings} is no number of warnings`);
  }
  return {
    folder,
    format,
    repository,
    kustomize,
    argocd,
    registries: (values.registry ?? []).map(readRegistry),
    maxWarnings: maxWarnings === undefined ? undefined : Number(maxWarnings),
  };
}

function readRegistry(text: string): NamedRegistry {
  const registry = parseRegistry(text);
  if (!registry) {
    throw usage(
      `${text} is no registry; give it as image references name it, such as ghcr.io or localhost:5001`,
    );
  }
  return registry;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        format: { type: 'string' },
        'max-warnings': { type: 'string' },
        repository: { type: 'string' },
        kustomize: { type: 'string' },
        argocd: { type: 'string' },
        registry: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

function usage(message: string): CannotRun {
  return new CannotRun(`${message}\n\n${USAGE}`);
}
