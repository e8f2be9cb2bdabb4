import { readSnapshot } from './readSnapshot';

const file = (path: string, sha: string, size = 10) => ({ path, sha, size });

function repositoryWith(trees: Record<string, ReturnType<typeof file>[]>) {
  const blobs: string[] = [];
  return {
    blobs,
    tree: async (commit: string) => trees[commit],
    blob: async (sha: string) => {
      blobs.push(sha);
      return `text of ${sha}`;
    },
  };
}

describe('readSnapshot', () => {
  it('reads what environments are made of, and nothing else', async () => {
    const repository = repositoryWith({
      one: [
        file('README.md', '1'),
        file('package.json', '2'),
        file('bootstrap/kustomization.yaml', '3'),
        file('apps/demo/base/Kustomization', '4'),
        file('apps/demo/overlays/local/kustomization.yml', '5'),
        file('apps/demo/logo.png', '6'),
        file('not-apps/demo/kustomization.yaml', '7'),
        file('apps/demo/huge.yaml', '8', 1024 * 1024),
      ],
    });
    const { snapshot } = await readSnapshot(repository, 'one');
    expect(snapshot.commit).toBe('one');
    expect([...snapshot.files]).toEqual([
      ['bootstrap/kustomization.yaml', 'text of 3'],
      ['apps/demo/base/Kustomization', 'text of 4'],
      ['apps/demo/overlays/local/kustomization.yml', 'text of 5'],
    ]);
  });

  it('asks for changed contents only, whatever was moved or deleted', async () => {
    const repository = repositoryWith({
      one: [file('apps/a.yaml', '1'), file('apps/b.yaml', '2')],
      two: [
        file('apps/a.yaml', '3'),
        file('apps/moved.yaml', '2'),
        file('apps/copy.yaml', '3'),
      ],
    });
    const first = await readSnapshot(repository, 'one');
    repository.blobs.length = 0;
    const { snapshot } = await readSnapshot(repository, 'two', first);
    expect(repository.blobs).toEqual(['3']);
    expect([...snapshot.files]).toEqual([
      ['apps/a.yaml', 'text of 3'],
      ['apps/moved.yaml', 'text of 2'],
      ['apps/copy.yaml', 'text of 3'],
    ]);
  });

  it('fails as a whole when one content cannot be read', async () => {
    const repository = {
      tree: async () => [file('apps/a.yaml', '1')],
      blob: () => Promise.reject(new Error('away')),
    };
    await expect(readSnapshot(repository, 'one')).rejects.toThrow('away');
  });
});
