/** Guests that wait on their stacks: each way of waiting with JSPI, and what is left without. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Component, Store, suspending } from '../../pkg/dist/node.js';
import { blocking, FEATURES, gated, IMPORTS, JSPI } from './support/blocking.mjs';
import { ends } from './support/ends.mjs';
import { bytes, component } from './support/guests.mjs';
import { manual, settle, state, within } from './support/time.mjs';

const CANCELLED_BEFORE_RETURNED = 4;

if (JSPI) {
  describe('built-ins that wait', () => {
    test('waitable-set.wait, in an async function lifted synchronously', async () => {
      const soon = manual();
      const { wait } = await blocking({ soon: soon.call });
      const call = wait();
      await settle();
      assert.equal(await state(call), 'pending');
      soon.calls[0].resolve(7);
      assert.equal(await call, 7);
    });

    test('several times on one stack', async () => {
      let n = 0;
      const { twice } = await blocking({ soon: () => setTimeout(1, ++n) });
      assert.equal(await twice(), 3);
    });

    test('in a function with a callback, and in its callback', async () => {
      let n = 0;
      const { waitCallback, log } = await blocking({ soon: () => setTimeout(1, ++n) });
      assert.equal(await waitCallback(), 2);
      assert.deepEqual(log, [1]);
    });

    test('a call that does not wait answers in the same turn', async () => {
      const { neverBlocks } = await blocking();
      let answer;
      neverBlocks(1).then((value) => {
        answer = value;
      });
      await null;
      assert.equal(answer, 2);
    });

    test('stream.read without async', async () => {
      const { read } = await blocking();
      assert.equal(await read(Uint8Array.of(1, 2, 3, 4, 5, 6)), 21);
      async function* slow() {
        for (let i = 1; i <= 5; i++) {
          await setTimeout(1);
          yield Uint8Array.of(i, i);
        }
      }
      assert.equal(await read(slow()), 30);
    });

    test('stream.write without async', async () => {
      const { write } = await blocking();
      const chunks = [];
      for await (const chunk of await write()) {
        chunks.push(...chunk);
        await setTimeout(1);
      }
      assert.deepEqual(chunks, [1, 2, 3, 4, 5, 6]);
    });

    test('future.read without async', async () => {
      const { future } = await blocking();
      assert.equal(await future(setTimeout(1, 9)), 9);
      assert.equal(await future(Promise.resolve(8)), 8);
    });

    test('subtask.cancel without async does not wait for the host', async () => {
      const { cancel } = await blocking();
      assert.equal(await cancel(), CANCELLED_BEFORE_RETURNED);
    });

    test('thread.yield', async () => {
      const { yields, yieldsSync } = await blocking();
      assert.equal(await yields(10_000), 10_000);
      assert.equal(yieldsSync(1000), 1000);
      assert.equal(await yieldsSync.promise(1000), 1000);
    });
  });

  describe('async imports that are called synchronously', () => {
    test('wait, with a flat result and with one in memory', async () => {
      const { call, callText } = await blocking({
        soon: () => setTimeout(1, 5),
        text: (text) => setTimeout(1, `${text}!`),
      });
      assert.equal(await call(), 5);
      assert.equal(await callText('slow'), 'slow!');
    });

    test('do not wait for what is there', async () => {
      const { call, callText } = await blocking({ soon: () => 6, text: (text) => `${text}?` });
      assert.equal(await call(), 6);
      assert.equal(await callText('quick'), 'quick?');
    });

    test('get a signal, which a trap of the store aborts', async () => {
      const never = manual();
      const { callNever, trapSync } = await blocking({ never: never.call });
      const call = callNever();
      await settle();
      assert.equal(never.calls[0].context.signal.aborted, false);
      assert.throws(trapSync, { code: 'core-trap' });
      await assert.rejects(call, { code: 'core-trap' });
      assert.equal(never.calls[0].context.signal.aborted, true);
    });

    test('that reject end the store', async () => {
      const cause = new Error('mine');
      const { call, store } = await blocking({ soon: () => Promise.reject(cause) });
      const trap = await ends(store, 'host-error', call, call);
      assert.equal(trap.cause, cause);
    });

    test('with values of another type end the store', async () => {
      const { callText, store } = await blocking({ text: () => setTimeout(1, 5) });
      await ends(store, 'wrong-value', () => callText('x'));
    });
  });

  describe('traps on stacks of their own', () => {
    test('before the first suspension', async () => {
      const { trapFirst, wait, store } = await blocking();
      const trap = await ends(store, 'core-trap', trapFirst, wait);
      assert.equal(trap.export, 'trap-first');
      assert.ok(trap.cause instanceof WebAssembly.RuntimeError);
      assert.match(trap.message, /unreachable/);
    });

    test('after it', async () => {
      const { trapLater, wait, store } = await blocking({ soon: () => setTimeout(1, 1) });
      const trap = await ends(store, 'core-trap', trapLater, wait);
      assert.equal(trap.export, 'trap-later');
      assert.match(trap.message, /unreachable/);
    });

    test('by running out of stack', async () => {
      const { overflow, store } = await blocking();
      await ends(store, 'stack-overflow', overflow);
    });

    test('nothing gets through between the trap and its cause', async () => {
      const { trapFirst, stop, wait, store } = await blocking();
      const first = trapFirst();
      assert.throws(stop, { code: 'store-locked' });
      const second = wait();
      await assert.rejects(first, { code: 'core-trap', message: /unreachable/ });
      await assert.rejects(second, { code: 'store-locked' });
      assert.match(store.trap.message, /unreachable/);
    });

    test('stacks that are suspended end with the store, and run no more', async () => {
      const soon = manual();
      const { wait, waitSync, store } = await blocking({ soon: soon.call });
      const call = wait();
      await settle();
      await assert.rejects(async () => waitSync(), { code: 'cannot-block' });
      await assert.rejects(call, { code: 'cannot-block' });
      soon.calls[0].resolve(1);
      await settle();
      assert.equal(store.trap.code, 'cannot-block');
    });
  });

  describe('synchronous functions', () => {
    test('that wait with nothing else to run trap', async () => {
      for (const how of [({ waitSync }) => waitSync(), ({ waitSync }) => waitSync.promise()]) {
        const made = await blocking({ soon: () => setTimeout(1, 1) });
        const trap = await ends(made.store, 'cannot-block', async () => how(made));
        assert.equal(trap.export, 'wait-sync');
      }
    });

    test('that do not wait are called either way', async () => {
      const { waitSync, poll, stop } = await blocking({ soon: () => 3 });
      assert.equal(waitSync(), 3);
      assert.equal(await waitSync.promise(), 3);
      assert.equal(poll(1), 102);
      assert.equal(await poll.promise(1), 102);
      assert.equal(await stop.promise(), undefined);
    });

    test('check the arguments of their promise', async () => {
      const { poll } = await blocking();
      await assert.rejects(poll.promise('x'), TypeError);
    });
  });

  describe('suspending(fn)', () => {
    test('a promise of a synchronous import that is not marked is wrong', async () => {
      const { poll, store } = await blocking({ poll: async () => 1 });
      const trap = await ends(store, 'wrong-value', async () => poll(1));
      assert.match(trap.message, /suspending/);
    });

    test('a synchronous import may wait', async () => {
      const { poll, pollAsync, pollTwice } = await blocking({
        poll: suspending((n) => setTimeout(1, n * 2)),
      });
      assert.equal(await poll.promise(3), 106);
      assert.equal(await pollAsync(4), 108);
      assert.equal(await pollTwice.promise(5), 20);
    });

    test('a value is taken at once, also by a plain call', async () => {
      const { poll } = await blocking({ poll: suspending((n) => n + 5) });
      assert.equal(poll(1), 106);
    });

    test('a plain call that has to wait traps, and says what to do', async () => {
      const { poll, store } = await blocking({ poll: suspending(async () => 1) });
      const trap = await ends(store, 'cannot-block', async () => poll(1));
      assert.match(trap.message, /in poll, but .*`promise`/);
    });

    test('the store is frozen meanwhile: async calls wait, synchronous ones throw', async () => {
      const waiting = manual();
      const { poll, neverBlocks, stop, yieldsSync, log } = await blocking({
        poll: suspending(waiting.call),
      });
      const call = poll.promise(1);
      assert.deepEqual(log, [1]);
      const other = neverBlocks(1);
      const third = yieldsSync.promise(1);
      await settle();
      assert.equal(await state(other), 'pending');
      assert.equal(await state(third), 'pending');
      assert.throws(stop, { name: 'InvalidStateError', message: /frozen/ });
      waiting.calls[0].resolve(9);
      assert.equal(await call, 109);
      assert.equal(await other, 2);
      assert.equal(await third, 1);
      stop();
    });

    test('other stores are not', async () => {
      const waiting = manual();
      const frozen = await blocking({ poll: suspending(waiting.call) });
      const other = await blocking();
      const call = frozen.poll.promise(1);
      assert.equal(other.poll(1), 102);
      assert.equal(await other.yields(10), 10);
      waiting.calls[0].resolve(1);
      assert.equal(await call, 101);
    });
  });

  describe('calls that wait', () => {
    test('are given up by their signal, and go on unheard', async () => {
      const soon = manual();
      const { wait, neverBlocks } = await blocking({ soon: soon.call });
      const controller = new AbortController();
      const call = wait({ signal: controller.signal });
      await settle();
      controller.abort();
      await assert.rejects(call, { name: 'AbortError' });
      // It has the exclusive lock still.
      const next = neverBlocks(1);
      await settle();
      assert.equal(await state(next), 'pending');
      soon.calls[0].resolve(1);
      assert.equal(await next, 2);
    });

    test('are found when nothing can wake them', async () => {
      const { waitForever, store } = await blocking(
        {},
        { store: new Store({ deadlock: 'error' }) },
      );
      const trap = await ends(store, 'deadlock', waitForever);
      assert.match(trap.message, /wait-forever .*waits on waitable set/);
    });

    test('yielding for ever starves neither timers nor other stores', async () => {
      const { spin, stop } = await blocking();
      const other = await blocking();
      const call = spin();
      for (let i = 0; i < 5; i++) await setTimeout(1);
      for (let i = 0; i < 5; i++) await setImmediate();
      assert.equal(await other.yields(100), 100);
      stop();
      assert.ok((await within(1000, call)) > 100);
    });

    test('ten thousand at once: more than there are stacks, and none is lost', async () => {
      const gate = Promise.withResolvers();
      let started = 0;
      const soon = async () => {
        const own = ++started;
        await gate.promise;
        return own;
      };
      // Stacks are counted for all stores together.
      const stores = [await blocking({ soon }), await blocking({ soon })];
      const calls = Array.from({ length: 10_000 }, (_, i) => stores[i % 2].callStackful());
      await settle();
      assert.ok(started > 1000 && started < 10_000, `${started} have started`);
      gate.resolve();
      const results = await Promise.all(calls);
      assert.deepEqual(
        results.sort((a, b) => a - b),
        Array.from({ length: 10_000 }, (_, i) => i + 1),
      );
      assert.ok((await stores[0].wait()) > 10_000);
    });

    test('nest: a host function calls a function that waits, in another store and in its own', async () => {
      const inner = await blocking({ soon: () => setTimeout(1, 2) });
      const outer = await blocking({ soon: async () => (await inner.wait()) + 1 });
      assert.equal(await outer.call(), 3);
      let own;
      const self = await blocking({
        soon: async () => {
          assert.equal(own.yieldsSync(3), 3);
          assert.equal(own.poll(1), 102);
          return 4;
        },
      });
      own = self;
      assert.equal(await self.call(), 4);
    });

    test('a plain call inside of one that waits has a stack that cannot', async () => {
      let own;
      const made = await blocking({
        log: () => own.waitSync(),
        soon: () => setTimeout(1, 1),
      });
      own = made;
      await ends(made.store, 'cannot-block', made.pollAsync.bind(undefined, 1));
    });
  });
} else {
  const engines = /Chrome 137, Firefox 153, Safari 27, Node 26, Deno and Bun/;

  describe('without JSPI', () => {
    test('calls that do not have to wait work', async () => {
      const { neverBlocks, wait, waitCallback, call, callText, poll, yields } = await blocking({
        soon: () => 3,
        text: (text) => `${text}!`,
      });
      assert.equal(await neverBlocks(1), 2);
      assert.equal(await wait(), 3);
      assert.equal(await waitCallback(), 3);
      assert.equal(await call(), 3);
      assert.equal(await callText('a'), 'a!');
      assert.equal(poll(1), 102);
      assert.equal(await poll.promise(2), 103);
      assert.equal(await yields(1000), 1000);
    });

    for (const [name, cause] of [
      ['wait', 'waitable-set.wait'],
      ['waitCallback', 'waitable-set.wait'],
      ['call', 'soon'],
    ]) {
      test(`${name} traps when it has to wait`, async () => {
        const made = await blocking();
        const trap = await ends(made.store, 'cannot-block', made[name], made.neverBlocks);
        assert.ok(trap.message.includes(cause), trap.message);
        assert.match(trap.message, engines);
      });
    }

    test('so do streams and futures', async () => {
      const reading = await blocking();
      await ends(reading.store, 'cannot-block', () => reading.read(never()));
      const waiting = await blocking();
      await ends(waiting.store, 'cannot-block', () => waiting.future(new Promise(() => {})));
    });

    test('so do marked functions, by a plain call and by its promise', async () => {
      for (const how of [({ poll }) => poll(1), ({ poll }) => poll.promise(1)]) {
        const made = await blocking({ poll: suspending(async () => 1) });
        const trap = await ends(made.store, 'cannot-block', async () => how(made));
        assert.match(trap.message, /in poll, but/);
      }
    });
  });

  async function* never() {
    yield await new Promise(() => {});
  }
}

describe('what needs JSPI', () => {
  test('is described', async () => {
    const { needsJspi } = (await gated('blocking')).describe();
    assert.deepEqual(needsJspi.causes, [
      'future.read',
      'never',
      'soon',
      'stream.read',
      'stream.write',
      'text',
      'thread.yield',
      'waitable-set.wait',
    ]);
    assert.ok(needsJspi.exports.includes('wait'));
    assert.equal((await component('asyncs')).describe().needsJspi, undefined);
    assert.equal((await component('values')).describe().needsJspi, undefined);
  });

  test('is told once where it is missing', async (context) => {
    const warn = context.mock.method(console, 'warn', () => {});
    const fresh = await Component.compile(await bytes('blocking'), { features: FEATURES });
    const told = () => warn.mock.calls.map(({ arguments: [text] }) => text);
    await fresh.instantiate(IMPORTS, { quiet: true });
    assert.deepEqual(told(), []);
    await fresh.instantiate(IMPORTS);
    await fresh.instantiate(IMPORTS);
    if (JSPI) {
      assert.deepEqual(told(), []);
    } else {
      assert.equal(told().length, 1);
      assert.match(told()[0], /JSPI.*Node 26.*waitable-set\.wait.*exports: wait, /);
    }
  });
});
