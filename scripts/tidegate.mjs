/** `npm run tidegate -- …`: the command line interface, from the work tree. */

import { build } from './lib/graph.mjs';
import { tidegate } from './lib/guest.mjs';
import { main } from './lib/run.mjs';
import { steps } from './lib/steps.mjs';
import { checkNode } from './lib/tools.mjs';

await main(async (args) => {
  checkNode();
  await build(steps, ['package']);
  return tidegate(args);
});
