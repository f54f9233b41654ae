/** The guests of the benchmarks as jco makes JavaScript of them. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transpile } from '@bytecodealliance/jco-transpile';

const build = new URL('../../build/bench/', import.meta.url);

/** Transpiles `build/bench/<name>.component.wasm` and imports that; its exports. */
export async function transpiled(name) {
  const component = fileURLToPath(new URL(`${name}.component.wasm`, build));
  const host = new URL('host.mjs', import.meta.url).href;
  const { files } = await transpile(component, { name, outDir: '.', map: { host } });
  const out = new URL(`jco/${name}/`, build);
  for (const [path, content] of Object.entries(files)) {
    const file = fileURLToPath(new URL(path, out));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return import(new URL(`${name}.js`, out));
}

/** Whether a work can be done with it at all. */
export async function runs(work) {
  try {
    await Promise.race([work(2), late()]);
    return true;
  } catch (error) {
    console.error(`jco: ${error.message}`);
    return false;
  }
}

function late() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('no answer within 5 s')), 5000).unref();
  });
}
