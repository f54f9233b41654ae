/**
 * A program of its own, for `node --expose-gc`: makes stores, uses them in one way or another, lets go of them, and prints how many
 * stores, instances and exports are still there when the garbage has been collected. (A test runner's own contexts hold on to some.)
 */

import { setTimeout } from 'node:timers/promises';
import { Store } from '../../../pkg/dist/node.js';
import { asyncs } from './guests.mjs';
import { settle } from './time.mjs';

const STORES = 16;
/** Rounds of collection, in ms; a busy machine is slow to finalize. */
const ROUNDS = 200;
const PAUSE = 10;

const forever = () => new Promise(() => {});

const USES = {
  idle: async () => {},
  called: async ({ calls, streams }) => {
    await calls.fetchAll(['a', 'b']);
    await new Response(await streams.upper(['ab', 'c'], 2)).text();
  },
  'a call that waits for the host': async ({ calls }) => void calls.wait(),
  'a call that the caller has given up': async ({ calls }) => {
    const controller = new AbortController();
    const call = calls.wait({ signal: controller.signal });
    controller.abort();
    await call.catch(() => {});
  },
  'a stream that is half read': async ({ streams }) => {
    const reader = (await streams.produce(100n, 10)).getReader();
    await reader.read();
  },
  'a stream that is never read': async ({ streams }) => void (await streams.produce(100n, 10)),
  'a source that never ends': async ({ streams }) => {
    void streams.consume(new ReadableStream({}, { highWaterMark: 0 }), 10);
  },
  'a future that is never read': async ({ futures }) => void (await futures.send('x')),
  trapped: async ({ failures }) => void (await failures.trapAsync().catch(() => {})),
};

const alive = (refs) => refs.filter((ref) => ref.deref() !== undefined).length;

async function abandon(use) {
  const host = { fetch: async (name) => name, wait: forever };
  const store = new Store();
  const made = await asyncs(host, { store });
  await use(made);
  await settle();
  return [new WeakRef(store), new WeakRef(made.instance), new WeakRef(made.calls)];
}

const left = {};
for (const [name, use] of Object.entries(USES)) {
  const refs = [];
  for (let i = 0; i < STORES; i++) refs.push(...(await abandon(use)));
  for (let i = 0; i < ROUNDS && alive(refs) > 0; i++) {
    // To look at a weak reference keeps what it refers to until the next turn.
    await setTimeout(PAUSE);
    globalThis.gc();
    await setTimeout(PAUSE);
  }
  left[name] = alive(refs);
}
console.log(JSON.stringify(left));
