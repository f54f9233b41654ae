/** Byte streams and futures, in both directions: what is read, when, and how it ends. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ComponentError } from '../../pkg/dist/node.js';
import { asyncs } from './support/guests.mjs';
import { deferred, manual, settle, state, within } from './support/time.mjs';

const text = (...chunks) => new TextDecoder().decode(concat(chunks));
const utf8 = (string) => new TextEncoder().encode(string);

/** A stream that says how often it was asked for more, and how it ended. */
function source(chunks, options = {}) {
  const state = { pulls: 0, cancelled: undefined };
  const stream = new ReadableStream(
    {
      pull(controller) {
        state.pulls++;
        const chunk = chunks.shift();
        if (chunk === undefined) controller.close();
        else if (chunk instanceof Error) controller.error(chunk);
        else controller.enqueue(chunk);
      },
      cancel(reason) {
        state.cancelled = { reason };
      },
      ...options,
    },
    { highWaterMark: 0 },
  );
  return { stream, state };
}

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return concat(chunks);
}

function concat(chunks) {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

describe('a stream that JS gives', () => {
  const kinds = {
    'a ReadableStream': () => source([utf8('abc'), utf8('de')]).stream,
    'a byte stream': () =>
      new ReadableStream({
        type: 'bytes',
        start(controller) {
          controller.enqueue(utf8('abc'));
          controller.enqueue(utf8('de'));
          controller.close();
        },
      }),
    'an async generator': () =>
      (async function* generate() {
        yield utf8('abc');
        yield utf8('de');
      })(),
    'an array of chunks': () => [utf8('abc'), utf8('de')],
    'a generator': () =>
      (function* generate() {
        yield utf8('abc');
        yield utf8('de');
      })(),
    'a Blob': () => new Blob(['abc', 'de']),
    "a Response's body": () => new Response('abcde').body,
    'a string': () => 'abcde',
    'chunks with empty ones among them': () => [
      utf8(''),
      utf8('abcd'),
      utf8(''),
      utf8('e'),
      utf8(''),
    ],
  };
  for (const [kind, make] of Object.entries(kinds)) {
    test(`as ${kind}`, async () => {
      const { streams } = await asyncs();
      const sum = utf8('abcde').reduce((a, b) => a + b);
      assert.deepEqual(await within(2000, streams.consume(make(), 4096)), [5n, BigInt(sum)]);
      assert.deepEqual(await within(2000, streams.consume(make(), 1)), [5n, BigInt(sum)]);
    });
  }

  test('one that is no stream is refused', async () => {
    const { streams, store } = await asyncs();
    for (const wrong of [undefined, null, 5, {}]) {
      await assert.rejects(streams.consume(wrong, 10), { name: 'TypeError', message: /^bytes: / });
    }
    const { stream } = source([]);
    stream.getReader();
    await assert.rejects(streams.consume(stream, 10), TypeError);
    assert.equal(store.trap, undefined);
  });

  test('a megabyte, in reads of every size', async () => {
    const data = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 7) % 251);
    const sum = BigInt(data.reduce((a, b) => a + b));
    const { streams } = await asyncs();
    for (const capacity of [1000, 65_536, 2_000_000]) {
      const chunks = Array.from({ length: 10 }, (_, i) => data.subarray(i * 1e5, (i + 1) * 1e5));
      assert.deepEqual(await streams.consume(chunks, capacity), [1_000_000n, sum]);
    }
  });

  test('a chunk that is larger than a read is split', async () => {
    const { streams } = await asyncs();
    assert.deepEqual([...(await streams.readSizes([new Uint8Array(10)], 4))], [4, 4, 2]);
  });

  test('nothing is read before the guest reads', async () => {
    const { stream, state: seen } = source([utf8('a'), utf8('b'), utf8('c')]);
    const { streams } = await asyncs();
    const passed = streams.pass(stream);
    await settle();
    assert.equal(seen.pulls, 0);
    const reader = passed.getReader();
    assert.equal(text((await reader.read()).value), 'a');
    await settle();
    assert.equal(seen.pulls, 1);
    assert.equal(text((await reader.read()).value), 'b');
    await reader.cancel('enough');
    await settle();
    assert.ok(seen.cancelled !== undefined);
    assert.equal(seen.pulls, 2);
  });

  test('the guest drops it: it is cancelled', async () => {
    const { stream, state: seen } = source([utf8('abc'), utf8('def'), utf8('ghi')]);
    const { streams } = await asyncs();
    assert.equal(text(await streams.first(stream, 4)), 'abcd');
    await settle();
    assert.ok(seen.cancelled !== undefined);
    assert.ok(seen.pulls <= 3, `${seen.pulls} pulls`);

    const unread = source([utf8('x')]);
    streams.ignore(unread.stream);
    await settle();
    assert.ok(unread.state.cancelled !== undefined);
    assert.equal(unread.state.pulls, 0);
  });

  test('the guest drops it: a generator is closed', async () => {
    let closed = false;
    async function* generate() {
      try {
        for (;;) yield utf8('abc');
      } finally {
        closed = true;
      }
    }
    const { streams } = await asyncs();
    assert.equal(text(await streams.first(generate(), 7)), 'abcabca');
    await settle();
    assert.equal(closed, true);
  });

  test('a read that the guest cancels loses nothing', async () => {
    const gate = deferred();
    async function* generate() {
      await gate.promise;
      yield utf8('abc');
      yield utf8('de');
    }
    const { streams } = await asyncs();
    const result = streams.cancelRead(generate(), 3);
    await settle();
    gate.resolve();
    assert.deepEqual(await within(2000, result), [0, 5n]);
  });

  test('one that fails ends for the guest', async () => {
    const { streams, store } = await asyncs();
    const { stream } = source([utf8('abc'), new Error('broken')]);
    const result = await within(2000, streams.consume(stream, 100)).catch((error) => error);
    // A stream has no error of its own in the Component Model: it ends, or the host's failure is told.
    if (result instanceof Error) assert.equal(store.trap.code, 'host-error');
    else assert.equal(result[0], 3n);
  });

  test("a chunk that is not bytes is the host's mistake", async () => {
    const { streams } = await asyncs();
    const outcome = await within(2000, streams.consume([utf8('a'), { not: 'bytes' }], 10)).catch(
      (error) => error,
    );
    if (outcome instanceof Error) assert.match(outcome.code, /^(wrong-value|host-error)$/);
  });
});

