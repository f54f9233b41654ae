import { connect } from './connect.mjs';
import { program } from './program.mjs';

const worker = new Worker(new URL('./page-worker.mjs', import.meta.url), { type: 'module' });
const { port1, port2 } = new MessageChannel();
worker.postMessage(port2, [port2]);

const response = await fetch(new URL('text.component.wasm', document.baseURI));
const result = await program(connect(port1), await response.arrayBuffer());
document.querySelector('output').textContent = JSON.stringify(result, null, 2);
// Whatever the component does, this ends it.
worker.terminate();
