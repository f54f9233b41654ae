/** Runs scripts on Node, in a thread of its own: one whose guest never yields can be ended from outside. */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import * as tidegate from '../../pkg/dist/node.js';
import { lacking } from './engine.mjs';
import { runScript } from './script.mjs';

// A trap that nobody waits for is told to the console; the runner sees it in the store.
console.error = () => {};

parentPort.on('message', async ({ name, needs, seeds }) => {
  const path = join(workerData.folder, `${name}.json`);
  const script = JSON.parse(await readFile(path, 'utf8'));
  const missing = lacking(script, needs);
  const world = {
    load: (file) => readFile(join(dirname(path), file)),
    tidegate,
    beat: (line) => parentPort.postMessage({ line }),
  };
  const outcomes = missing.length > 0 ? [] : await runScript(script, world, seeds);
  parentPort.postMessage({ missing, outcomes });
});
