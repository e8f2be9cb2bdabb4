import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, Server } from 'node:net';
import { startApp } from './app';
import { expect, test } from './browser';

const PORT = 7350;

/** What `npm start` prints and ends with when it does not get far. */
async function runStart(
  ...args: string[]
): Promise<{ code: unknown; output: string }> {
  return new Promise(resolve =>
    execFile('node', ['scripts/start.mjs', ...args], (error, out, err) =>
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
    const { code, output } = await runStart(
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
    const unknown = await runStart('--prot=1');
    expect(unknown.code).toBe(1);
    expect(unknown.output).toContain('--sandbox-port');

    const wrong = await runStart('--port=x');
    expect(wrong.code).toBe(1);
    expect(wrong.output).toContain('x is no port');
  });

  test('ends everything that it started', async () => {
    const app = await startApp(PORT);
    await expect(fetch(app.demoUrl)).resolves.toMatchObject({ ok: true });
    await app.stop();

    // A port can be listened on only when nobody else does any more.
    for (let port = PORT; port < PORT + 5; port++) {
      (await listen(port)).close();
    }
  });
});
