/** Nothing leaks: what JS abandons is collected, and the tables of guests stay small. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { collect, DISPOSE, elements, Thing } from './support/elements.mjs';
import { collectUntil } from './support/gc.mjs';
import { asyncs } from './support/guests.mjs';
import { manual, settle, within } from './support/time.mjs';

/** More than a test has at the same time, so that they take all that was ever free. */
const STREAMS = 300;

/** Runs something whose objects must not stay on this function's stack. */
async function abandon(make) {
  await (async () => void (await make()))();
  await settle();
}

describe('what is abandoned is collected', () => {
  test('streams of the guest that nobody has read', async () => {
    const { exports, log, store } = await elements();
    const before = exports.tables.highestHandle(STREAMS);
    for (let i = 0; i < 20; i++) await abandon(() => exports.strings.produce(['a', 'b'], 1));
    await collectUntil(() => log.length >= 20);
    assert.deepEqual(log, new Array(20).fill('written 0'), 'each writer was told');
    assert.equal(store.trap, undefined);
    assert.equal(exports.tables.highestHandle(STREAMS), before);
  });

  test('streams of which a part was read', async () => {
    const { exports, log } = await elements();
    const before = exports.tables.highestHandle(STREAMS);
    for (let i = 0; i < 20; i++) {
      await abandon(async () => {
        const reader = (await exports.strings.produce(['a', 'b', 'c', 'd'], 2)).getReader();
        await reader.read();
      });
    }
    await collectUntil(() => log.length >= 40);
    assert.equal(log.filter((line) => line === 'written 2').length, 40);
    assert.equal(exports.tables.highestHandle(STREAMS), before);
  });

  test('byte streams, unread and half read', async () => {
    const { streams, log } = await asyncs();
    for (let i = 0; i < 20; i++) {
      await abandon(() => streams.produce(100n, 10));
      await abandon(async () => {
        const reader = (await streams.produce(100n, 10)).getReader({ mode: 'byob' });
        await reader.read(new Uint8Array(10));
      });
    }
    const ended = () => log.filter((line) => line === 'written 0').length >= 20;
    await collectUntil(() => ended() && log.length >= 60);
    assert.equal(log.filter((line) => line === 'written 0').length, 20);
    assert.equal(log.filter((line) => line === 'written 10').length, 40);
  });

  test('futures that nobody has read', async () => {
    const { exports, log, store } = await elements();
    const before = exports.tables.highestHandle(STREAMS);
    for (let i = 0; i < 20; i++) await abandon(() => exports.strings.later('x'));
    await collectUntil(() => log.length >= 20);
    assert.deepEqual(log, new Array(20).fill('taken: false'));
    assert.equal(store.trap, undefined);
    assert.equal(exports.tables.highestHandle(STREAMS), before);
  });

  test('but no future that somebody awaits', async () => {
    const fetch = manual();
    const { futures } = await asyncs({ fetch: fetch.call });
    // The promise of the await is all that is held of it from here on.
    const value = (async () => await await futures.sendFetched('x'))();
    await settle();
    await collectUntil(() => false, 20);
    await settle();
    fetch.calls[0].resolve('fetched');
    assert.equal(await within(2000, value), 'fetched');
  });

  test("the guest's resources", async () => {
    const { exports } = await elements();
    const { objects } = exports;
    await abandon(() => {
      for (let i = 0; i < 100; i++) new objects.Counter(i);
    });
    await collectUntil(() => objects.live() === 0);
    assert.equal(objects.live(), 0);
  });

  test('resources in streams that are abandoned', async () => {
    const { exports } = await elements();
    const before = exports.tables.highestHandle(STREAMS);
    const { objects, counters } = exports;
    const make = () => Array.from({ length: 10 }, (_, i) => new objects.Counter(i));
    await abandon(() => counters.produce(make(), 10));
    await abandon(async () => {
      await (await counters.produce(make(), 10)).getReader().read();
    });
    await collectUntil(() => objects.live() === 0);
    assert.equal(objects.live(), 0);
    assert.equal(exports.tables.highestHandle(STREAMS), before);
  });

  test('streams and futures inside of what is abandoned', async () => {
    const { exports, log } = await elements();
    for (let i = 0; i < 5; i++) {
      await abandon(async () => {
        const items = await exports.strings.produce(['a'], 1);
        const [value] = await exports.words.later(1);
        exports.nested.passTuple([items, 1, value]);
      });
      await abandon(async () => {
        const [inner] = await exports.byteStreams.first([new Blob(['x'])], 1);
        await exports.byteStreams.produce([inner], 1);
      });
    }
    // The engine may still have the last one.
    await collectUntil(() => log.length >= 14);
    assert.ok(log.length >= 14, `${log}`);
    assert.deepEqual([...new Set(log)].sort(), ['taken: false', 'written 0']);
  });

  test('sources of JS that the guest hands back and nobody reads', async () => {
    const { exports } = await elements();
    let cancelled = 0;
    for (let i = 0; i < 20; i++) {
      await abandon(() =>
        exports.strings.pass(new ReadableStream({ cancel: () => void cancelled++ })),
      );
    }
    await collectUntil(() => cancelled >= 20);
    assert.equal(cancelled, 20);
  });

  test('a stream that somebody waits on is not', async () => {
    const { exports } = await elements();
    let give;
    const source = new ReadableStream(
      {
        start(controller) {
          give = (item) => controller.enqueue(item);
        },
      },
      { highWaterMark: 0 },
    );
    const seen = [];
    await abandon(async () => {
      const reader = (await exports.strings.transform(source, 5)).getReader();
      reader.read().then(({ value }) => seen.push(value));
    });
    await collectUntil(() => false, 50);
    give('still there');
    await settle();
    assert.deepEqual(seen, ['still there']);
  });
});

