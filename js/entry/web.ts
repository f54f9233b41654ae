/** tidegate in a page, a worker or a bundle: its wasm files are fetched. */

import { setPlatform } from '../host/platform.js';

// Written literally so that bundlers see them.
const files = {
  runtime: new URL('./runtime.wasm', import.meta.url),
  driver: new URL('./driver.wasm', import.meta.url),
  compiler: new URL('./compiler.wasm', import.meta.url),
  composer: new URL('./composer.wasm', import.meta.url),
};

const channel = new MessageChannel();
const tasks: (() => void)[] = [];
channel.port1.onmessage = () => tasks.shift()?.();

setPlatform({
  async loadWasm(name) {
    const response = await fetch(files[name]);
    if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
    // Streaming wants the right MIME type, which not every server sends.
    return response.headers.get('content-type')?.startsWith('application/wasm')
      ? WebAssembly.compileStreaming(response)
      : WebAssembly.compile(await response.arrayBuffer());
  },
  macrotask(fn) {
    tasks.push(fn);
    channel.port2.postMessage(undefined);
  },
  responsive: typeof document !== 'undefined',
  compileWorker: () =>
    new Worker(new URL('./compile-worker.js', import.meta.url), { type: 'module' }),
});

export * from '../index.js';
