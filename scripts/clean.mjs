/** `npm run clean`: removes everything that was built; `-- --all` the installed tools as well. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { main, root, say } from './lib/run.mjs';

const BUILT = [
  'build/stamps',
  'build/bench',
  'build/bundle',
  'build/glue',
  'build/guests',
  'build/types',
  'build/runtime.wasm',
  'build/compiler_bg.wasm',
  'build/driver.wasm',
  'js/generated',
  'pkg',
];
const INSTALLED = ['build', 'target', 'tests/guests/target', 'node_modules'];

await main(async (args) => {
  for (const path of [...BUILT, ...(args.includes('--all') ? INSTALLED : [])]) {
    rmSync(join(root, path), { recursive: true, force: true });
  }
  say('clean');
});
