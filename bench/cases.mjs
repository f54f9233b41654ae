/** The benchmarks: what is measured, beside which limit, and what design section 7 asks for. */

import { BYTES, CHUNK, chunkStream, chunks, drain, hostCall, RECORD, STRING } from './host.mjs';
import { limits } from './limits.mjs';
import * as jcoLoops from './loops.mjs?jco';
import * as limitLoops from './loops.mjs?limit';
import * as ourLoops from './loops.mjs?ours';

/**
 * Sets everything up. `load(file)` gives the bytes of an assembled guest, `jco(name)`, if there is one, the exports of a
 * guest that jco has transpiled.
 * Each case has works of `n` operations: `ours`, `limit`, and `jco` where it was asked for. Optional: `builtins`, how many built-ins an
 * operation is (the table shows one); `bytes` that it moves; `goal`, the ratio that is asked for; `goalTime`, the ns; `goalRate`, the GB/s.
 */
export async function cases(Component, load, jco) {
  const core = async (name) => WebAssembly.compile(await load(`${name}.wasm`));
  const hand = await limits(core);
  const guests = {};
  const jcoGuests = {};
  for (const name of ['builtins', 'calls', 'pair', 'streams', 'values', 'pass']) {
    const component = await Component.compile(await load(`${name}.component.wasm`));
    const imports = name === 'calls' ? { host: hostCall } : {};
    guests[name] = (await component.instantiate(imports)).exports;
    if (jco !== undefined) jcoGuests[name] = await jco(name);
  }
  return works.map(({ work, limit, ...about }) => ({
    ...about,
    ours: (n) => work(guests, ourLoops, n),
    limit: (n) => (limit ?? work)(limit === undefined ? asGuests(hand) : hand, limitLoops, n),
    jco: jco && ((n) => work(jcoGuests, jcoLoops, n)),
  }));
}

/** The same functions by hand, where a work is written once for both sides. */
function asGuests(hand) {
  return { builtins: hand, calls: hand, pair: hand, values: hand, pass: hand };
}

/** `work` takes the guests, and the loops around one function; `limit`, where the limit is used in another way, what is by hand. */
const works = [
  {
    name: 'context.set and context.get',
    builtins: 2,
    work: ({ builtins }, _, n) => same(builtins.context(n), sumBelow(n + 1)),
  },
  {
    name: 'waitable-set.new and .drop',
    builtins: 2,
    work: ({ builtins }, _, n) => builtins.sets(n),
  },
  {
    name: 'sync export add(u32, u32)',
    goal: 2,
    work: ({ calls }, { addUp }, n) => same(addUp(calls.add, n), n),
  },
  {
    name: 'record of 6 echoed',
    // Without generated code; 2 with it.
    goal: 20,
    work: ({ values }, { echo }, n) => same(echo(values.records.echo, RECORD, n).f, RECORD.f),
  },
  {
    name: 'string of 20 B echoed',
    goal: 1.5,
    work: ({ values }, { echo }, n) => same(echo(values.echoString, STRING, n), STRING),
  },
  {
    name: 'list<u8> of 1 MB in',
    bytes: BYTES.length,
    goal: 1.1,
    work: ({ values }, { echo }, n) => same(echo(values.take, BYTES, n), BYTES.length),
  },
  {
    name: 'async export that returns at once',
    goal: 3,
    work: async ({ calls }, { addUpAsync }, n) => same(await addUpAsync(calls.addAsync, n), n),
  },
  {
    name: 'guest awaits a resolved host import',
    goalTime: 660,
    work: async ({ calls }, _, n) => same(await calls.awaitHost(n), sumBelow(n)),
  },
  {
    name: 'guest to guest add(u32, u32)',
    goalTime: 12,
    work: ({ pair }, _, n) => same(pair.count(n), n),
  },
  {
    name: 'guest to guest async call that returns at once',
    goalTime: 123,
    work: ({ pair }, _, n) => same(pair.countAsync(n), n),
  },
  {
    name: 'stream 64 KB, host to guest, iterable',
    bytes: CHUNK,
    goalRate: 10,
    work: async ({ streams }, _, n) => same(await streams.consume(chunks(n)), BigInt(n * CHUNK)),
    limit: async (hand, _, n) => same(await hand.consume(n), BigInt(n * CHUNK)),
  },
  {
    name: 'stream 64 KB, host to guest, BYOB stream',
    bytes: CHUNK,
    goalRate: 10,
    work: async ({ streams }, _, n) =>
      same(await streams.consume(chunkStream(n)), BigInt(n * CHUNK)),
    limit: async (hand, _, n) => same(await hand.consume(n), BigInt(n * CHUNK)),
  },
  {
    name: 'stream 64 KB, guest to host, BYOB',
    bytes: CHUNK,
    goalRate: 10,
    work: async ({ streams }, _, n) => same(await drain(await streams.produce(n)), n * CHUNK),
    limit: async (hand, _, n) => same(await hand.produce(n), n * CHUNK),
  },
  {
    name: 'stream 64 KB, guest to guest',
    bytes: CHUNK,
    goalRate: 30,
    work: async ({ pass }, _, n) => same(await pass.pass(n), BigInt(n * CHUNK)),
  },
];

/** 0 + 1 + ... + (n - 1), as a u32. */
function sumBelow(n) {
  return Number(BigInt.asUintN(32, (BigInt(n) * BigInt(n - 1)) / 2n));
}

/** A fast wrong answer is no result. */
function same(actual, expected) {
  if (actual !== expected) throw new Error(`expected ${expected}, got ${actual}`);
}
