import { packArchive } from '../github/packArchive';
import { Refusal } from '../github/PullRequests';
import { ENVIRONMENTS, estateFiles, overlayPath, serviceNames } from './estate';
import {
  CommitSignature,
  GitObjects,
  isFolder,
  TreeChanges,
} from './GitObjects';

const BRANCH = 'main';
const RELEASE_BOT = { name: 'Release bot', email: 'release@example.com' };
// The past is the same in every run, so that commits have the same SHAs.
const BEGIN = Date.UTC(2026, 10, 1);
const HOUR_MS = 3_600_000;
// So many commits, each a release of one service, came after the one that holds everything.
const RELEASES = 9;

/** A pull request as the stand-in keeps it. */
export interface EstatePull {
  number: number;
  title: string;
  body: string;
  draft: boolean;
  state: 'open' | 'closed';
  branch: string;
  base: string;
  /** The head that it was merged or closed at; an open one has its branch's. */
  closedAt?: string;
  mergeCommit?: string;
  mergedAt?: string;
}

/** How one commit stands to another. */
export interface EstateComparison {
  mergeBase: string;
  /** Commits that only the head has, oldest first. */
  ahead: string[];
  behindBy: number;
  files: { path: string; before?: string; after?: string }[];
}

/** The infra repository of an estate: branches and pull requests over Git's objects, in memory. */
export class EstateRepository {
  readonly objects = new GitObjects();
  readonly #branches = new Map<string, string>();
  readonly #pulls: EstatePull[] = [];
  #archive?: { commit: string; content: Promise<Buffer> };

  /** Makes the repository of an estate, with a short past. */
  constructor(services: number, repositoryUrl: string) {
    const changes = new Map<string, string>();
    for (const { path, text } of estateFiles(services, repositoryUrl)) {
      changes.set(path, text);
    }
    const names = serviceNames(services).slice(0, RELEASES);
    const [first, second] = ENVIRONMENTS;
    const texts = names.map(service => {
      const path = `${overlayPath(service, first.name)}/kustomization.yaml`;
      return { service, path, text: changes.get(path) ?? '' };
    });
    texts.forEach(({ path, text }) =>
      changes.set(path, text.replace(first.version, second.version)),
    );
    changes.set('README.md', 'Declares what Argo CD deploys.\n');
    this.commit(BRANCH, changes, 'Begin', new Date(BEGIN));
    texts.forEach(({ service, path, text }, index) =>
      this.commit(
        BRANCH,
        new Map([[path, text]]),
        `${service} ${first.version} to ${first.name}`,
        new Date(BEGIN + (index + 1) * HOUR_MS),
      ),
    );
  }

  /** The commit that a branch points at. */
  branchHead(branch: string): string | undefined {
    return this.#branches.get(branch);
  }

  get branches(): ReadonlyMap<string, string> {
    return this.#branches;
  }

  get pulls(): readonly EstatePull[] {
    return this.#pulls;
  }

  /** The commits of the deployed branch, oldest first. */
  get history(): string[] {
    return this.objects.ancestry(this.#headOf(BRANCH)).reverse();
  }

  /** The commit that a SHA, a branch or `HEAD` means. */
  resolve(ref: string): string | undefined {
    const name = ref.replace(/^(refs\/)?heads\//, '');
    return (
      this.#branches.get(ref === 'HEAD' ? BRANCH : name) ??
      (this.objects.commit(ref) ? ref : undefined)
    );
  }

  setBranch(branch: string, commit: string | undefined): void {
    if (commit) {
      this.#branches.set(branch, commit);
      return;
    }
    const head = this.#branches.get(branch);
    this.#branches.delete(branch);
    for (const pull of this.#pulls) {
      if (pull.state === 'open' && pull.branch === branch) {
        Object.assign(pull, { state: 'closed', closedAt: head });
      }
    }
  }

  /** Commits files to a branch and returns the commit. */
  commit(
    branch: string,
    files: ReadonlyMap<string, string>,
    message: string,
    date: Date = new Date(),
  ): string {
    const parent = this.#branches.get(branch);
    const changes = new Map(
      [...files].map(([path, text]) => [
        path,
        this.objects.writeBlob(Buffer.from(text)),
      ]),
    );
    return this.#put(branch, parent ? [parent] : [], changes, message, {
      ...RELEASE_BOT,
      date,
    });
  }

