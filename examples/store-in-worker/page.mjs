import { program } from './program.mjs';

function start() {
  const worker = new Worker(new URL('./page-worker.mjs', import.meta.url), { type: 'module' });
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return { port: port1, end: () => worker.terminate() };
}

const response = await fetch(new URL('text.component.wasm', document.baseURI));
const result = await program(start, await response.arrayBuffer());
document.querySelector('output').textContent = JSON.stringify(result, null, 2);
