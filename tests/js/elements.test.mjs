/** Streams and futures of every element type, in both directions, with their batches. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect, DISPOSE, elements, Thing } from './support/elements.mjs';
import { settle, within } from './support/time.mjs';

const textOf = (body) => new Response(body).text();
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
  blobs: {
    make: (i) => Uint8Array.from({ length: i % 50 }, (_, n) => n + i),
    wrong: 'text',
    arrays: true,
  },
  stringLists: {
    make: (i) => Array.from({ length: i % 4 }, (_, n) => `${n}`),
    wrong: ['a', 1],
    arrays: true,
  },
  tuples: { make: (i) => [i, `${i}`], wrong: [1, 2], arrays: true },
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
  chars: { make: (i) => [String.fromCodePoint(0x1f300 + (i % 100))], wrong: ['ab'], arrays: true },
  bools: { make: (i) => i % 3 === 0, wrong: 5 },
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
    make: (i) => new Blob([`stream ${i}`]),
    seen: (stream) => textOf(stream),
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
    make: (i) => Promise.resolve(new Blob([`stream ${i}`])),
    seen: async (future) => textOf(await future),
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

/** Several elements at once from a generator; elements that are arrays themselves must come one by one. */
async function* batches({ arrays }, items, size) {
  if (arrays) yield* items;
  else for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
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
        const result = await within(
          10_000,
          exports[name].consume(batches(kind, items, size), capacity),
        );
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
      const stream = await exports[name].transform(batches(kind, items, 10), 16);
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
      const expected = await seen(kind, make(kind, exports, 6));
      const produced = await exports[name].produce(make(kind, exports, 6), 2);
      const passed = exports[name].pass(produced);
      // It went past JS: this one is nobody's now, and no part of it was read.
      await assert.rejects(produced.getReader().read(), TypeError);
      assert.deepEqual(log, []);
      assert.deepEqual(await seen(kind, await within(2000, collect(passed))), expected);
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
          for (let i = 0; ; i++) yield kind.make(i, exports);
        } finally {
          closed = true;
        }
      }
      const first = await within(2000, exports[name].first(endless(), 5));
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
      assert.equal(result.length, 2);
      assert.equal(warn.mock.callCount(), 1);
      const error = warn.mock.calls[0].arguments.at(-1);
      assert.match(error.message, kind.path ?? /^an element of a stream\[0\]/);
      assert.equal(store.trap, undefined);
    });

    test('futures, in both directions', async () => {
      const { exports, log } = await elements();
      const expected = await seen(kind, make(kind, exports, 4));
      const check = async (i, future) =>
        assert.deepEqual((await seen(kind, [await within(2000, future)]))[0], expected[i]);
      for (let i = 0; i < 4; i++) {
        // The function's own `result` is its value or thrown, as of any function.
        if (name !== 'results') await check(i, exports[name].wait(given(kind.make(i, exports))));
        const [later] = await exports[name].later(kind.make(i, exports));
        await check(i, later);
        const [unread] = await exports[name].later(kind.make(i, exports));
        await check(i, exports[name].passFuture(unread));
        await assert.rejects(Promise.resolve(unread), TypeError);
      }
      assert.equal(log.length, 8);
      const [dropped] = await exports[name].later(kind.make(0, exports));
      dropped[DISPOSE]();
      await settle();
      assert.equal(log.at(-1), 'taken: false');
    });
  });
}

/** A promise of the value; of what is a promise itself, something that JS does not flatten. */
function given(value) {
  if (!(value instanceof Promise)) return Promise.resolve(value);
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is wanted
  return { then: (resolve) => void queueMicrotask(() => resolve(value)) };
}

describe('elements: none', () => {
  test('only their number moves', async () => {
    const { exports, log } = await elements();
    const { nothings } = exports;
    assert.equal(await nothings.consume(Array.from({ length: 500 }), 7), 500);
    assert.equal((await collect(await nothings.produce(1000, 300))).length, 1000);
    assert.deepEqual(log, ['written 300', 'written 600', 'written 900', 'written 1000']);
    const through = await nothings.transform(Array.from({ length: 20 }), 8);
    assert.deepEqual(
      await collect(through),
      Array.from({ length: 20 }, () => undefined),
    );
    assert.equal((await collect(nothings.pass(await nothings.produce(5, 2)))).length, 5);
  });

  test('a million at once', async () => {
    const { exports } = await elements();
    const reader = (await exports.nothings.produce(1_000_000, 1_000_000)).getReader();
    for (let i = 0; i < 3000; i++)
      assert.deepEqual(await reader.read(), { value: undefined, done: false });
    await reader.cancel();
  });

  test('futures', async () => {
    const { exports } = await elements();
    const { nothings } = exports;
    assert.equal(await nothings.wait(Promise.resolve('anything')), undefined);
    const [later] = await nothings.later();
    assert.equal(await later, undefined);
    const [unread] = await nothings.later();
    assert.equal(await nothings.passFuture(unread), undefined);
  });
});