test('whole stores are collected, whatever goes on in them', () => {
  const script = fileURLToPath(new URL('support/abandoned-stores.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', script], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  assert.equal(status, 0, stderr);
  const left = Object.entries(JSON.parse(stdout));
  assert.ok(left.length >= 20);
  assert.deepEqual(
    left.filter(([, count]) => count > 0),
    [],
  );
});

describe('tables stay as they were', () => {
  test('after 10,000 streams, both ways', async () => {
    const { exports, log, store } = await elements();
    const before = exports.tables.highestHandle(STREAMS);
    for (let i = 0; i < 10_000; i++) {
      const stream = await exports.words.transform([i, i + 1], 4);
      const reader = stream.getReader();
      assert.equal((await reader.read()).value, i);
      if (i % 2 === 0) await reader.cancel();
      else assert.equal((await reader.read()).value, i + 1);
      if (i % 2 === 1) assert.equal((await reader.read()).done, true);
    }
    await settle();
    assert.equal(exports.tables.highestHandle(STREAMS), before);
    assert.equal(store.trap, undefined);
    assert.deepEqual(log, []);
  });

  test('after 10,000 futures, resources and cancelled streams', async () => {
    const { exports, store } = await elements();
    const { objects, things, strings, counters } = exports;
    const disposed = Thing.disposed;
    const before = exports.tables.highestHandle(STREAMS);
    for (let i = 0; i < 2500; i++) {
      const [future] = await strings.later('x');
      if (i % 2 === 0) assert.equal(await future, 'x');
      else future[DISPOSE]();
      things.ignore([new Thing('unread')]);
      const [counter] = await counters.first([new objects.Counter(i)], 1);
      counter[DISPOSE]();
      await (await strings.produce(['a', 'b'], 1)).cancel();
      assert.equal((await collect(strings.pass(await strings.produce(['a', 'b'], 1)))).length, 2);
    }
    await settle();
    assert.equal(objects.live(), 0);
    assert.equal(Thing.disposed, disposed, 'the guest never had them');
    assert.equal(exports.tables.highestHandle(STREAMS), before);
    assert.equal(store.trap, undefined);
  });

  test('after 5,000 calls that were aborted', async () => {
    const { exports, store } = await elements();
    const before = exports.tables.highestHandle(STREAMS);
    for (let i = 0; i < 5000; i++) {
      const controller = new AbortController();
      const never = new ReadableStream({}, { highWaterMark: 0 });
      const call = exports.strings.consume(never, 5, { signal: controller.signal });
      controller.abort();
      await assert.rejects(within(5000, call), { name: 'AbortError' });
      // Promises alone would keep the guest from the turns in which it clears up.
      if (i % 100 === 0) await settle();
    }
    await settle();
    assert.equal(exports.tables.highestHandle(STREAMS), before);
    assert.equal(store.trap, undefined);
  });
});
