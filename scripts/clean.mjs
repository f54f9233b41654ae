/** `npm run clean`: removes everything that was built; `-- --all` the installed tools as well. */

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { main, root, say } from './lib/run.mjs';

const BUILT = ['js/generated', 'pkg'];
const INSTALLED = [
  'build',
  'target',
  'tests/guests/target',
  'tests/engines/node_modules',
  'node_modules',
];

await main(async (args) => {
  const paths = args.includes('--all') ? [...BUILT, ...INSTALLED] : [...BUILT, ...inBuild()];
  for (const path of paths) rmSync(join(root, path), { recursive: true, force: true });
  say('clean');
});

/** All of `build/` but the tools, which take minutes to install, and the stamp that says so. */
function inBuild() {
  const list = (folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []);
  const stamps = ['bindgen', 'npm', 'engines'].map((name) => `build/stamps/${name}`);
  const kept = ['build/tools', 'build/stamps', ...stamps];
  return ['build', 'build/stamps']
    .flatMap((folder) => list(folder).map((name) => `${folder}/${name}`))
    .filter((path) => !kept.includes(path));
}
