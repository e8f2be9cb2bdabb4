import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { EmulatedRepository } from '../github/EmulatedRepository';
import { PACKAGE_DIRECTORY } from '../packageDirectory';
import { inventHistory } from './history';

const PUBLISHED_URL = 'https://github.com/demo/gitops-infra';
const ORGANIZATION = 'packages/sandbox/org.yaml';
const NAMES_ITS_REPOSITORY = /^(bootstrap\/[^/]+\.ya?ml|catalog-info\.yaml)$/;

/**
 * Fills the repository with files and an invented past. Where a file names the repository that it is
 * published in, it names the emulated one instead, as somebody's fork would.
 *
 * @param content - by path
 * @param url - page of the emulated repository
 */
export async function seedRepository(
  repository: EmulatedRepository,
  content: ReadonlyMap<string, string>,
  url: string,
): Promise<void> {
  const files = new Map(content);
  for (const [file, text] of content) {
    if (NAMES_ITS_REPOSITORY.test(file)) {
      files.set(file, text.split(PUBLISHED_URL).join(url));
    }
  }
  files.set(
    ORGANIZATION,
    await readFile(path.join(PACKAGE_DIRECTORY, 'org.yaml'), 'utf8'),
  );

  let head: string | undefined;
  for (const { message, author, changes } of inventHistory(files, new Date())) {
    head = await repository.createCommit({
      message,
      author,
      tree: await repository.createTree(changes, head),
      parents: head ? [head] : [],
    });
  }
  if (head) {
    await repository.setBranch(repository.branch, head);
  }
}
