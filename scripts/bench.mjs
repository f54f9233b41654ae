/** `npm run bench`: builds what is stale and measures it on the Node that package.json pins. `--jco` installs what jco transpiles with. */

import { build } from './lib/graph.mjs';
import { hand, main } from './lib/run.mjs';
import { steps } from './lib/steps.mjs';
import { checkNode, pinnedNode } from './lib/tools.mjs';

await main(async (args) => {
  checkNode();
  await build(steps, ['package', 'bench-guests', ...(args.includes('--jco') ? ['jco'] : [])]);
  return hand(pinnedNode(), ['bench/run.mjs', ...args]);
});
