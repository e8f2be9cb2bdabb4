import { NotFoundError } from '@backstage/errors';
import { InfraRepository } from '../github/InfraRepository';
import { RepositoryState } from '../readmodel/RepositoryState';

/** Whether a commit is in the history of another; not where one of them is in the repository no more. */
export async function contains(
  repository:
    | Pick<InfraRepository, 'compare'>
    | Pick<RepositoryState, 'compare'>,
  head: string | undefined,
  commit: string,
): Promise<boolean> {
  if (head === undefined || head === commit) {
    return head === commit;
  }
  try {
    return (await repository.compare(commit, head)).behindBy === 0;
  } catch (error) {
    if (NotFoundError.is(error)) {
      return false;
    }
    throw error;
  }
}
