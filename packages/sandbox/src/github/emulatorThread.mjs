// emulate is an ES module with no entry for `require`, so no code that a test runner or a transform loads as CommonJS
// can have it. A thread of its own loads it as it is.
import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { createEmulator } from 'emulate';

const ATTEMPTS = 5;

// The emulator writes its base URL into every answer, so it cannot tell a port that it picked itself.
async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

async function start(attempt) {
  const port = await freePort();
  try {
    const emulator = await createEmulator({
      service: 'github',
      port,
      hostname: '127.0.0.1',
      baseUrl: workerData.baseUrl,
      seed: workerData.seed,
    });
    return { emulator, port };
  } catch (error) {
    if (error.code === 'EADDRINUSE' && attempt < ATTEMPTS) {
      return start(attempt + 1);
    }
    throw error;
  }
}

const { emulator, port } = await start(1);
parentPort.postMessage({ port });
parentPort.on('message', () => {
  emulator.reset();
  parentPort.postMessage({ port });
});
