import { inventHistory, SeedCommit } from './history';

const LOCAL = 'apps/demo/overlays/local/kustomization.yaml';
const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';
const NOW = new Date('2026-11-24T12:00:00Z');

function tree(local: string, stage: string): Map<string, string> {
  return new Map([
    ['README.md', '# Demo\n'],
    [LOCAL, `newTag: "${local}" # quoted\n`],
    [STAGE, `newTag: "${stage}"\n`],
  ]);
}

function replay(commits: SeedCommit[]): Map<string, string | null> {
  const files = new Map<string, string | null>();
  for (const { changes } of commits) {
    Object.entries(changes).forEach(([path, text]) => files.set(path, text));
  }
  return files;
}

describe('an invented history', () => {
  it('leaves stage behind local', () => {
    const commits = inventHistory(tree('1.4.2', '1.4.1'), NOW);

    expect(commits.map(({ message }) => message)).toEqual([
      'Deploy the demo service to local and stage',
      'demo 1.4.1 to local',
      'promote(demo): local → stage, 1.4.0 → 1.4.1',
      'Describe the repository',
      'Say why the tag is quoted',
      'demo 1.4.2 to local',
    ]);
    expect(commits[0].changes[LOCAL]).toBe('newTag: "1.4.0"\n');
    expect(new Set(commits.map(({ author }) => author.name)).size).toBe(3);
    const dates = commits.map(({ author }) => author.date);
    expect([...dates].sort()).toEqual(dates);
    expect(dates[dates.length - 1] < NOW.toISOString()).toBe(true);
  });

  it.each([
    ['stage behind', tree('1.4.2', '1.4.1')],
    ['stage as far', tree('1.4.2', '1.4.2')],
    ['stage ahead', tree('1.4.2', '1.5.0')],
    ['no version to go back from', tree('main', '1.4.0')],
    ['no overlays', new Map([['a.txt', 'a']])],
  ])('ends with the tree as it is: %s', (_, files) => {
    const commits = inventHistory(files, NOW);

    expect(replay(commits)).toEqual(files);
    expect(
      commits.every(({ changes }) => Object.keys(changes).length > 0),
    ).toBe(true);
  });
});
