import {
  createMockDirectory,
  registerMswTestHooks,
} from '@backstage/backend-test-utils';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { create } from 'tar';
import {
  API,
  COMMIT,
  createMockedRepository,
  HEAD,
} from '../__testUtils__/mockedGithub';

describe('contents', () => {
  const server = setupServer();
  registerMswTestHooks(server);

  it('tells files, folders, links and submodules of a tree apart', async () => {
    const entry = { sha: COMMIT, size: 10 };
    const asked: string[] = [];
    server.use(
      http.get(`${API}/git/trees/${HEAD}`, ({ request }) => {
        asked.push(new URL(request.url).search);
        return HttpResponse.json({
          sha: HEAD,
          truncated: asked.length > 1,
          tree: [
            { path: 'apps', sha: COMMIT, type: 'tree', mode: '040000' },
            { ...entry, path: 'apps/a.yaml', type: 'blob', mode: '100644' },
            { ...entry, path: 'apps/run.yaml', type: 'blob', mode: '100755' },
            { ...entry, path: 'apps/link.yaml', type: 'blob', mode: '120000' },
            {
              path: 'apps/module',
              sha: COMMIT,
              type: 'commit',
              mode: '160000',
            },
          ],
        });
      }),
    );
    const repository = createMockedRepository();
    await expect(repository.tree(HEAD, { recursive: true })).resolves.toEqual({
      truncated: false,
      entries: [
        { path: 'apps', kind: 'folder', sha: COMMIT, size: 0 },
        { path: 'apps/a.yaml', kind: 'file', ...entry },
        { path: 'apps/run.yaml', kind: 'file', ...entry, executable: true },
        { path: 'apps/link.yaml', kind: 'symlink', ...entry },
        { path: 'apps/module', kind: 'submodule', sha: COMMIT, size: 0 },
      ],
    });
    await expect(
      repository.tree(HEAD, { recursive: false }),
    ).resolves.toMatchObject({ truncated: true });
    expect(asked).toEqual(['?recursive=true', '']);
  });

  describe('a file', () => {
    const PATH = 'apps/demo/overlays/stage/kustomization.yaml';

    it.each([
      ['its text', () => HttpResponse.text('a: "é"\r\n'), 'a: "é"\r\n', 1],
      [
        'nothing where it is too large',
        () => HttpResponse.text('x'.repeat(600_000)),
        undefined,
        1,
      ],
      [
        'nothing where it is not there, or the commit is not there yet',
        () => HttpResponse.json({ message: 'Not Found' }, { status: 404 }),
        undefined,
        2,
      ],
    ])(
      'has at a commit %s, and is asked for as often as that may change',
      async (_, reply, text, times) => {
        let asked = 0;
        server.use(
          http.get(`${API}/contents/${encodeURIComponent(PATH)}`, () => {
            asked += 1;
            return reply();
          }),
        );
        const repository = createMockedRepository();
        await expect(repository.fileAt(COMMIT, PATH)).resolves.toBe(text);
        await expect(repository.fileAt(COMMIT, PATH)).resolves.toBe(text);
        expect(asked).toBe(times);
      },
    );
  });

  describe('the archive', () => {
    const archive = async (files: Record<string, string>) => {
      const directory = createMockDirectory();
      directory.setContent({ 'demo-gitops-infra-bbbbbbb': files });
      const chunks: Buffer[] = [];
      const packed = create({ gzip: true, cwd: directory.path }, [
        'demo-gitops-infra-bbbbbbb',
      ]);
      for await (const chunk of packed) {
        chunks.push(Buffer.from(chunk));
      }
      return Buffer.concat(chunks);
    };

    it('comes from where GitHub says, which never sees the token', async () => {
      const content = await archive({
        'apps/a.yaml': 'a: é\r\n',
        'README.md': 'no',
      });
      const authorizations: (string | null)[] = [];
      server.use(
        http.get(`${API}/tarball/${COMMIT}`, ({ request }) => {
          authorizations.push(request.headers.get('authorization'));
          return HttpResponse.redirect('https://codeload.test/archive', 302);
        }),
        http.get('https://codeload.test/archive', ({ request }) => {
          authorizations.push(request.headers.get('authorization'));
          return new HttpResponse(content, {
            headers: { 'content-type': 'application/x-gzip' },
          });
        }),
      );
      await expect(
        createMockedRepository().archive(COMMIT, path =>
          path.startsWith('apps/'),
        ),
      ).resolves.toEqual(new Map([['apps/a.yaml', Buffer.from('a: é\r\n')]]));
      expect(authorizations).toEqual(['token a-secret-token', null]);
    });

    it.each([
      ['no archive', async () => Buffer.from('<html>')],
      [
        'cut short',
        async () =>
          (await archive({ 'apps/a.yaml': 'x'.repeat(5_000) })).subarray(0, 60),
      ],
    ])('is not taken when it is %s', async (_, content) => {
      const body = await content();
      server.use(
        http.get(
          `${API}/tarball/${COMMIT}`,
          () =>
            new HttpResponse(body, {
              headers: { 'content-type': 'application/x-gzip' },
            }),
        ),
      );
      await expect(
        createMockedRepository().archive(COMMIT, () => true),
      ).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
    });
  });
});
