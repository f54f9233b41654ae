/** `npm run format`: formats Rust and TypeScript, and applies the lints' safe fixes. */

import { build } from './lib/graph.mjs';
import { main, run } from './lib/run.mjs';
import { nodeTool, steps } from './lib/steps.mjs';
import { cargo, checkNode, rustComponent } from './lib/tools.mjs';

await main(async () => {
  checkNode();
  await build(steps, ['npm']);
  await rustComponent('fmt', 'rustfmt');
  for (const manifest of ['Cargo.toml', 'tests/guests/Cargo.toml']) {
    await run(cargo(), ['fmt', '--all', '--manifest-path', manifest]);
  }
  await nodeTool('@biomejs/biome/bin/biome', ['check', '--write', '.']);
});
