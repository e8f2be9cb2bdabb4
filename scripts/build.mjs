// Builds the production form of backend and page into dist-run/, and only when something changed.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { runStep } from './steps.mjs';
import { root } from './toolchain.mjs';

export const distRun = join(root, 'dist-run');

const WORKSPACE_FOLDERS = ['packages', 'plugins'];
// The sandbox runs from its sources.
const NOT_BUILT = ['sandbox'];
const SKIPPED = ['node_modules', 'dist', 'dist-types', 'e2e-tests'];
const ROOT_FILES = ['app-config.yaml', 'package.json', 'yarn.lock'];

/** Builds unless dist-run/ was built from the very same sources. */
export async function build(env) {
  const stamp = join(distRun, 'built-from');
  const sources = sourcesHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) {
    return;
  }
  rmSync(distRun, { recursive: true, force: true });
  mkdirSync(distRun);
  await runStep(
    'Building the page and the backend (about a minute)',
    'yarn',
    ['workspace', 'backend', 'build'],
    { cwd: root, env: { ...env, NODE_ENV: 'production' } },
  );
  const bundle = join(root, 'packages/backend/dist/bundle.tar.gz');
  await runStep('Unpacking the build', 'tar', ['-xzf', bundle, '-C', distRun]);
  linkPackages();
  writeFileSync(stamp, sources);
}

// The built packages must find each other before the sources that node_modules of the root links to.
function linkPackages() {
  for (const folder of packageFolders(distRun)) {
    const { name } = JSON.parse(
      readFileSync(join(distRun, folder, 'package.json'), 'utf8'),
    );
    const link = join(distRun, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(relative(dirname(link), join(distRun, folder)), link);
  }
}

function packageFolders(base) {
  return WORKSPACE_FOLDERS.filter(folder =>
    existsSync(join(base, folder)),
  ).flatMap(folder =>
    readdirSync(join(base, folder))
      .filter(name => existsSync(join(base, folder, name, 'package.json')))
      .map(name => join(folder, name)),
  );
}

function sourcesHash() {
  const hash = createHash('sha256');
  const add = path => {
    hash.update(relative(root, path)).update(readFileSync(path));
  };
  const addFolder = folder => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort(
      (a, b) => (a.name < b.name ? -1 : 1),
    )) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.includes(entry.name)) {
          addFolder(path);
        }
      } else if (!/\.test\.tsx?$/.test(entry.name)) {
        add(path);
      }
    }
  };
  ROOT_FILES.forEach(name => add(join(root, name)));
  packageFolders(root)
    .filter(folder => !NOT_BUILT.some(name => folder.endsWith(`/${name}`)))
    .forEach(folder => addFolder(join(root, folder)));
  return hash.digest('hex');
}
