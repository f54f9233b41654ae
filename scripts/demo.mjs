/** `npm run demo [-- port]`: builds what is stale and serves the demo page until interrupted. */

import { build } from './lib/graph.mjs';
import { main, Stop, say } from './lib/run.mjs';
import { steps } from './lib/steps.mjs';
import { checkNode } from './lib/tools.mjs';

await main(async ([port = '8080']) => {
  checkNode();
  if (!/^\d+$/.test(port)) throw new Stop(`not a port: ${port}`, '`npm run demo -- 8080`');
  await build(steps, ['package', 'guests']);
  const { serveDemo } = await import('../www/serve.mjs');
  const { url, close } = await serveDemo({ port: Number(port) });
  say(`the demo is at ${url} (Ctrl+C ends it)`);
  await new Promise((resolve) => process.once('SIGINT', resolve));
  await close();
});