describe('batches', () => {
  test('an array from a source is one read of the guest', async () => {
    const { exports } = await elements();
    async function* source() {
      yield ['a', 'b', 'c'];
      yield 'd';
      yield [];
      yield ['e', 'f'];
    }
    assert.deepEqual([...(await exports.strings.sizes(source(), 100))], [3, 1, 2]);
    assert.deepEqual([...(await exports.strings.sizes(source(), 2))], [2, 1, 1, 2]);
    assert.deepEqual([...(await exports.strings.sizes(['a', 'b', 'c'], 100))], [3]);
  });

  test('typed arrays are batches of numbers', async () => {
    const { exports } = await elements();
    const source = () => [Uint32Array.of(1, 2, 3), Uint32Array.of(4)];
    assert.deepEqual([...(await exports.words.consume(source(), 100))], [1, 2, 3, 4]);
    assert.deepEqual([...(await exports.words.sizes(source(), 100))], [3, 1]);
    assert.deepEqual([...(await exports.words.sizes(new Uint32Array(5000), 10_000))], [5000]);
    assert.deepEqual([...(await exports.longs.consume(BigInt64Array.of(-1n, 5n), 9))], [-1n, 5n]);
    assert.deepEqual([...(await exports.doubles.consume(Float64Array.of(0.5), 9))], [0.5]);
  });

  test('what the guest writes at once arrives at once', async () => {
    const { exports, log } = await elements();
    const items = Array.from({ length: 30 }, (_, i) => `${i}`);
    const reader = (await exports.strings.produce(items, 10)).getReader();
    assert.equal((await reader.read()).value, '0');
    await settle();
    assert.deepEqual(log, ['written 10']);
    for (let i = 1; i < 10; i++) assert.equal((await reader.read()).value, `${i}`);
    await settle();
    assert.deepEqual(log, ['written 10'], 'the batch was enough for ten reads');
    assert.equal((await reader.read()).value, '10');
    await reader.cancel();
  });

  test('a stream between two guests of JS keeps its elements', async () => {
    const [a, b] = [await elements(), await elements()];
    const items = Array.from({ length: 2500 }, (_, i) => `${i}`);
    const stream = await a.exports.strings.produce(items, 2500);
    assert.deepEqual(await b.exports.strings.consume(stream, 1000), items);
  });
});

describe('a source that fails', () => {
  const broken = new Error('broken');
  const sources = {
    'a generator': async function* generate() {
      yield 'a';
      throw broken;
    },
    'a sync generator': function* generate() {
      yield 'a';
      throw broken;
    },
    'a ReadableStream': () => {
      let count = 0;
      return new ReadableStream(
        {
          pull(controller) {
            if (count++ === 0) controller.enqueue('a');
            else controller.error(broken);
          },
        },
        { highWaterMark: 0 },
      );
    },
    'elements with a getter that throws': () => [
      ['a'],
      {
        get length() {
          throw broken;
        },
      },
    ],
  };
  for (const [kind, make] of Object.entries(sources)) {
    test(`${kind}: the guest sees the end, the developer the reason`, async (t) => {
      const warn = t.mock.method(console, 'warn', () => {});
      const { exports, store } = await elements();
      assert.deepEqual(await within(2000, exports.strings.consume(make(), 10)), ['a']);
      assert.equal(warn.mock.callCount(), 1);
      assert.equal(store.trap, undefined);
    });
  }

  test('a future that rejects traps whoever reads it, and nobody else', async () => {
    const { exports, store } = await elements();
    exports.strings.passFuture(Promise.reject(broken));
    await settle();
    assert.equal(store.trap, undefined);
    const passed = exports.strings.passFuture(Promise.reject(broken));
    await assert.rejects(Promise.resolve(passed), broken);
    assert.equal(store.trap, undefined);
    await assert.rejects(within(2000, exports.strings.wait(Promise.reject(broken))), {
      name: 'ComponentTrap',
      code: 'host-error',
      cause: broken,
    });
  });

  test('a future of the wrong type names the value', async () => {
    const { exports, store } = await elements();
    await assert.rejects(exports.strings.wait(5), { name: 'TypeError', message: /^value: / });
    assert.equal(store.trap, undefined);
    const wrong = Promise.resolve({ name: 'x', age: 1000, tags: [] });
    await assert.rejects(within(2000, exports.records.wait(wrong)), {
      name: 'ComponentTrap',
      code: 'wrong-value',
      message: /value\.age/,
    });
  });
});

