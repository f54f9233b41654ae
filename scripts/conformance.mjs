/**
 * `npm run conformance -- DIR …`: runs a folder of component `.wast` scripts; `tests/conformance/run.mjs` has the
 * arguments. On the Node of package.json, which has all that scripts can ask for.
 */

import { build } from './lib/graph.mjs';
import { hand, main } from './lib/run.mjs';
import { steps } from './lib/steps.mjs';
import { checkNode, pinnedNode } from './lib/tools.mjs';

await main(async (args) => {
  checkNode();
  await build(steps, ['package']);
  return hand(pinnedNode(), ['tests/conformance/run.mjs', ...args]);
});