describe('a stream that the guest gives', () => {
  test('is a byte stream, read as one likes', async () => {
    const { streams } = await asyncs();
    const stream = await streams.produce(1000n, 64);
    assert.ok(stream instanceof ReadableStream);
    const data = await readAll(stream);
    assert.deepEqual(
      data,
      Uint8Array.from({ length: 1000 }, (_, i) => i),
    );
  });

  test('with readers of its own: BYOB', async () => {
    const { streams } = await asyncs();
    const stream = await streams.produce(100n, 30);
    const reader = stream.getReader({ mode: 'byob' });
    let buffer = new ArrayBuffer(16);
    const seen = [];
    for (;;) {
      const { value, done } = await within(2000, reader.read(new Uint8Array(buffer)));
      if (done) break;
      assert.ok(value.length > 0 && value.length <= 16);
      seen.push(...value);
      buffer = value.buffer;
      assert.equal(buffer.byteLength, 16, 'the buffer is the same');
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  test('a BYOB buffer is filled straight from the memory of the guest', async (t) => {
    const { streams } = await asyncs();
    const reader = (await streams.produce(4096n, 4096)).getReader({ mode: 'byob' });
    const { set, slice } = Uint8Array.prototype;
    const copies = [];
    t.mock.method(Uint8Array.prototype, 'set', function record(source, at) {
      copies.push(source);
      return set.call(this, source, at);
    });
    const sliced = t.mock.method(Uint8Array.prototype, 'slice', function record(...args) {
      return slice.apply(this, args);
    });
    const { value } = await reader.read(new Uint8Array(8192));
    assert.equal(value.length, 4096);
    assert.equal(value[300], 300 % 256);
    assert.equal(sliced.mock.callCount(), 0);
    assert.equal(copies.length, 1, 'one copy');
    // A window onto a memory, whose size is whole pages.
    const [{ buffer, byteLength }] = copies;
    assert.equal(byteLength, 4096);
    assert.ok(buffer.byteLength > 0 && buffer.byteLength % 65_536 === 0);
  });

  test('an offset in a BYOB buffer is kept', async () => {
    const { streams } = await asyncs();
    const reader = (await streams.produce(4n, 4)).getReader({ mode: 'byob' });
    const { value } = await reader.read(new Uint8Array(new ArrayBuffer(32), 8, 16));
    assert.equal(value.byteOffset, 8);
    assert.deepEqual([...value], [0, 1, 2, 3]);
  });

  test('nothing is written before JS reads', async () => {
    const { streams, log } = await asyncs();
    const stream = await streams.produce(1000n, 10);
    await settle();
    assert.deepEqual(log, []);
    const reader = stream.getReader();
    const { value } = await reader.read();
    assert.deepEqual([...value], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await settle();
    assert.ok(log.length <= 1, `one read is one write, not ${log.length}`);
    await reader.read();
    await settle();
    assert.ok(log.length <= 2);
  });

  test('cancelling tells the guest', async () => {
    const { streams, log, store } = await asyncs();
    const reader = (await streams.produce(1000n, 10)).getReader();
    await reader.read();
    await reader.cancel('enough');
    await settle();
    assert.ok(log.length <= 2, `${log}`);
    assert.equal(store.trap, undefined);

    const unread = await streams.produce(1000n, 10);
    await unread.cancel();
    await settle();
    assert.equal(log.at(-1), 'written 0', 'the write failed with nothing taken');
  });

  test('cancelling while a read waits', async () => {
    const fetch = manual();
    const { streams, store } = await asyncs({ fetch: fetch.call });
    const gate = deferred();
    async function* generate() {
      await gate.promise;
      yield utf8('a');
    }
    const reader = (await streams.upper(generate(), 10)).getReader();
    const reading = reader.read();
    await settle();
    assert.equal(await state(reading), 'pending');
    await reader.cancel();
    assert.equal((await reading).done, true);
    gate.resolve();
    await settle();
    assert.equal(store.trap, undefined);
  });

  test('one that ends at once', async () => {
    const { streams } = await asyncs();
    assert.equal((await readAll(streams.empty())).length, 0);
  });

  test('as a Response', async () => {
    const { streams } = await asyncs();
    const stream = await streams.upper('hello', 100);
    assert.equal(await new Response(stream).text(), 'HELLO');
  });

  test('it errs when the store ends', async () => {
    const { streams, failures, store } = await asyncs();
    const reader = (await streams.produce(1000n, 10)).getReader();
    await reader.read();
    assert.throws(() => failures.trap(), { code: 'core-trap' });
    await assert.rejects(within(2000, reader.read()), (error) => {
      assert.ok(error === store.trap || error.cause === store.trap);
      return true;
    });
  });

  test('a read that waits when the store ends', async () => {
    const { streams, failures } = await asyncs();
    const never = new ReadableStream({}, { highWaterMark: 0 });
    const reader = (await streams.upper(never, 10)).getReader();
    const reading = reader.read();
    await settle();
    assert.throws(() => failures.trap());
    await assert.rejects(within(2000, reading), { name: 'ComponentTrap' });
  });
});

describe('through the guest', () => {
  test('bytes go in and come out, as they come', async () => {
    const { streams } = await asyncs();
    const gates = [deferred(), deferred(), deferred()];
    async function* generate() {
      for (const [i, gate] of gates.entries()) {
        await gate.promise;
        yield utf8(`chunk ${i}`);
      }
    }
    const reader = (await streams.upper(generate(), 100)).getReader();
    for (const [i, gate] of gates.entries()) {
      const reading = reader.read();
      await settle();
      assert.equal(await state(reading), 'pending');
      gate.resolve();
      assert.equal(text((await within(2000, reading)).value), `CHUNK ${i}`);
    }
    assert.equal((await reader.read()).done, true);
  });

  test('several megabytes, with backpressure all the way', async () => {
    const { streams } = await asyncs();
    const chunk = new Uint8Array(65_536).fill(97);
    let made = 0;
    let read = 0;
    let ahead = 0;
    function* generate() {
      for (; made < 64; made++) {
        ahead = Math.max(ahead, made * chunk.length - read);
        yield chunk;
      }
    }
    const stream = await streams.upper(generate(), 65_536);
    for await (const part of stream) {
      assert.ok(part.every((byte) => byte === 65));
      read += part.length;
    }
    assert.equal(read, 64 * 65_536);
    assert.ok(ahead <= 3 * 65_536, `${ahead} bytes were made before they were read`);
  });

  test('one stream after the other, through several transformations', async () => {
    const { streams } = await asyncs();
    let stream = await streams.upper('abc', 2);
    for (let i = 0; i < 5; i++) stream = await streams.upper(stream, 2);
    assert.equal(text(await readAll(stream)), 'ABC');
  });

  test('one that the guest has passed on unread', async () => {
    const { streams } = await asyncs();
    const stream = streams.pass(await streams.produce(10n, 4));
    assert.equal((await readAll(stream)).length, 10);
  });

  test('between two instances', async () => {
    const [a, b] = [await asyncs(), await asyncs()];
    const stream = await b.streams.upper(await a.streams.upper('Grüße', 3), 3);
    assert.equal(text(await readAll(stream)), 'GRüßE');
  });

  test('with an outcome beside it, as WASI has them', async () => {
    const { streams } = await asyncs();
    const [stream, outcome] = await streams.withOutcome('hello');
    assert.equal(text(await readAll(stream)), 'HELLO');
    assert.deepEqual(await outcome, { tag: 'ok', val: 5n });

    const [dropped, failure] = await streams.withOutcome('hello');
    await dropped.cancel();
    assert.deepEqual(await within(2000, failure), { tag: 'err', val: 'nobody reads' });
  });
});

describe('streams of imports', () => {
  test('the guest reads one that an import has returned', async () => {
    const { streams } = await asyncs({ makeStream: () => ['ab', 'cde'].map(utf8) });
    assert.equal(await streams.pull(), 5n);
  });

  test('the guest writes one that an import takes', async () => {
    const { streams } = await asyncs({
      takeStream: async (stream) => BigInt((await readAll(stream)).length),
    });
    assert.deepEqual(await streams.push(100_000), [100_000n, 100_000]);
  });

  test('the import reads a part and cancels', async () => {
    const { streams } = await asyncs({
      takeStream: async (stream) => {
        const reader = stream.getReader({ mode: 'byob' });
        const { value } = await reader.read(new Uint8Array(10));
        await reader.cancel();
        return BigInt(value.length);
      },
    });
    assert.deepEqual(await streams.push(100), [10n, 10]);
  });

  test('a write that the guest cancels', async () => {
    let kept;
    const { streams } = await asyncs({
      keepStream: (stream) => {
        kept = stream;
      },
    });
    assert.equal(await streams.cancelWrite(50, 3), 0, 'nobody read');
    assert.equal((await readAll(kept)).length, 0);

    const { streams: others } = await asyncs({
      keepStream: (stream) => {
        void stream.getReader({ mode: 'byob' }).read(new Uint8Array(20));
      },
    });
    assert.equal(await others.cancelWrite(50, 50), 20, 'what was read is known');
  });
});

describe('futures', () => {
  test('that JS gives: a promise, a thenable, a value', async () => {
    const { futures } = await asyncs();
    const later = deferred();
    const receiving = futures.receive(later.promise);
    await settle();
    assert.equal(await state(receiving), 'pending');
    later.resolve('later');
    assert.equal(await receiving, 'later');
    assert.equal(await futures.receive('now'), 'now');
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    assert.equal(await futures.receive({ then: (resolve) => resolve('then') }), 'then');
  });

  test('of a result: a value, or an error', async () => {
    const { futures } = await asyncs();
    assert.equal(await futures.receiveResult(Promise.resolve({ tag: 'ok', val: 5 })), 5);
    await assert.rejects(futures.receiveResult({ tag: 'err', val: 'no' }), (error) => {
      assert.ok(error instanceof ComponentError);
      assert.equal(error.payload, 'no');
      return true;
    });
  });

  test('that JS gives and the guest drops', async () => {
    const { futures, store } = await asyncs();
    assert.equal(await futures.ignore(new Promise(() => {})), 'ignored');
    assert.equal(await futures.ignore(Promise.reject(new Error('unheard'))), 'ignored');
    await settle();
    assert.equal(store.trap, undefined);
  });

  test('one that rejects, where no value can say so, ends the store', async () => {
    const { futures, store } = await asyncs();
    const cause = new Error('mine');
    await assert.rejects(within(2000, futures.receive(Promise.reject(cause))), {
      name: 'ComponentTrap',
      code: 'host-error',
      cause,
    });
    assert.equal(store.trap.cause, cause);
  });

  test('one of a wrong value', async () => {
    const { futures, store } = await asyncs();
    await assert.rejects(within(2000, futures.receive(Promise.resolve(5))), {
      code: 'wrong-value',
    });
    assert.equal(store.trap.code, 'wrong-value');
  });

  test('that the guest gives', async () => {
    const { futures, log } = await asyncs();
    // A promise of something that has `then` is resolved with what that brings.
    assert.equal(await futures.send('hello'), 'hello');
    await settle();
    assert.deepEqual(log, ['future taken: true']);
  });

  test('is read when somebody asks, and can be asked again', async () => {
    const { streams, store } = await asyncs();
    const [stream, outcome] = await streams.withOutcome('abc');
    assert.equal(typeof outcome.then, 'function');
    await readAll(stream);
    await settle();
    for (let i = 0; i < 3; i++) assert.deepEqual(await outcome, { tag: 'ok', val: 3n });
    outcome[Symbol.dispose]();
    assert.deepEqual(await outcome, { tag: 'ok', val: 3n });
    assert.equal(store.trap, undefined);
  });

  test('that the guest gives, of a result', async () => {
    const { futures } = await asyncs();
    assert.deepEqual(await futures.sendResult({ tag: 'ok', val: 5 }), { tag: 'ok', val: 5 });
    assert.deepEqual(await futures.sendResult({ tag: 'err', val: 'x' }), { tag: 'err', val: 'x' });
    assert.equal(await futures.signal(), undefined);
  });

  test('whose value the host decides later', async () => {
    const fetch = manual();
    const { futures } = await asyncs({ fetch: fetch.call });
    const value = futures.sendFetched('x');
    await settle();
    fetch.calls[0].resolve('fetched');
    assert.equal(await within(2000, value), 'fetched');
  });

  test('passed through unread', async () => {
    const { futures } = await asyncs();
    const later = deferred();
    const passed = futures.pass(later.promise);
    later.resolve('through');
    assert.equal(await passed, 'through');
  });

  test('of imports, both ways', async () => {
    const { futures } = await asyncs({
      makeFuture: () => new Promise((resolve) => setTimeout(resolve, 2, 'made')),
      takeFuture: async (future) => (await future) * 2,
    });
    assert.equal(await futures.pull(), 'made');
    assert.equal(await futures.push(21), 42);
  });

  test('disposed of unread, the guest is told', async () => {
    const { futures, log, store } = await asyncs();
    const future = futures.pass(new Promise(() => {}));
    future[Symbol.dispose]?.();
    const { futures: others, log: otherLog } = await asyncs({
      takeFuture: async (future) => {
        future[Symbol.dispose]();
        return 1;
      },
    });
    assert.equal(await others.push(5), 1);
    assert.deepEqual([log, otherLog], [[], []]);
    assert.equal(store.trap, undefined);
  });
});
