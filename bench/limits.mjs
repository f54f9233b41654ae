/**
 * The limits: each benchmark's work written by hand for this one case, in JS and a core module, without
 * handles, tasks, checks or WHATWG streams. Nothing general can be faster.
 */

import { CHUNK, chunks, hostCall } from './host.mjs';

/** Sets up the hand-written works; `load(name)` gives an assembled core module. */
export async function limits(load) {
  const builtins = await WebAssembly.instantiate(await load('limit-builtins'), {});
  let resolve;
  const js = {
    return: (value) => resolve(value),
    host: (x) => {
      hostCall(x).then(resolved);
    },
  };
  const guest = await WebAssembly.instantiate(await load('limit-guest'), {
    builtins: builtins.exports,
    js,
  });
  const { context, sets, add, consume, produce, resolved, memory } = guest.exports;
  const addAsync = guest.exports['add-async'];
  const awaitHost = guest.exports['await-host'];
  const callee = await WebAssembly.instantiate(await load('limit-callee'), {});
  const pair = await WebAssembly.instantiate(await load('limit-caller'), {
    callee: callee.exports,
  });
  const values = await WebAssembly.instantiate(await load('limit-values'), {});
  const pass = await WebAssembly.instantiate(await load('limit-pass'), {});
  const called = (call) =>
    new Promise((settle) => {
      resolve = settle;
      call();
    });

  return {
    context: (n) => context(n) >>> 0,
    sets,
    add: (a, b) => add(a, b) >>> 0,
    count: pair.exports.count,
    countAsync: pair.exports['count-async'],
    ...valuesByHand(values.exports),
    pass: pass.exports.pass,
    addAsync: (a, b) => called(() => addAsync(a, b)),
    awaitHost: async (n) => (await called(() => awaitHost(n))) >>> 0,
    /** Takes in `n` chunks, each with a turn of its own; the bytes. */
    async consume(n) {
      const before = consume(0);
      for await (const chunk of chunks(n)) {
        new Uint8Array(memory.buffer).set(chunk, CHUNK);
        consume(chunk.length);
      }
      return consume(0) - before;
    },
    /** Fills one buffer `n` times, each with a turn of its own; the bytes. */
    async produce(n) {
      const buffer = new Uint8Array(CHUNK);
      let bytes = 0;
      for (let i = 0; i < n; i++) {
        const at = produce();
        buffer.set(new Uint8Array(memory.buffer, at, CHUNK));
        bytes += await buffer.length;
      }
      return bytes;
    },
  };
}

/** Values of types that are known when this is written, in a memory that does not grow. */
function valuesByHand({ memory, take, ...core }) {
  const { 'echo-record': echoRecord, 'echo-string': echoString } = core;
  const bytes = new Uint8Array(memory.buffer);
  const [u32, s32] = [new Uint32Array(memory.buffer), new Int32Array(memory.buffer)];
  const [f32, f64] = [new Float32Array(memory.buffer), new Float64Array(memory.buffer)];
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return {
    records: {
      echo({ a, b, c, d, e, f }) {
        echoRecord(a, b, c, d ? 1 : 0, e, f);
        return { a: u32[4], b: s32[5], c: f64[3], d: bytes[32] !== 0, e: bytes[33], f: f32[9] };
      },
    },
    echoString(value) {
      const { written } = encoder.encodeInto(value, bytes.subarray(1024, 1024 + 3 * value.length));
      const at = echoString(1024, written) >> 2;
      return decoder.decode(bytes.subarray(u32[at], u32[at] + u32[at + 1]));
    },
    take(value) {
      bytes.set(value, 65536);
      return take(65536, value.length) >>> 0;
    },
  };
}
