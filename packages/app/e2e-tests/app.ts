import { spawn } from 'node:child_process';

const START_TIMEOUT_MS = 170_000;

/** What `npm start` brought up, on ports that nobody else uses. */
export interface RunningApp {
  /** Address of the page that `npm start` says to open. */
  demoUrl: string;
  /** Presses a button of the sandbox's control page. */
  act(action: string): Promise<void>;
  /** The names of the pods that Argo CD sees of an Application. */
  pods(application: string): Promise<string[]>;
  /** Ctrl-C; rejects unless everything ended as it should. */
  stop(): Promise<void>;
}

/**
 * Runs `npm start` as a newcomer does, and waits for the address that it ends with.
 *
 * @param user - who signs in: `guest`, who owns the demo service, or `viewer`, who does not
 */
export async function startApp(
  port: number,
  user: 'guest' | 'viewer' = 'guest',
): Promise<RunningApp> {
  const sandboxPort = port + 1;
  const child = spawn(
    'node',
    [
      'scripts/start.mjs',
      `--port=${port}`,
      `--sandbox-port=${sandboxPort}`,
      `--as=${user}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const ended = new Promise<number | null>(resolve =>
    child.on('close', resolve),
  );
  const demoUrl = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGINT');
      reject(new Error(`npm start ${why}:\n${output}`));
    };
    const timeout = setTimeout(() => fail('took too long'), START_TIMEOUT_MS);
    const collect = (data: unknown) => {
      output += data;
      const address = /Open +(\S+)[\s\S]*Stop/.exec(output)?.[1];
      if (address) {
        clearTimeout(timeout);
        resolve(address);
      }
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    ended.then(() => {
      clearTimeout(timeout);
      fail('ended');
    });
  });
  return {
    demoUrl,
    async act(action) {
      const response = await fetch(
        `http://localhost:${sandboxPort}/actions/${action}`,
        { method: 'POST' },
      );
      if (!response.ok) {
        throw new Error(`${action}: ${await response.text()}`);
      }
    },
    async pods(application) {
      const response = await fetch(
        `http://localhost:${
          sandboxPort + 2
        }/api/v1/applications/${application}/resource-tree`,
        { headers: { authorization: 'Bearer sandbox-token' } },
      );
      if (!response.ok) {
        throw new Error(`${application}: ${await response.text()}`);
      }
      const { nodes }: { nodes: { kind: string; name: string }[] } =
        await response.json();
      return nodes.filter(({ kind }) => kind === 'Pod').map(({ name }) => name);
    },
    async stop() {
      child.kill('SIGINT');
      const code = await ended;
      if (code !== 0) {
        throw new Error(`npm start ended with ${code}:\n${output}`);
      }
    },
  };
}
