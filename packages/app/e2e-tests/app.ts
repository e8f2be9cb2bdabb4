import { portsFrom, Processes } from '../../../scripts/running.mjs';

/** The built app with the sandbox behind it, on ports that nobody else uses. */
export interface RunningApp {
  url: string;
  /** Presses a button of the sandbox's control page. */
  act(action: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the production build that `npm test` made, and the sandbox.
 *
 * @param user - who signs in: `guest`, who owns the demo service, or `viewer`, who does not
 */
export async function startApp(
  firstPort: number,
  user: 'guest' | 'viewer' = 'guest',
): Promise<RunningApp> {
  const ports = portsFrom(firstPort, firstPort + 1);
  const processes = new Processes();
  try {
    await processes.startSandbox(process.env, ports);
    const url = await processes.startApp(process.env, ports, {
      GITOPS_SANDBOX_USER: user,
    });
    return {
      url,
      async act(action) {
        const response = await fetch(
          `http://localhost:${ports.control}/actions/${action}`,
          { method: 'POST' },
        );
        if (!response.ok) {
          throw new Error(`${action}: ${await response.text()}`);
        }
      },
      stop: () => processes.stop(),
    };
  } catch (error) {
    await processes.stop();
    throw error;
  }
}
