/** Runs scripts in a page, on its main thread, as `node-worker.mjs` does on Node. */

import * as tidegate from '/pkg/dist/web.js';
import { lacking } from './engine.mjs';
import { runScript } from './script.mjs';

/** At most so often does the page say that it is alive. */
const BEAT_MS = 1000;

globalThis.runNamed = async ({ name, needs, seeds }) => {
  const url = new URL(`/scripts/${name}.json`, location.href);
  const script = await (await get(url)).json();
  const missing = lacking(script, needs);
  if (missing.length > 0) return { missing, outcomes: [] };
  const load = async (file) => new Uint8Array(await (await get(new URL(file, url))).arrayBuffer());
  return {
    missing,
    outcomes: await runScript(script, { load, tidegate, beat: seldom(globalThis.beat) }, seeds),
  };
};

/** A message takes longer than most directives do. */
function seldom(beat) {
  let last = 0;
  return (line) => {
    if (performance.now() - last < BEAT_MS) return;
    last = performance.now();
    beat(line);
  };
}

async function get(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  return response;
}
