/**
 * `npm run mutate`: whether our scripts would notice a rule that is not enforced; `tests/mutate/run.mjs` has the arguments.
 */

import { build } from './lib/graph.mjs';
import { hand, main } from './lib/run.mjs';
import { steps } from './lib/steps.mjs';
import { checkNode, pinnedNode } from './lib/tools.mjs';

await main(async (args) => {
  checkNode();
  await build(steps, ['mutable', 'wast']);
  return hand(pinnedNode(), ['tests/mutate/run.mjs', ...args]);
});
