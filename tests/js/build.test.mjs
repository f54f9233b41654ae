/** What the build does to the wasm files that are shipped. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const DIST = new URL('../../pkg/dist/', import.meta.url);

for (const name of ['compiler.wasm', 'composer.wasm', 'runtime.wasm', 'driver.wasm']) {
  test(`${name} does not tell where it was built`, () => {
    const bytes = readFileSync(new URL(name, DIST));
    assert.ok(WebAssembly.validate(bytes));
    const paths = bytes.toString('latin1').match(/[\w./+-]*\/[\w./+-]+\.rs\b/g);
    assert.deepEqual(paths, null);
  });
}

for (const name of ['compiler.wasm', 'composer.wasm']) {
  test(`${name} has kept its own texts`, () => {
    const text = readFileSync(new URL(name, DIST)).toString('latin1');
    assert.match(text, /magic header not detected/);
  });
}
