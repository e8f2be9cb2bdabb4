import { GithubServer } from '../__testUtils__/GithubServer';
import { readSnapshot } from './readSnapshot';

const PATH = 'apps/demo/kustomization.yaml';

describe('a file that GitHub calls UTF-8', () => {
  let github: GithubServer;

  beforeEach(async () => {
    github = await GithubServer.start();
  });

  afterEach(async () => {
    await github.close();
  });

  it.each([
    ['with a byte order mark', '\ufeffa: 1\n'],
    ['with the line ends of Windows', 'a: "é"\r\n'],
    ['that is empty', ''],
    ['that is no UTF-8', Buffer.from('a: é\n', 'latin1')],
    ['that is binary', Buffer.from([0, 1])],
    ['that is as large as is read', 'é'.repeat(256 * 1024)],
    ['that is larger', `${'é'.repeat(256 * 1024)}\n`],
  ])('is the same at a commit as in its snapshot: one %s', async (_, text) => {
    const commit = github.git.commit({ [PATH]: text });
    const { snapshot } = await readSnapshot(github.client(), commit);
    expect(snapshot.files.has(PATH)).toBe(!snapshot.unread.has(PATH));
    await expect(github.client().fileAt(commit, PATH)).resolves.toBe(
      snapshot.files.get(PATH),
    );
  });

  it('is not taken for an empty one where the answer is cut off', async () => {
    const commit = github.git.commit({ [PATH]: 'a: 1\n' });
    github.intercept = ({ socket }) => {
      socket.end(
        'HTTP/1.1 200 OK\r\ncontent-type: application/vnd.github.raw; charset=utf-8\r\ncontent-length: 5\r\n\r\na',
      );
    };
    const client = github.client();
    await expect(client.fileAt(commit, PATH)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
    github.intercept = () => {};
    await expect(client.fileAt(commit, PATH)).resolves.toBe('a: 1\n');
  });
});
