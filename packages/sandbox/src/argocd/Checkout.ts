import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmulatedRepository } from '../github/EmulatedRepository';

/** A folder that holds the files of one commit at a time, as the repo server of Argo CD has one. */
export class Checkout {
  readonly directory: string;
  readonly #repository: EmulatedRepository;
  readonly #written = new Map<string, string>();

  static async create(repository: EmulatedRepository): Promise<Checkout> {
    const directory = await mkdtemp(path.join(tmpdir(), 'sandbox-argocd-'));
    return new Checkout(directory, repository);
  }

  private constructor(directory: string, repository: EmulatedRepository) {
    this.directory = directory;
    this.#repository = repository;
  }

  /** Makes the folder hold a commit's files. What did not change is left alone. */
  async checkout(commit: string): Promise<void> {
    const tree = await this.#repository.tree(commit);
    const wanted = new Set(tree.map(file => file.path));
    for (const file of this.#written.keys()) {
      if (!wanted.has(file)) {
        await rm(path.join(this.directory, file), { force: true });
        this.#written.delete(file);
      }
    }
    for (const { path: file, sha } of tree) {
      if (this.#written.get(file) !== sha) {
        const target = path.join(this.directory, file);
        await mkdir(path.dirname(target), { recursive: true });
        await writeFile(target, await this.#repository.blob(sha));
        this.#written.set(file, sha);
      }
    }
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
