/**
 * `npm run soak [-- --requests N --clients N --p2]`: a service under load; with `--p2` one of WASI 0.2, which gets a store of its own for
 * each request. Every request has to be answered rightly, those of clients that go away
 * in the middle of their request's or the response's body included in the count and not in the answers; the heap and the memories of the
 * runtime and of the guest must be after it what they were before. Prints figures, and fails when one is wrong.
 */

import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

/** Memories by what they are, found as they are made; those of stores that are collected go. */
const memories = { runtime: [], guest: [] };
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    const kind = 'control' in this.exports ? 'runtime' : 'guest';
    for (const item of Object.values(this.exports)) {
      if (item instanceof WebAssembly.Memory) memories[kind].push(new WeakRef(item));
    }
  }
};
const { Component, Store } = await import('../pkg/dist/node.js');
const { perRequest, serve, wasi } = await import('../pkg/dist/wasi-node.js');

const { values } = parseArgs({
  options: {
    requests: { type: 'string' },
    p2: { type: 'boolean', default: false },
    clients: { type: 'string', default: '50' },
  },
});
const [guest, endless, most] = values.p2
  ? ['proxy', '/count/100000000000', 5000]
  : ['service', '/endless', 100_000];
const [requests, clients] = [Number(values.requests ?? most), Number(values.clients)];
/** Every so many requests one client goes away in the middle, of its request or of the response in turn. */
const VANISH_EVERY = 50;
/** Bytes of stores whose requests are over and that the collector has not come to. */
const MOST_UNCOLLECTED = 32 * 2 ** 20;

const bytes = await readFile(new URL(`../build/guests/${guest}.component.wasm`, import.meta.url));
const component = await Component.compile(bytes);
const instance = () => component.instantiate(wasi(), { store: new Store() });
const server = await serve(values.p2 ? perRequest(instance) : await instance());
const agent = new http.Agent({ keepAlive: true, maxSockets: clients });

let next = 0;
let [answered, vanished, wrong] = [0, 0, 0];

console.log(`Node ${process.version}, ${guest}.component.wasm`);
const start = performance.now();
const seen = [];
for (let quarter = 1; quarter <= 4; quarter++) {
  await load((requests * quarter) / 4);
  seen.push(await memory());
  const kinds = Object.entries(seen.at(-1)).map(([kind, bytes]) => `${kind} ${mb(bytes)}`);
  console.log(`after ${next} requests: ${kinds.join(', ')}`);
}
const seconds = (performance.now() - start) / 1000;
await server.close();
agent.destroy();

const lost = requests - answered - vanished - wrong;
console.log(
  `${requests} requests of ${clients} clients in ${seconds.toFixed(1)} s: ${Math.round(requests / seconds)}/s`,
);
console.log(`answered ${answered}, vanished ${vanished}, wrong ${wrong}, lost ${lost}`);
// What is free in wasm's memories depends on how much was under way at a time; after half of all that has settled.
const [first, half, , last] = seen;
const settled = values.p2
  ? last.runtime + last.guest <= half.runtime + half.guest + MOST_UNCOLLECTED
  : last.runtime === half.runtime && last.guest === half.guest && memories.runtime.length === 1;
const flat =
  settled &&
  // The collector leaves more or less.
  (global.gc === undefined ||
    last.heap + last.external - last.runtime - last.guest <
      first.heap + first.external - first.runtime - first.guest + 8 * 2 ** 20);
if (!flat) console.error('memory has grown');
process.exitCode = lost === 0 && wrong === 0 && flat ? 0 : 1;

/** Requests up to this number. */
async function load(count) {
  const client = async () => {
    while (next < count) {
      const i = next++;
      if (i % VANISH_EVERY !== 0) await ask(i);
      else await (i % (2 * VANISH_EVERY) === 0 ? sendHalf() : takeHalf());
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
    request.on('error', (error) => {
      // A server may end a connection that is idle just when it is used again; it is for the client to ask once more.
      if (request.reusedSocket && error.code === 'ECONNRESET') return resolve(ask(i));
      console.error(`request ${i}: ${error.message}`);
      wrong++;
      resolve();
    });
    request.end(body);
  });
}

/** Sends half of a body and goes. */
function sendHalf() {
  const headers = { 'content-length': 1000 };
  return vanish({ path: '/echo', method: 'POST', headers }, (request) => {
    request.write('half', () => setTimeout(() => request.destroy(), 1));
  });
}

/** Takes the beginning of a response that has no end and goes. */
function takeHalf() {
  return vanish({ path: endless }, (request) => {
    request.on('response', (response) => response.once('data', () => request.destroy()));
    request.end();
  });
}

function vanish({ path, ...options }, begin) {
  return new Promise((resolve) => {
    const request = http.request(server.url + path, { ...options, agent: false });
    request.on('response', (response) => response.on('error', () => {}));
    request.on('error', () => {});
    request.on('close', () => {
      vanished++;
      resolve();
    });
    begin(request);
  });
}

async function memory() {
  for (let i = 0; i < 4; i++) {
    global.gc?.();
    await delay(50);
  }
  const { heapUsed: heap, external } = process.memoryUsage();
  const sum = (all) =>
    all.reduce((bytes, memory) => bytes + (memory.deref()?.buffer.byteLength ?? 0), 0);
  return { heap, external, runtime: sum(memories.runtime), guest: sum(memories.guest) };
}

function mb(n) {
  return `${(n / 2 ** 20).toFixed(1)} MB`;
}
