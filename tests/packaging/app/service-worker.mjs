/** Runs the command whose address it is told. Import maps do not reach here, and nothing can be imported later. */

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
  const component = await Component.compile(bytes, { worker: 'always' });
  const instance = await component.instantiate(wasi({ args: ['command'], stdin: 'one', stdout }));
  await instance.exports.run.run();
  return text;
}
