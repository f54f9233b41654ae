/** The benchmarks: what is measured, beside which limit, and what design section 7 asks for. */

import { CHUNK, chunkStream, chunks, drain, hostCall } from './host.mjs';
import { limits } from './limits.mjs';
import * as limitLoops from './loops.mjs?limit';
import * as ourLoops from './loops.mjs?ours';

/**
 * Sets everything up. `load(file)` gives the bytes of an assembled guest.
 * Each case has two works of `n` operations. Optional: `builtins`, how many built-ins an operation is
 * (the table shows one); `bytes` that it moves; `goal`, the ratio that is asked for; `goalTime`, the ns; `goalRate`, the GB/s.
 */
export async function cases(Component, load) {
  const core = async (name) => WebAssembly.compile(await load(`${name}.wasm`));
  const instance = async (name, imports = {}) => {
    const component = await Component.compile(await load(`${name}.component.wasm`));
    return (await component.instantiate(imports)).exports;
  };
  const hand = await limits(core);
  const builtins = await instance('builtins');
  const calls = await instance('calls', { host: hostCall });
  const pair = await instance('pair');
  const streams = await instance('streams');
  return [
    {
      name: 'context.set and context.get',
      builtins: 2,
      ours: (n) => same(builtins.context(n), sumBelow(n + 1)),
      limit: (n) => same(hand.context(n), sumBelow(n + 1)),
    },
    {
      name: 'waitable-set.new and .drop',
      builtins: 2,
      ours: (n) => builtins.sets(n),
      limit: (n) => hand.sets(n),
    },
    {
      name: 'sync export add(u32, u32)',
      goal: 2,
      ours: (n) => same(ourLoops.addUp(calls.add, n), n),
      limit: (n) => same(limitLoops.addUp(hand.add, n), n),
    },
    {
      name: 'async export that returns at once',
      goal: 3,
      ours: async (n) => same(await ourLoops.addUpAsync(calls.addAsync, n), n),
      limit: async (n) => same(await limitLoops.addUpAsync(hand.addAsync, n), n),
    },
    {
      name: 'guest awaits a resolved host import',
      goal: 3,
      ours: async (n) => same(await calls.awaitHost(n), sumBelow(n)),
      limit: async (n) => same(await hand.awaitHost(n), sumBelow(n)),
    },
    {
      name: 'guest to guest add(u32, u32)',
      goal: 2,
      ours: (n) => same(pair.count(n), n),
      limit: (n) => same(hand.count(n), n),
    },
    {
      name: 'guest to guest async call that returns at once',
      goalTime: 123,
      ours: (n) => same(pair.countAsync(n), n),
      limit: (n) => same(hand.countAsync(n), n),
    },
    {
      name: 'stream 64 KB, host to guest, iterable',
      bytes: CHUNK,
      goalRate: 10,
      ours: async (n) => same(await streams.consume(chunks(n)), BigInt(n * CHUNK)),
      limit: async (n) => same(await hand.consume(n), BigInt(n * CHUNK)),
    },
    {
      name: 'stream 64 KB, host to guest, BYOB stream',
      bytes: CHUNK,
      goalRate: 10,
      ours: async (n) => same(await streams.consume(chunkStream(n)), BigInt(n * CHUNK)),
      limit: async (n) => same(await hand.consume(n), BigInt(n * CHUNK)),
    },
    {
      name: 'stream 64 KB, guest to host, BYOB',
      bytes: CHUNK,
      goalRate: 10,
      ours: async (n) => same(await drain(await streams.produce(n)), n * CHUNK),
      limit: async (n) => same(await hand.produce(n), n * CHUNK),
    },
  ];
}

/** 0 + 1 + ... + (n - 1), as a u32. */
function sumBelow(n) {
  return Number(BigInt.asUintN(32, (BigInt(n) * BigInt(n - 1)) / 2n));
}

/** A fast wrong answer is no result. */
function same(actual, expected) {
  if (actual !== expected) throw new Error(`expected ${expected}, got ${actual}`);
}
