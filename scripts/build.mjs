/** `npm run build`: makes the publishable package in `pkg/`; `-- STEP…` only those steps and what they need. */

import { build } from './lib/graph.mjs';
import { main, Stop, say } from './lib/run.mjs';
import { steps } from './lib/steps.mjs';
import { checkNode } from './lib/tools.mjs';

await main(async (wanted) => {
  checkNode();
  const names = steps.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown) throw new Stop(`no such step: ${unknown}`, `they are ${names.join(', ')}`);
  await build(steps, wanted.length > 0 ? wanted : ['package', 'guests']);
  say(`${wanted.length > 0 ? wanted.join(', ') : 'pkg/'}: up to date`);
});
