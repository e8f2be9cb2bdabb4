import { RepositoryState } from '../readmodel/RepositoryState';
import { contains } from './contains';

// Forgetting costs a question more for each.
const ROOM = 10_000;

/**
 * Whether the deployed branch still has the commits that pull requests were made on: one that is moved back, or written
 * anew, has them no more. A head that descends from the one of before has all that it had, so that a new head is one
 * question to GitHub for all of them.
 */
export class Lineage {
  /** The last head that a commit was found in, by commit. */
  readonly #heads = new Map<string, string>();

  /** @throws as `InfraRepository.compare`, other than for a commit that is unknown. */
  async has(
    source: Pick<RepositoryState, 'compare'>,
    head: string,
    commit: string,
  ): Promise<boolean> {
    const before = this.#heads.get(commit);
    const has =
      (before !== undefined && (await contains(source, head, before))) ||
      (await contains(source, head, commit));
    if (has) {
      if (this.#heads.size >= ROOM) {
        this.#heads.clear();
      }
      this.#heads.set(commit, head);
    }
    return has;
  }
}
