import { Sandbox } from '../Sandbox';
import { startTestSandbox } from './startTestSandbox';

/**
 * A suite with one sandbox, as new before each of its tests.
 *
 * @param take - is given the sandbox before the first test
 */
export function registerSandboxSuite(take: (sandbox: Sandbox) => void): void {
  // A sandbox starts in seconds where the machine is busy.
  jest.setTimeout(60_000);
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    take(sandbox);
  });

  beforeEach(async () => {
    await sandbox.reset();
  });

  afterAll(async () => {
    await sandbox.close();
  });
}
