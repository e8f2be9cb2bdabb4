import { AS_BYTES, bytesOf } from './createOctokit';
import { GithubConnection } from './GithubConnection';
import { githubStatus } from './githubErrors';
import { Contents, TreeEntry } from './InfraRepository';
import { readArchive } from './readArchive';
import { toContent } from './readContents';
import { RecentlyUsed } from './RecentlyUsed';

const ARCHIVE_TIMEOUT_MS = 120_000;

// What never changes is kept; the bound is for memory alone. Characters.
const ROOM_FOR_TEXT = 10_000_000;

export function createContents(connection: GithubConnection): Contents {
  // Null of what is not read. A commit may not be there yet.
  const texts = new RecentlyUsed<string | null | undefined>({
    room: ROOM_FOR_TEXT,
    sizeOf: text => 1 + (text?.length ?? 0),
  });
  return {
    async tree(sha, { recursive }) {
      return connection.call(
        `read the tree of ${sha}`,
        async (octokit, params) => {
          const { data } = await octokit.rest.git.getTree({
            ...params,
            tree_sha: sha,
            recursive: recursive ? 'true' : undefined,
          });
          return {
            truncated: data.truncated ?? false,
            entries: data.tree.map(entry => ({
              path: entry.path ?? '',
              sha: entry.sha ?? '',
              kind: kindOf(entry),
              size: entry.size ?? 0,
              ...(entry.mode === '100755' && { executable: true }),
            })),
          };
        },
      );
    },

    async blob(sha) {
      return connection.call(
        `read the blob ${sha}`,
        async (octokit, params) => {
          const { data } = await octokit.rest.git.getBlob({
            ...params,
            file_sha: sha,
          });
          return Buffer.from(
            data.content,
            data.encoding === 'base64' ? 'base64' : 'utf8',
          );
        },
      );
    },

    async archive(commit, isWanted) {
      return connection.call(
        `read the archive of ${commit}`,
        async (octokit, params) => {
          const { data } = await octokit.rest.repos.downloadTarballArchive({
            ...params,
            ref: commit,
            request: {
              ...AS_BYTES,
              signal: AbortSignal.timeout(ARCHIVE_TIMEOUT_MS),
            },
          });
          return readArchive(data as AsyncIterable<Uint8Array>, isWanted);
        },
      );
    },

    async fileAt(commit, path) {
      const found = await texts.get(`${commit} ${path}`, () =>
        connection.call(
          `read ${path} at ${commit}`,
          async (octokit, params) => {
            try {
              const { data } = await octokit.rest.repos.getContent({
                ...params,
                ref: commit,
                path,
                mediaType: { format: 'raw' },
                request: AS_BYTES,
              });
              return toContent(await bytesOf(data)).text ?? null;
            } catch (error) {
              if (githubStatus(error) === 404) {
                return undefined;
              }
              throw error;
            }
          },
        ),
      );
      return found ?? undefined;
    },
  };
}

function kindOf(entry: { type?: string; mode?: string }): TreeEntry['kind'] {
  switch (entry.type) {
    case 'tree':
      return 'folder';
    case 'commit':
      return 'submodule';
    default:
      return entry.mode === '120000' ? 'symlink' : 'file';
  }
}
