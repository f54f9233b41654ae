/** tidegate on Node, Deno and Bun: its wasm files are read from disk. */

import { readFile } from 'node:fs/promises';
import { setPlatform } from '../host/platform.js';

const files = {
  runtime: new URL('./runtime.wasm', import.meta.url),
  driver: new URL('./driver.wasm', import.meta.url),
  compiler: new URL('./compiler.wasm', import.meta.url),
  composer: new URL('./composer.wasm', import.meta.url),
};

setPlatform({
  async loadWasm(name) {
    return WebAssembly.compile(await readFile(files[name]));
  },
  macrotask: (fn) => {
    setImmediate(fn);
  },
  responsive: false,
});

export * from '../index.js';
