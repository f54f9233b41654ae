/** Runs scripts in the mutable build with one rule switched off, until one of them fails. */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { lacking } from '../conformance/engine.mjs';
import { runScript } from '../conformance/script.mjs';

/** @type {{ build: string, scripts: string, off: { layer: string, id: string } | undefined, names: string[] }} */
const { build, scripts, off, names } = workerData;

// Traps that nobody waits for are what is looked for.
console.error = () => {};
console.warn = () => {};

if (off?.layer === 'host') globalThis[Symbol.for('tidegate.rule-off')] = off.id;
else if (off !== undefined) switchOffIn(off);

const tidegate = await import(join(build, 'node.js'));
for (const name of names) parentPort.postMessage({ name, ...(await run(name)) });
parentPort.postMessage({ done: true });

async function run(name) {
  const path = join(scripts, `${name}.json`);
  const script = JSON.parse(await readFile(path, 'utf8'));
  const missing = lacking(script);
  if (missing.length > 0) return { missing };
  const load = (file) => readFile(join(dirname(path), file));
  const outcomes = await runScript(script, { load, tidegate });
  return { failure: outcomes.find(({ ok }) => !ok) };
}

/** Every instance of the runtime or the compiler is told as soon as there is one. */
function switchOffIn({ layer, id }) {
  const { Instance, instantiate } = WebAssembly;
  const number = numberOf(id);
  const tell = (instance) => {
    const { mutate, configure } = instance.exports;
    if (mutate !== undefined && (layer === 'runtime') === (configure !== undefined)) mutate(number);
    return instance;
  };
  WebAssembly.Instance = class extends Instance {
    constructor(...args) {
      super(...args);
      tell(this);
    }
  };
  WebAssembly.instantiate = async (...args) => {
    const made = await instantiate(...args);
    tell(made instanceof Instance ? made : made.instance);
    return made;
  };
}

/** As `rule::number` in `src/abi`: FNV-1a. */
function numberOf(id) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(id)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
