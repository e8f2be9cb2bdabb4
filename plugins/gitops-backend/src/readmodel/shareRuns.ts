/**
 * Lets calls of some work share its runs. A run that has begun is not shared: it may have missed what a later caller
 * has to see. All who call meanwhile share the next one.
 */
export function shareRuns(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        running = run();
        return running;
      });
    return next;
  };
}