  /** Has one overlay pin another version; one commit that touches one file. */
  release(service: string, environment: string, tag: string): string {
    const path = `${overlayPath(service, environment)}/kustomization.yaml`;
    const text = this.readFile(this.#headOf(BRANCH), path)?.toString('utf8');
    if (text === undefined) {
      throw new Refusal(404, `There is no overlay ${path}`);
    }
    return this.commit(
      BRANCH,
      new Map([[path, text.replace(/newTag: "[^"]*"/, `newTag: "${tag}"`)]]),
      `${service} ${tag} to ${environment}`,
    );
  }

  readFile(commit: string, path: string): Buffer | undefined {
    const tree = this.objects.commit(commit)?.tree;
    const entry = tree && this.objects.entryAt(tree, path);
    return entry ? this.objects.blob(entry.sha) : undefined;
  }

  /** The archive of a commit. It is packed once: a real host's packing takes the client's time, not its processor's. */
  async archive(commit: string, folder: string): Promise<Buffer> {
    if (this.#archive?.commit !== commit) {
      const { tree } = this.objects.commit(commit) ?? { tree: '' };
      const files = [...this.objects.walk(tree)]
        .filter(entry => !isFolder(entry))
        .map(({ path, mode, sha }) => ({
          path,
          mode,
          content: this.objects.blob(sha) ?? Buffer.alloc(0),
        }));
      this.#archive = { commit, content: packArchive(commit, folder, files) };
    }
    return this.#archive.content;
  }

  compare(base: string, head: string): EstateComparison {
    const reached = new Set(this.objects.ancestry(base));
    const fromHead = this.objects.ancestry(head);
    const mergeBase = fromHead.find(sha => reached.has(sha)) ?? base;
    const shared = new Set(this.objects.ancestry(mergeBase));
    return {
      mergeBase,
      ahead: fromHead.filter(sha => !reached.has(sha)).reverse(),
      behindBy: [...reached].filter(
        sha => !shared.has(sha) && !fromHead.includes(sha),
      ).length,
      files: this.objects.diff(
        this.objects.commit(mergeBase)?.tree,
        this.objects.commit(head)?.tree,
      ),
    };
  }

  /** @throws Refusal 422 as GitHub would answer */
  openPull(options: {
    branch: string;
    base: string;
    title: string;
    body: string;
    draft: boolean;
  }): EstatePull {
    const { branch, base } = options;
    const [head, onto] = [this.#branches.get(branch), this.#branches.get(base)];
    if (!head || !onto) {
      throw invalid({ field: head ? 'base' : 'head', code: 'invalid' });
    }
    if (
      this.#pulls.some(
        pull =>
          pull.state === 'open' && pull.branch === branch && pull.base === base,
      )
    ) {
      throw invalid({
        code: 'custom',
        message: `A pull request already exists for ${branch}.`,
      });
    }
    if (this.compare(onto, head).ahead.length === 0) {
      throw invalid({
        code: 'custom',
        message: `No commits between ${base} and ${branch}`,
      });
    }
    const pull: EstatePull = {
      ...options,
      number: this.#pulls.length + 1,
      state: 'open',
    };
    this.#pulls.push(pull);
    return pull;
  }

  pull(number: number): EstatePull {
    const pull = this.#pulls[number - 1];
    if (!pull) {
      throw new Refusal(404, 'Not Found');
    }
    return pull;
  }

  headOfPull(pull: EstatePull): string {
    return pull.closedAt ?? this.#headOf(pull.branch);
  }

  /**
   * Merges a pull request by a merge commit, whatever method is asked for.
   *
   * @throws Refusal 405 where it cannot be merged, 409 where its head is not the expected commit
   */
  merge(number: number, expectedHead?: string): string {
    const pull = this.pull(number);
    const head = this.headOfPull(pull);
    const base = this.#headOf(pull.base);
    if (pull.state !== 'open') {
      throw new Refusal(405, 'Pull Request is not mergeable');
    }
    if (expectedHead !== undefined && expectedHead !== head) {
      throw new Refusal(
        409,
        'Head branch was modified. Review and try the merge again.',
      );
    }
    const { mergeBase, files } = this.compare(base, head);
    const ours = new Map(
      this.compare(mergeBase, base).files.map(({ path, after }) => [
        path,
        after,
      ]),
    );
    if (
      files.some(
        ({ path, after }) => ours.has(path) && ours.get(path) !== after,
      )
    ) {
      throw new Refusal(405, 'Pull Request is not mergeable');
    }
    const mergeCommit = this.#put(
      pull.base,
      [base, head],
      new Map(files.map(({ path, after }) => [path, after ?? null])),
      `Merge pull request #${number} from ${pull.branch}\n\n${pull.title}`,
      { ...RELEASE_BOT, date: new Date() },
    );
    Object.assign(pull, {
      state: 'closed',
      closedAt: head,
      mergeCommit,
      mergedAt: new Date().toISOString(),
    });
    return mergeCommit;
  }

  #put(
    branch: string,
    parents: string[],
    changes: TreeChanges,
    message: string,
    author: CommitSignature,
  ): string {
    const base = parents[0] && this.objects.commit(parents[0])?.tree;
    const tree = this.objects.writeTree(base || undefined, changes);
    const commit = this.objects.writeCommit({ tree, parents, message, author });
    this.#branches.set(branch, commit);
    return commit;
  }

  #headOf(branch: string): string {
    const head = this.#branches.get(branch);
    if (!head) {
      throw new Refusal(404, `There is no branch ${branch}`);
    }
    return head;
  }
}

function invalid(error: object): Refusal {
  return new Refusal(422, 'Validation Failed', [
    { resource: 'PullRequest', ...error },
  ]);
}
