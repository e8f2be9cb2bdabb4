import { createHash } from 'node:crypto';
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
    archive: noArchive,
  };
}

// A few contents are read one by one.
async function noArchive(): Promise<never> {
  throw new Error('the archive was asked for');
}

// What `git hash-object` says.
function gitSha(text: string): string {
  const content = Buffer.from(text);
  return createHash('sha1')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex');
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
      archive: noArchive,
    };
    await expect(readSnapshot(repository, 'one')).rejects.toThrow('away');
  });

  describe('of many files', () => {
    const texts = new Map(
      Array.from({ length: 60 }, (_, index) => [
        `apps/a/overlays/e${index}/kustomization.yaml`,
        `namespace: "é${index}"\r\n`,
      ]),
    );
    const paths = [...texts.keys()];
    const many = (changed: Record<string, string>) => {
      const blobs: string[] = [];
      const archived: string[] = [];
      return {
        blobs,
        archived,
        tree: async () => [
          ...paths.map(path => file(path, gitSha(texts.get(path)!))),
          file('README.md', 'r'),
        ],
        blob: async (sha: string) => {
          blobs.push(sha);
          return [...texts.values()].find(text => gitSha(text) === sha)!;
        },
        archive: async (_: string, isWanted: (path: string) => boolean) =>
          new Map(
            [...paths, 'README.md', 'apps/not-in-the-tree.yaml']
              .filter(isWanted)
              .flatMap(path => {
                archived.push(path);
                const text = changed[path] ?? texts.get(path);
                return text ? [[path, Buffer.from(text)] as const] : [];
              }),
          ),
      };
    };

    it('takes them from the archive in one call', async () => {
      const repository = many({});
      const { snapshot } = await readSnapshot(repository, 'one');
      expect(repository.archived).toEqual(paths);
      expect(repository.blobs).toEqual([]);
      expect(snapshot.files).toEqual(texts);
    });

    it('reads alone what the archive leaves out or changes, as .gitattributes can say', async () => {
      const repository = many({ [paths[3]]: 'changed', [paths[5]]: '' });
      const { snapshot } = await readSnapshot(repository, 'one');
      expect(repository.blobs.sort()).toEqual(
        [paths[3], paths[5]].map(path => gitSha(texts.get(path)!)).sort(),
      );
      expect(snapshot.files).toEqual(texts);
    });
  });
});
