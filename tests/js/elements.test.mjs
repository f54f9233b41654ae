/** Streams and futures of every element type, in both directions, with their batches. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect, elements, Thing } from './support/elements.mjs';
import { deferred, settle, state, within } from './support/time.mjs';

const utf8 = (string) => new TextEncoder().encode(string);
const bytesOf = async (stream) => [...new Uint8Array(await new Response(stream).arrayBuffer())];
const same = (value) => value;

/**
 * What of each element type to send, as functions, since resources and streams pass only once; and `seen`, what to
 * compare of what comes back. `wrong` is not of the type.
 */
const KINDS = {
  records: {
    make: (i) => ({ name: `n${i}`, age: i % 256, tags: ['a', `${i}`] }),
    wrong: { name: 'x', age: 5, tags: ['fine', 7] },
    path: /tags\[1\]/,
  },
  strings: { make: (i) => `Grüße ${i} 🌊`, wrong: 5 },
  variants: {
    make: (i) =>
      [
        { tag: 'dot' },
        { tag: 'circle', val: i / 2 },
        { tag: 'label', val: `${i}` },
        { tag: 'path', val: Uint32Array.of(i, i + 1) },
      ][i % 4],
    wrong: { tag: 'square' },
  },
  blobs: { make: (i) => Uint8Array.from({ length: i % 50 }, (_, n) => n + i), wrong: 'text' },
  stringLists: { make: (i) => Array.from({ length: i % 4 }, (_, n) => `${n}`), wrong: ['a', 1] },
  tuples: { make: (i) => [i, `${i}`], wrong: [1, 2] },
  options: { make: (i) => (i % 2 === 0 ? `${i}` : undefined), wrong: 5 },
  results: {
    make: (i) => (i % 2 === 0 ? { tag: 'ok', val: i } : { tag: 'err', val: `${i}` }),
    wrong: { tag: 'ok', val: 'x' },
  },
  enums: { make: (i) => ['red', 'green', 'deep-blue'][i % 3], wrong: 'blue' },
  flagSets: {
    make: (i) => ({ read: i % 2 === 0, write: i % 3 === 0, runIt: i % 5 === 0 }),
    wrong: 5,
  },
  words: { make: (i) => i * 1_000_003, wrong: -1 },
  longs: { make: (i) => BigInt(i) * -10_000_000_019n, wrong: 'x' },
  doubles: { make: (i) => i / 7, wrong: 'x' },
  chars: { make: (i) => [String.fromCodePoint(0x1f300 + (i % 100))], wrong: ['ab'] },
  bools: { make: (i) => i % 3 === 0, wrong: Symbol('no') },
  things: {
    make: (i) => new Thing(`thing ${i}`),
    seen: (thing) => thing.label,
    wrong: {},
    few: true,
  },
  counters: {
    make: (i, { objects }) => new objects.Counter(i),
    seen: (counter) => counter.value(),
    wrong: {},
    few: true,
  },
  byteStreams: {
    make: (i) => [utf8(`stream ${i}`)],
    seen: async (stream) => (stream instanceof ReadableStream ? bytesOf(stream) : [...stream[0]]),
    wrong: 5,
    few: true,
  },
  textFutures: {
    make: (i) => Promise.resolve(`later ${i}`),
    seen: (future) => future,
    wrong: 5,
    few: true,
  },
  streamFutures: {
    make: (i) => Promise.resolve([utf8(`stream ${i}`)]),
    seen: async (future) => {
      const stream = await future;
      return stream instanceof ReadableStream ? bytesOf(stream) : [...stream[0]];
    },
    wrong: 5,
    few: true,
  },
};

/** `count` elements of a kind. */
function make(kind, exports, count, from = 0) {
  return Array.from({ length: count }, (_, i) => kind.make(from + i, exports));
}

/** What to compare of elements. Resources must be compared before they are sent. */
function seen({ seen: look = same }, items) {
  return Promise.all(Array.from(items, (item) => look(item)));
}

/** Several elements as one batch from a generator; elements that are arrays come one by one. */
async function* batches(items, size) {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}

async function* single(items) {
  yield* items;
}

