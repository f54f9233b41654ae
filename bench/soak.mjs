/**
 * `npm run soak [-- --requests N --clients N]`: a service under load. Every request has to be answered rightly, those of clients that go away
 * in the middle included in the count and not in the answers; the heap and the store's memory must be after it what they were before.
 */

import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Component, Store } from '../pkg/dist/node.js';
import { serve, wasi } from '../pkg/dist/wasi-node.js';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    clients: { type: 'string', default: '50' },
  },
});
const [requests, clients] = [Number(values.requests), Number(values.clients)];
/** Every so many requests one client goes away before it has sent all. */
const VANISH_EVERY = 50;

const bytes = await readFile(new URL('../build/guests/service.component.wasm', import.meta.url));
const component = await Component.compile(bytes);
const store = new Store();
const instance = await component.instantiate(wasi(), { store });
const server = await serve(instance);
const agent = new http.Agent({ keepAlive: true, maxSockets: clients });

let next = 0;
let [answered, vanished, wrong] = [0, 0, 0];

await load(Math.min(5000, requests));
const before = await memory();
const start = performance.now();
[next, answered, vanished, wrong] = [0, 0, 0, 0];
await load(requests);
const seconds = (performance.now() - start) / 1000;
await delay(500);
const after = await memory();
await server.close();
agent.destroy();

const lost = requests - answered - vanished - wrong;
console.log(
  `${requests} requests of ${clients} clients in ${seconds.toFixed(1)} s: ${Math.round(requests / seconds)}/s`,
);
console.log(`answered ${answered}, vanished ${vanished}, wrong ${wrong}, lost ${lost}`);
console.log(
  `heap ${mb(before.heap)} before, ${mb(after.heap)} after; external ${mb(before.external)}, ${mb(after.external)}`,
);
const grown = after.heap - before.heap + after.external - before.external;
const flat = global.gc === undefined || grown < 8 * 2 ** 20;
if (!flat) console.error(`memory has grown by ${mb(grown)}`);
process.exitCode = lost === 0 && wrong === 0 && flat ? 0 : 1;

async function load(count) {
  const client = async () => {
    while (next < count) {
      const i = next++;
      await (i % VANISH_EVERY === 0 ? vanish() : ask(i));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

function ask(i) {
  const body = `request ${i} ${'.'.repeat(i % 3000)}`;
  return new Promise((resolve) => {
    const request = http.request(`${server.url}/echo`, { method: 'POST', agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        if (text === body) answered++;
        else wrong++;
        resolve();
      });
    });
    request.on('error', () => {
      wrong++;
      resolve();
    });
    request.end(body);
  });
}

/** Sends half of a body and goes. */
function vanish() {
  return new Promise((resolve) => {
    const request = http.request(`${server.url}/echo`, {
      method: 'POST',
      agent: false,
      headers: { 'content-length': 1000 },
    });
    request.on('response', (response) => {
      response.on('error', () => {});
      response.resume();
    });
    request.on('error', () => {});
    request.on('close', () => {
      vanished++;
      resolve();
    });
    request.write('half', () => setTimeout(() => request.destroy(), 1));
  });
}

async function memory() {
  for (let i = 0; i < 4; i++) {
    global.gc?.();
    await delay(50);
  }
  const { heapUsed: heap, external } = process.memoryUsage();
  return { heap, external };
}

function mb(n) {
  return `${(n / 2 ** 20).toFixed(1)} MB`;
}
