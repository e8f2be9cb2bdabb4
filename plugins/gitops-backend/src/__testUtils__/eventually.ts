// A machine that does much else at the same time is slow.
const PATIENCE_MS = 60_000;

/** Waits until a check holds. */
export async function eventually(
  check: () => void | Promise<void>,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > deadline) {
        throw error;
      }
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  }
}
