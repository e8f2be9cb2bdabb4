/** Waits until a check holds. */
export async function eventually(
  check: () => void | Promise<void>,
): Promise<void> {
  const deadline = performance.now() + 15_000;
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