for (const [name, kind] of Object.entries(KINDS)) {
  const many = kind.few ? 40 : 3000;
  describe(`elements: ${name}`, () => {
    test('to the guest and back, one by one', async () => {
      const { exports } = await elements();
      const items = make(kind, exports, 20);
      const expected = await seen(kind, make(kind, exports, 20));
      const result = await within(5000, exports[name].consume(single(items), 7));
      assert.deepEqual(await seen(kind, result), expected);
    });

    test('to the guest, in batches of every size', async () => {
      const { exports } = await elements();
      const expected = await seen(kind, make(kind, exports, many));
      for (const [size, capacity] of [
        [many, many],
        [many, 7],
        [3, 11],
        [16, 16],
      ]) {
        const items = make(kind, exports, many);
        const result = await within(10_000, exports[name].consume(batches(items, size), capacity));
        assert.equal(result.length, many);
        assert.deepEqual(await seen(kind, result), expected);
      }
    });

    test('from the guest, whole and in parts', async () => {
      const { exports } = await elements();
      const expected = await seen(kind, make(kind, exports, many));
      for (const chunk of [many, 7, 1]) {
        const stream = await exports[name].produce(make(kind, exports, many), chunk);
        assert.ok(stream instanceof ReadableStream);
        assert.deepEqual(await seen(kind, await within(10_000, collect(stream))), expected);
      }
    });

    test('through the guest', async () => {
      const { exports, store } = await elements();
      const items = make(kind, exports, many);
      const expected = await seen(kind, make(kind, exports, many));
      const stream = await exports[name].transform(batches(items, 10), 16);
      assert.deepEqual(await seen(kind, await within(10_000, collect(stream))), expected);
      assert.equal(store.trap, undefined);
    });

    test('one that the guest hands back is the same again', async () => {
      const { exports } = await elements();
      const expected = await seen(kind, make(kind, exports, 5));
      let stream = exports[name].pass(single(make(kind, exports, 5)));
      for (let i = 0; i < 3; i++) stream = exports[name].pass(stream);
      assert.deepEqual(await seen(kind, await within(2000, collect(stream))), expected);
    });

    test('a stream of the guest is recognised', async () => {
      const { exports, log } = await elements();
      const produced = await exports[name].produce(make(kind, exports, 6), 2);
      const result = await within(2000, exports[name].consume(produced, 10));
      assert.equal(result.length, 6);
      // The guest is both ends of it then: nothing went through JS.
      await assert.rejects(produced.getReader().read(), TypeError);
      assert.deepEqual(log, ['written 2', 'written 4', 'written 6']);
    });

    test('either end drops', async () => {
      const { exports, log, store } = await elements();
      const produced = await exports[name].produce(make(kind, exports, 10), 2);
      const reader = produced.getReader();
      await reader.read();
      await reader.cancel();
      await settle();
      assert.ok(['written 0', 'written 1', 'written 2'].includes(log.at(-1)), `${log}`);
      const unread = await exports[name].produce(make(kind, exports, 10), 2);
      await unread.cancel();
      await settle();
      assert.equal(log.at(-1), 'written 0');

      let closed = false;
      async function* endless() {
        try {
          for (let i = 0; ; i++) yield [kind.make(i, exports)];
        } finally {
          closed = true;
        }
      }
      async function* endlessly() {
        try {
          for (let i = 0; ; i++) yield kind.make(i, exports);
        } finally {
          closed = true;
        }
      }
      const source = name === 'options' ? endless : endlessly;
      const first = await within(2000, exports[name].first(source(), 5));
      assert.equal(first.length, 5);
      await settle();
      assert.ok(closed);
      assert.equal(store.trap, undefined);
    });

    test('nothing is read ahead', async () => {
      const { exports, log } = await elements();
      let asked = 0;
      async function* counting() {
        for (let i = 0; i < 5; i++) {
          asked++;
          yield kind.make(i, exports);
        }
      }
      const passed = exports[name].pass(counting());
      await settle();
      assert.equal(asked, 0);
      const reader = passed.getReader();
      await reader.read();
      await settle();
      assert.equal(asked, 1);
      await reader.cancel();
      const produced = await exports[name].produce(make(kind, exports, 4), 2);
      await settle();
      assert.deepEqual(log, []);
      await produced.cancel();
    });

    test('a wrong element ends the stream and is reported', async (t) => {
      const warn = t.mock.method(console, 'warn', () => {});
      const { exports, store } = await elements();
      const items = [...make(kind, exports, 2), kind.wrong];
      const result = await within(2000, exports[name].consume(single(items), 10));
      assert.equal(result.length, name === 'bools' ? result.length : 2);
      if (name !== 'bools') {
        assert.equal(warn.mock.callCount(), 1);
        const error = warn.mock.calls[0].arguments.at(-1);
        assert.match(error.message, /an element of a stream/);
        if (kind.path !== undefined) assert.match(error.message, kind.path);
      }
      assert.equal(store.trap, undefined);
    });

    test('futures, in both directions', async () => {
      const { exports, log } = await elements();
      const expected = await seen(kind, make(kind, exports, 4));
      for (let i = 0; i < 4; i++) {
        const given = deferred();
        const waiting = exports[name].wait(given.promise);
        await settle();
        assert.equal(await state(waiting), 'pending');
        // A promise of a promise is flattened by JS, so a future in a future is a thenable only inside of others.
        if (!isPromise(kind.make(i, exports))) {
          given.resolve(kind.make(i, exports));
          assert.deepEqual((await seen(kind, [await within(2000, waiting)]))[0], expected[i]);
        }
        if (isPromise(kind.make(i, exports))) continue;
        const later = await exports[name].later(kind.make(i, exports));
        assert.deepEqual((await seen(kind, [await within(2000, later)]))[0], expected[i]);
        const passed = exports[name].passFuture(await exports[name].later(kind.make(i, exports)));
        assert.deepEqual((await seen(kind, [await within(2000, passed)]))[0], expected[i]);
      }
      const dropped = await exports[name].later(kind.make(0, exports));
      dropped[Symbol.dispose]();
      await settle();
      assert.equal(log.at(-1), 'taken: false');
    });
  });
}

function isPromise(value) {
  return value instanceof Promise;
}