describe('inside of other values', () => {
  test('streams and futures of JS', async () => {
    const { exports } = await elements();
    const { nested } = exports;
    const make = () => ({ name: 'n', items: ['a', 'b'], value: Promise.resolve(7) });
    assert.deepEqual(await nested.readRecord(make()), [['a', 'b'], 7]);
    const record = nested.passRecord(make());
    assert.equal(record.name, 'n');
    assert.deepEqual(await collect(record.items), ['a', 'b']);
    assert.equal(await record.value, 7);
    assert.equal(nested.passOption(undefined), undefined);
    assert.deepEqual(await collect(nested.passOption(['x'])), ['x']);
    const list = nested.passList([['a'], ['b', 'c'], []]);
    assert.deepEqual(await Promise.all(list.map(collect)), [['a'], ['b', 'c'], []]);
  });

  test('those of the guest are recognised', async () => {
    const { exports, log } = await elements();
    const { nested, strings, words } = exports;
    const items = await strings.produce(['a', 'b', 'c'], 1);
    const [value] = await words.later(5);
    const tuple = nested.passTuple([items, 3, value]);
    await assert.rejects(items.getReader().read(), TypeError);
    await assert.rejects(Promise.resolve(value), TypeError);
    assert.deepEqual(log, []);
    const record = nested.passRecord({ name: 'n', items: tuple[0], value: tuple[2] });
    await assert.rejects(tuple[0].getReader().read(), TypeError);
    assert.deepEqual(log, []);
    assert.deepEqual(await collect(record.items), ['a', 'b', 'c']);
    assert.equal(await record.value, 5);
    assert.deepEqual(log, ['written 1', 'written 2', 'written 3', 'taken: true']);
  });

  test('one stream passed twice is refused before anything happens', async () => {
    const { exports, store } = await elements();
    const stream = await exports.strings.produce(['a'], 1);
    assert.throws(() => exports.nested.passList([stream, stream]), {
      name: 'TypeError',
      message: /^values\[1\]: .*passed twice/,
    });
    assert.equal(store.trap, undefined);
    assert.deepEqual(await collect(stream), ['a'], 'it is as it was');
    const plain = new ReadableStream({ start: (controller) => controller.close() });
    assert.throws(() => exports.nested.passList([plain, plain]), TypeError);
    assert.equal(plain.locked, false);
  });

  test('a wrong one names its path', async () => {
    const { exports } = await elements();
    assert.throws(() => exports.nested.passList([['a'], 5]), { message: /^values\[1\]: / });
    assert.throws(() => exports.nested.passRecord({ name: 'n', items: [], value: 'x' }), {
      message: /^value\.value: /,
    });
  });
});

describe('own resources in streams', () => {
  test('those that the guest has not read are still ours', async () => {
    const { exports, store } = await elements();
    const { objects, counters } = exports;
    const made = [1, 2, 3, 4].map((value) => new objects.Counter(value));
    assert.equal(objects.live(), 4);
    counters.ignore(made);
    await settle();
    // Nobody has read: nothing has moved.
    assert.deepEqual(
      made.map((counter) => counter.value()),
      [1, 2, 3, 4],
    );
    const first = await counters.first(made, 2);
    assert.deepEqual(
      first.map((counter) => counter.value()),
      [1, 2],
    );
    assert.throws(() => made[0].value(), 'it has moved');
    for (const counter of [...first, made[2], made[3]]) counter[DISPOSE]();
    await settle();
    assert.equal(objects.live(), 0);
    assert.equal(store.trap, undefined);
  });

  test('those that JS has not read are dropped with the stream', async () => {
    const { exports, store } = await elements();
    const { objects, counters } = exports;
    const make = () => Array.from({ length: 10 }, (_, i) => new objects.Counter(i));
    const unread = await counters.produce(make(), 10);
    assert.equal(objects.live(), 10);
    await unread.cancel();
    await settle();
    assert.equal(objects.live(), 0, 'the guest has them back');

    const reader = (await counters.produce(make(), 10)).getReader();
    const { value } = await reader.read();
    await reader.cancel();
    await settle();
    assert.equal(objects.live(), 1, 'what JS has taken over unread is disposed of');
    value[DISPOSE]();
    assert.equal(objects.live(), 0);
    assert.equal(store.trap, undefined);
  });

  test("the host's own come back as the same object", async () => {
    const { exports } = await elements();
    const things = [new Thing('a'), new Thing('b')];
    const [a, b] = await exports.things.consume(things, 10);
    assert.equal(a, things[0]);
    assert.equal(b, things[1]);
  });

  test('inner streams that nobody reads are dropped with the outer one', async () => {
    const { exports, log } = await elements();
    const before = exports.tables.highestHandle(100);
    const inner = [];
    for (let i = 0; i < 3; i++) inner.push(exports.byteStreams.first([new Blob(['x'])], 1));
    const streams = (await Promise.all(inner)).flat();
    const reader = (await exports.byteStreams.produce(streams, 3)).getReader();
    const { value } = await reader.read();
    await reader.cancel();
    await settle();
    assert.deepEqual(log, ['written 3']);
    assert.equal(await textOf(value), 'x');
    assert.equal(exports.tables.highestHandle(100), before);
  });
});
