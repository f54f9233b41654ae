/** Runs the command whose address it is told, as it is and composed. Import maps do not reach here, and nothing can be imported later. */

import { wasi } from './dist/wasi-web.js';
import { Component } from './dist/whole.js';

self.onmessage = ({ data, ports: [port] }) => {
  run(data).then(
    (text) => port.postMessage(text),
    (error) => port.postMessage(String(error)),
  );
};

async function run(url) {
  const decoder = new TextDecoder();
  let text = '';
  const stdout = (chunk) => {
    text += decoder.decode(chunk, { stream: true });
  };
  const bytes = await (await fetch(url)).arrayBuffer();
  const compiled = await Component.compile(bytes, { worker: 'always' });
  // The one that composes is another file to fetch.
  const composed = await Component.compose({ command: bytes });
  for (const component of [compiled, composed]) {
    const imports = wasi({ args: ['command'], stdin: 'one', stdout });
    const instance = await component.instantiate(imports);
    await instance.exports.run.run();
  }
  return text;
}
