/** `npm run docs`: the API reference, from the doc comments, in `build/docs`. */

import { build } from './lib/graph.mjs';
import { main, say } from './lib/run.mjs';
import { steps } from './lib/steps.mjs';
import { checkNode } from './lib/tools.mjs';

await main(async () => {
  checkNode();
  await build(steps, ['docs']);
  say('build/docs/index.md: up to date');
});
