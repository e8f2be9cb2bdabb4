import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, Server } from 'node:net';
import { startApp } from './app';
import { expect, test } from './browser';

const PORT = 7350;

/** What a script prints and ends with. */
async function run(
  script: string,
  ...args: string[]
): Promise<{ code: unknown; output: string }> {
  return new Promise(resolve =>
    execFile('node', [`scripts/${script}`, ...args], (error, out, err) =>
      resolve({ code: error?.code ?? 0, output: out + err }),
    ),
  );
}

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test.describe('npm start', () => {
  test('says which port is taken and how to give another', async () => {
    const server = await listen(PORT + 3);
    const { code, output } = await run(
      'start.mjs',
      `--port=${PORT}`,
      `--sandbox-port=${PORT + 1}`,
    );
    server.close();

    expect(code).toBe(1);
    expect(output).toContain(
      `This port is taken by another program: ${PORT + 3} (argocd).`,
    );
    expect(output).toContain('npm start -- --sandbox-port 4500');
  });

  test('says what its options are', async () => {
    const unknown = await run('start.mjs', '--prot=1');
    expect(unknown.code).toBe(1);
    expect(unknown.output).toContain('--sandbox-port');

    const wrong = await run('start.mjs', '--port=x');
    expect(wrong.code).toBe(1);
    expect(wrong.output).toContain('x is no port');
  });

  test('ends everything that it started', async () => {
    const app = await startApp(PORT);
    await expect(fetch(app.demoUrl)).resolves.toMatchObject({ ok: true });
    await app.stop();

    // A port can be listened on only when nobody else does any more.
    for (let port = PORT; port < PORT + 6; port++) {
      (await listen(port)).close();
    }
  });
});

test.describe('npm test', () => {
  test('fails where nothing was tested', async () => {
    const { code, output } = await run('test.mjs', 'no-test-is-called-so');

    expect(output).toMatch(/\n0 passed, 0 failed\n$/);
    expect(code).toBe(1);
  });

  test('fails for a part that there is not', async () => {
    const { code, output } = await run('test.mjs', '--only=nothing');

    expect(output).toContain('There is no part nothing');
    expect(code).toBe(1);
  });
});
