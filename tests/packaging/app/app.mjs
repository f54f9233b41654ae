/** An application that knows the package by its name alone; the components are files beside the page. */

import { Component, ComponentCompileError, ComponentTrap } from 'tidegate';
import { WasiExit, wasi } from 'tidegate/wasi';

/** What the test asks for. */
window.checks = { command, composed, large, broken, serviceWorker };

/** Runs a command with WASI: what it printed, and how it ended. */
async function command() {
  const decoder = new TextDecoder();
  let text = '';
  const stdout = (chunk) => {
    text += decoder.decode(chunk, { stream: true });
  };
  const component = await Component.compileStreaming(fetch(file('command')));
  const good = await component.instantiate(
    wasi({ args: ['command'], stdin: 'one\ntwo\n', stdout }),
  );
  await good.exports.run.run();
  const bad = await component.instantiate(wasi({ args: ['command', '--nonsense'] }));
  const error = await bad.exports.run.run().catch((thrown) => thrown);
  return { text, exit: error instanceof ComponentTrap && error.cause instanceof WasiExit };
}

/** Composes a command of itself alone, and runs that: what it printed. */
async function composed() {
  const decoder = new TextDecoder();
  let text = '';
  const stdout = (chunk) => {
    text += decoder.decode(chunk, { stream: true });
  };
  const bytes = await (await fetch(file('command'))).arrayBuffer();
  const component = await Component.compose({ command: bytes });
  const instance = await component.instantiate(wasi({ args: ['command'], stdin: 'one', stdout }));
  await instance.exports.run.run();
  return text;
}

/** Compiles a large component twice: on which thread, and for how long the page's own was busy. */
async function large(worker) {
  const workers = watchWorkers();
  const bytes = await (await fetch(file('large'))).arrayBuffer();
  // What is loaded once is not what is looked at.
  await Component.compile(await (await fetch(file('command'))).arrayBuffer());
  const tasks = await longTasks(async () => {
    const both = await Promise.all([
      Component.compile(bytes, { worker }),
      Component.compile(bytes, { worker }),
    ]);
    for (const component of both) await component.instantiate();
  });
  return { started: workers.started, answers: workers.answers, tasks };
}

/** An error of the compiler is the same from either thread; the bytes given stay the caller's. */
async function broken(worker) {
  const bytes = new Uint8Array(await (await fetch(file('large'))).arrayBuffer(), 0, 1_500_000);
  const error = await Component.compile(bytes, { worker }).catch((thrown) => thrown);
  const { message, offset, construct } = error;
  const refused = error instanceof ComponentCompileError;
  return { refused, message, offset, construct, length: bytes.length };
}

/** Compiles and runs in a service worker, where there are no workers and nothing is imported later. */
async function serviceWorker() {
  const options = { type: 'module' };
  const registration = await navigator.serviceWorker
    .register('./service-worker.mjs', options)
    .catch((error) => error.name);
  // Not every browser has modules there.
  if (typeof registration === 'string') return registration;
  await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
  });
  registration.active.postMessage(String(file('command')), [port2]);
  return answer.finally(() => registration.unregister());
}

const file = (name) => new URL(`${name}.component.wasm`, document.baseURI);

/** Counts the workers that are started from now on, and what they say. */
function watchWorkers() {
  const seen = { started: 0, answers: 0 };
  const { Worker } = globalThis;
  globalThis.Worker = class extends Worker {
    constructor(...args) {
      super(...args);
      seen.started++;
      this.addEventListener('message', () => {
        seen.answers++;
      });
    }
  };
  return seen;
}

/** How long the tasks of this thread were that took more than 50 ms; none where the browser does not tell. */
async function longTasks(body) {
  if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return body().then(() => []);
  const durations = [];
  const add = (list) => durations.push(...list.map(({ duration }) => duration));
  const observer = new PerformanceObserver((list) => add(list.getEntries()));
  observer.observe({ type: 'longtask' });
  await pause();
  durations.length = 0;
  await body();
  await pause();
  add(observer.takeRecords());
  observer.disconnect();
  return durations;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
