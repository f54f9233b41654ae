/** The test guest in JavaScript, by componentize-qjs. (That in C is made by the build tool.) */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

const SOURCE = join(root, 'tests/guests/toolchains');

/** Writes `OUT/toolchain-js.component.wasm`. */
export async function componentizeJs(out) {
  const { componentize } = await import('componentize-qjs');
  const jsPath = join(SOURCE, 'toolchain.mjs');
  const { component } = await componentize({
    witPath: join(SOURCE, 'world.wit'),
    jsSource: readFileSync(jsPath, 'utf8'),
    jsPath,
  });
  const file = join(out, 'toolchain-js.component.wasm');
  writeFileSync(join(root, file), component);
  process.stdout.write(`wrote ${file} (${component.length} bytes)\n`);
}
