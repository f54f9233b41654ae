/** `npm run size`: builds what is stale and counts the bytes of what is published. */

import { build } from './lib/graph.mjs';
import { hand, main } from './lib/run.mjs';
import { steps } from './lib/steps.mjs';
import { checkNode, pinnedNode } from './lib/tools.mjs';

await main(async (args) => {
  checkNode();
  await build(steps, ['package']);
  return hand(pinnedNode(), ['bench/size.mjs', ...args]);
});
