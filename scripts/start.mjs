/**
 * `npm start`: builds what is stale, then runs the bundled command with this project's README
 * piped to its stdin. `npm start -- x.component.wasm args…` runs another component.
 */

import { join } from 'node:path';
import { build } from './lib/graph.mjs';
import { tidegate } from './lib/guest.mjs';
import { main, root, say } from './lib/run.mjs';
import { steps } from './lib/steps.mjs';
import { checkNode } from './lib/tools.mjs';

await main(async (args) => {
  checkNode();
  if (args.length > 0) {
    await build(steps, ['package']);
    return tidegate(['run', ...args]);
  }
  await build(steps, ['package', 'guests']);
  say('running tests/guests/command, README.md on its stdin');
  return tidegate(
    ['run', join(root, 'build/guests/command.component.wasm')],
    join(root, 'README.md'),
  );
});
