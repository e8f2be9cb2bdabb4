import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  ApplicationStatus,
  ApplicationDeclaration,
  BeyondTree,
  CommitsBehind,
  commitsTouching,
  InfraSnapshot,
  overlayInputs,
  pinReferences,
  readTree,
  TreeEnvironment,
  treeFindings,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { Argocd, statusesByDeclaration } from './beyond/readArgocd';
import { NamedRegistry, readRegistries } from './beyond/readRegistries';
import { renderHosts } from './beyond/renderHosts';
import { Format, FORMATS } from './formats/formats';
import { printable } from './formats/printable';
import { CannotRun, Terminal } from './terminal';
import {
  readDeployedTree,
  withoutComparison,
} from './workingTree/deployedTree';
import {
  commitsSince,
  GitState,
  prefixInRepository,
  readGit,
} from './workingTree/git';
import { infraRepository } from './workingTree/infraRepository';
import { notPushed } from './workingTree/notPushed';
import { readWorkingTree } from './workingTree/readWorkingTree';

// As many as a person reads in one line.
const FIRST = 5;

/** What is checked, and how it is told. */
export interface CheckOptions {
  folder: string;
  format: Format;
  repository?: string;
  kustomize?: string;
  argocd?: string;
  /** Those that may be asked. */
  registries?: NamedRegistry[];
}

/** How many findings there are that somebody should act on. */
export interface CheckResult {
  errors: number;
  warnings: number;
}

/** Checks the infra repository in a folder and prints what is found. */
export async function check(
  options: CheckOptions,
  terminal: Terminal,
): Promise<CheckResult> {
  const root = folderOf(resolve(terminal.cwd, options.folder));
  const git = await readGit(root);
  const snapshot = readWorkingTree(root, git?.head ?? '');
  if (snapshot.files.size === 0 && snapshot.unread.size === 0) {
    throw new CannotRun(
      `${options.folder} is no infra repository: it has no manifests under bootstrap/ or apps/`,
    );
  }
  const tree = readTree(snapshot);
  const { environments } = tree;
  const beyond = await readBeyond(root, snapshot, environments, git, {
    ...options,
    terminal,
  });
  const repository = infraRepository(
    options.repository,
    git,
    environments.map(({ declared }) => declared.repoURL),
  );
  const findings = [
    ...treeFindings(tree, repository, beyond.of),
    ...notPushed(git, snapshot, environments),
  ];
  const prefix = await prefixInRepository(root);
  const isInActions = Boolean(terminal.env.GITHUB_ACTIONS);
  terminal.out(
    FORMATS[options.format]({
      findings,
      environments: environments.length,
      textOf: path => snapshot.files.get(path),
      fromRepository: path => `${prefix}${path}`,
      isInActions,
    }),
  );
  for (const line of beyond.notes) {
    terminal.err(`${printable(line, isInActions)}\n`);
  }
  const count = (severity: string) =>
    findings.filter(finding => finding.severity === severity).length;
  return { errors: count('error'), warnings: count('warning') };
}

function folderOf(path: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) {
      return real;
    }
  } catch {
    // Said below.
  }
  throw new CannotRun(`${path} is no folder`);
}

async function readBeyond(
  root: string,
  snapshot: InfraSnapshot,
  environments: TreeEnvironment[],
  git: GitState | undefined,
  options: Pick<CheckOptions, 'argocd' | 'kustomize' | 'registries'> & {
    terminal: Terminal;
  },
): Promise<{ of(environment: TreeEnvironment): BeyondTree; notes: string[] }> {
  const { terminal } = options;
  const argocd = options.argocd && new Argocd(options.argocd, terminal);
  const statuses = argocd ? await argocd.applications() : [];
  const statusOf = statusesByDeclaration(statuses);
  const troubled = argocd
    ? await argocd.withTroubles(
        environments.flatMap(({ declared }) => statusOf(declared) ?? []),
      )
    : undefined;
  const registry = await readRegistries(
    options.registries ?? [],
    environments.flatMap(({ overlay }) => overlay.pins.flatMap(pinReferences)),
    terminal,
  );
  const rendered = await renderHosts(
    root,
    snapshot,
    environments,
    options.kustomize,
    terminal,
  );
  const known = new Map<TreeEnvironment, BeyondTree>();
  const whyNot =
    statuses.length > 0
      ? await readDeployedTree(root, snapshot, git)
      : () => undefined;
  const behind = behindBy(root, snapshot, git);
  const notCompared = new Map<TreeEnvironment, string>();
  const troublesUnread = new Map<TreeEnvironment, string>();
  for (const environment of environments) {
    const { declared } = environment;
    const listed = statusOf(declared);
    const { status, unread } = (listed && troubled?.get(listed)) ?? {};
    if (unread !== undefined) {
      troublesUnread.set(environment, unread);
    }
    const reason = status && whyNot(declared);
    if (reason !== undefined) {
      notCompared.set(environment, reason);
    }
    known.set(environment, {
      registry,
      ...(status &&
        (reason === undefined
          ? { status, behind: await behind(declared, status) }
          : { status: withoutComparison(status, declared) })),
      ...('byEnvironment' in rendered &&
        rendered.byEnvironment.get(environment)),
    });
  }
  const notes = [
    ...('notChecked' in rendered && environments.length > 1
      ? [`Hosts could not be checked: ${rendered.notChecked}.`]
      : []),
    ...('notRendered' in rendered
      ? note('Hosts could not be checked', rendered.notRendered)
      : []),
    ...note('Not compared with what runs', notCompared),
    ...note(
      'What keeps environments from being Healthy could not be read',
      troublesUnread,
    ),
  ];
  return { of: environment => known.get(environment) ?? {}, notes };
}

/** One line of what does not hold of some environments, and why. */
function note(what: string, reasons: Map<TreeEnvironment, string>): string[] {
  const namesByReason = new Map<string, string[]>();
  for (const [{ declared }, reason] of reasons) {
    const names = namesByReason.get(reason);
    if (names) {
      names.push(declared.name);
    } else {
      namesByReason.set(reason, [declared.name]);
    }
  }
  const told = [...namesByReason].map(
    ([reason, names]) => `${reason} (${few(names, ', ')})`,
  );
  return told.length > 0 ? [`${what}: ${few(told, '; ')}.`] : [];
}

function few(texts: string[], separator: string): string {
  const more = texts.length - FIRST;
  const first = texts.slice(0, FIRST).join(separator);
  return more > 0 ? `${first} and ${more} more` : first;
}

/** How far Argo CD is behind the branch that it deploys. Mostly many environments are at the same few commits. */
function behindBy(
  root: string,
  snapshot: InfraSnapshot,
  git: GitState | undefined,
): (
  declared: ApplicationDeclaration,
  status: ApplicationStatus,
) => Promise<CommitsBehind | undefined> {
  const known = new Map<string, ReturnType<typeof commitsSince>>();
  const since = (revision: string, head: string) => {
    const commits = known.get(revision) ?? commitsSince(root, revision, head);
    known.set(revision, commits);
    return commits;
  };
  return async ({ overlayPath }, { sync }) => {
    const distance =
      git?.upstream && (await since(sync.revision ?? '', git.upstream.commit));
    if (!distance) {
      return undefined;
    }
    const commits =
      distance.commits.length === 0
        ? []
        : commitsTouching(
            distance.commits,
            overlayInputs(snapshot, overlayPath),
          );
    return {
      commitsBehind: commits.length,
      commitsBehindIsAtLeast: distance.truncated || undefined,
      commits,
    };
  };
}
