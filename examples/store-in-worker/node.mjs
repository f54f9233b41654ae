/** `node node.mjs text.component.wasm` */

import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { connect } from './connect.mjs';
import { program } from './program.mjs';

const worker = new Worker(new URL('./node-worker.mjs', import.meta.url));
const { port1, port2 } = new MessageChannel();
worker.postMessage(port2, [port2]);

const result = await program(connect(port1), await readFile(process.argv[2]));
console.log(JSON.stringify(result, null, 2));
// Whatever the component does, this ends it.
port1.close();
await worker.terminate();
