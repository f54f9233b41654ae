/**
 * A program of its own, for `node --expose-gc`: makes stores, uses them in one way or another, lets go of them, and prints how many
 * stores, instances and exports are still there when the garbage has been collected. (A test runner's own contexts hold on to some.)
 */

import { setTimeout } from 'node:timers/promises';
import { Store } from '../../../pkg/dist/node.js';
import { elements } from './elements.mjs';
import { asyncs } from './guests.mjs';
import { settle } from './time.mjs';

const STORES = 8;
/** Rounds of collection, in ms; a busy machine is slow to finalize. */
const ROUNDS = 100;
const PAUSE = 10;

const forever = () => new Promise(() => {});

/** What is used before the store is let go of; `keep` takes what the component has given. */
const USES = {
  idle: async () => {},
  called: async ({ calls, streams }) => {
    await calls.fetchAll(['a', 'b']);
    await new Response(await streams.upper(['ab', 'c'], 2)).text();
  },
  'a call that waits for the host': async ({ calls }, keep) => keep(calls.wait()),
  'a call that the caller has given up': async ({ calls }) => {
    const controller = new AbortController();
    const call = calls.wait({ signal: controller.signal });
    controller.abort();
    await call.catch(() => {});
  },
  'a call that the caller could give up': async ({ calls }, keep) => {
    const controller = new AbortController();
    keep(controller, calls.wait({ signal: controller.signal }));
  },
  'a stream that is half read': async ({ streams }, keep) => {
    const stream = await streams.produce(100n, 10);
    const reader = stream.getReader();
    await reader.read();
    keep(stream, reader);
  },
  'a stream that is never read': async ({ streams }, keep) => keep(await streams.produce(100n, 10)),
  'a stream that an import is given': async ({ streams }) => void streams.push(100),
  'a source that never ends': async ({ streams }, keep) => {
    const source = new ReadableStream({}, { highWaterMark: 0 });
    keep(source, streams.consume(source, 10));
  },
  'a future that is never read': async (_, keep, { exports }) => {
    const [future] = await exports.strings.later('x');
    keep(future);
  },
  resources: async (_, keep, { exports }) => {
    keep(new exports.objects.Counter(1), exports.strings);
  },
  trapped: async ({ failures }, keep) => keep(await failures.trapAsync().catch((error) => error)),
};

const alive = (refs) => refs.filter((ref) => ref.deref() !== undefined).length;

/** `how`: what the component has given is `dropped`, or `kept` by what an import refers to. */
async function abandon(use, how) {
  const kept = [];
  const keep = (...things) => void (how === 'kept' && kept.push(...things));
  const host = {
    fetch: async (name) => name,
    wait: forever,
    takeStream: (stream) => {
      keep(stream);
      return forever();
    },
    log: () => kept.length,
  };
  const store = new Store();
  const made = await asyncs(host, { store });
  const others = await elements({ store });
  await use(made, keep, others);
  await settle();
  // What is behind a store, its memories among it, has the imports' functions.
  return [store, made.instance, made.calls, host.log].map((one) => new WeakRef(one));
}

const left = {};
for (const how of ['dropped', 'kept']) {
  for (const [name, use] of Object.entries(USES)) {
    const refs = [];
    for (let i = 0; i < STORES; i++) refs.push(...(await abandon(use, how)));
    for (let i = 0; i < ROUNDS && alive(refs) > 0; i++) {
      // To look at a weak reference keeps what it refers to until the next turn.
      await setTimeout(PAUSE);
      globalThis.gc();
      await setTimeout(PAUSE);
    }
    left[`${name}, ${how}`] = alive(refs);
  }
}
console.log(JSON.stringify(left));
