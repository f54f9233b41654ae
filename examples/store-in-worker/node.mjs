/** `node node.mjs text.component.wasm` */

import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { program } from './program.mjs';

function start() {
  const worker = new Worker(new URL('./node-worker.mjs', import.meta.url));
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return { port: port1, end: () => worker.terminate() };
}

const result = await program(start, await readFile(process.argv[2]));
console.log(JSON.stringify(result, null, 2));
