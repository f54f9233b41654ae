/** Async functions: of the guest, of the host, many at once, cancelled, in the background. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ComponentError, Store } from '../../pkg/dist/node.js';
import { asyncs } from './support/guests.mjs';
import { manual, settle, state, within } from './support/time.mjs';

const ok = (val) => ({ tag: 'ok', val });
const err = (val) => ({ tag: 'err', val });

describe('an async export', () => {
  test('is a promise, whether or not it waits', async () => {
    const { calls } = await asyncs();
    const sum = calls.add(1, 2);
    assert.ok(sum instanceof Promise);
    assert.equal(await sum, 3);
    assert.equal(await calls.nothing(), undefined);
    assert.equal(await calls.yields(0), 0);
    assert.equal(await calls.yields(5000), 5000);
  });

  test('refuses wrong arguments by rejecting, and is as it was', async () => {
    const { calls, store } = await asyncs();
    await assert.rejects(calls.add(1, '2'), { name: 'TypeError', message: /^b: / });
    await assert.rejects(calls.add(1, -2), { name: 'RangeError', message: /^b: / });
    await assert.rejects(calls.fetchAll(['a', 5]), { name: 'TypeError', message: /^names\[1\]: / });
    assert.equal(store.trap, undefined);
    assert.equal(await calls.add(1, 2), 3);
  });

  test('many at once', async () => {
    const { calls } = await asyncs();
    const sums = await Promise.all(Array.from({ length: 500 }, (_, i) => calls.add(i, i)));
    assert.deepEqual(
      sums,
      sums.map((_, i) => 2 * i),
    );
  });
});

describe('an async import', () => {
  test('may return its value at once, or a promise, or any thenable', async () => {
    const answers = [
      () => 3,
      async () => 3,
      () => Promise.resolve().then(() => 3),
      () => setTimeout(2, 3),
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      () => ({ then: (resolve) => queueMicrotask(() => resolve(3)) }),
    ];
    for (const add of answers) {
      const { calls } = await asyncs({ add });
      assert.equal(await within(1000, calls.addRemotely(1, 2)), 3);
    }
  });

  test('gets its arguments, and a signal after them', async () => {
    const seen = [];
    const { calls } = await asyncs({
      add: async (...args) => {
        seen.push(args);
        return 0;
      },
    });
    await calls.addRemotely(1, 4294967295);
    assert.equal(seen.length, 1);
    const [a, b, context] = seen[0];
    assert.deepEqual([a, b], [1, 4294967295]);
    assert.ok(context.signal instanceof AbortSignal);
    assert.equal(context.signal.aborted, false);
  });

  test('with more parameters than go in registers', async () => {
    const first = { name: 'first', retries: 3, tags: ['a', 'b'], deadline: undefined };
    const second = { name: 'zweite', retries: 0, tags: [], deadline: (1n << 64n) - 1n };
    const seen = [];
    const { calls } = await asyncs({
      send: async (...args) => {
        seen.push(args.slice(0, 2));
        return args[1];
      },
    });
    assert.deepEqual(await calls.send(first, second), second);
    assert.deepEqual(seen, [[first, second]]);
  });

  test('returns its own result, or throws it', async () => {
    const { calls, store } = await asyncs({
      fetch: async (name) => {
        if (name === 'error') throw new ComponentError('refused');
        if (name === 'bare') throw 'bare';
        if (name === 'payload') throw { payload: 'object' };
        return name.toUpperCase();
      },
    });
    assert.deepEqual(await calls.fetchAll(['a', 'error', 'bare', 'payload', 'b']), [
      ok('A'),
      err('refused'),
      err('bare'),
      err('object'),
      ok('B'),
    ]);
    assert.equal(store.trap, undefined);
  });

  test('that returns nothing', async () => {
    const wait = manual();
    const { calls } = await asyncs({ wait: wait.call });
    const waiting = calls.wait();
    await settle();
    assert.equal(await state(waiting), 'pending');
    wait.calls[0].resolve();
    assert.equal(await waiting, undefined);
  });
});

describe('several imports at once', () => {
  test('are joined, and resolve in any order', async () => {
    const fetch = manual();
    const { calls } = await asyncs({ fetch: fetch.call });
    const result = calls.fetchAll(['a', 'b', 'c', 'd']);
    await settle();
    assert.deepEqual(
      fetch.calls.map(({ args }) => args[0]),
      ['a', 'b', 'c', 'd'],
    );
    for (const i of [2, 0, 3, 1]) {
      assert.equal(await state(result), 'pending');
      fetch.calls[i].resolve(String(i));
      await settle();
    }
    assert.deepEqual(await result, ['0', '1', '2', '3'].map(ok));
  });

  test('all resolved in one turn', async () => {
    const fetch = manual();
    const { calls } = await asyncs({ fetch: fetch.call });
    const names = Array.from({ length: 100 }, (_, i) => `${i}`);
    const result = calls.fetchAll(names);
    await settle();
    for (const call of fetch.calls) call.resolve(call.args[0]);
    assert.deepEqual(await result, names.map(ok));
  });

  test('one after the other', async () => {
    const fetch = manual();
    const { calls } = await asyncs({ fetch: fetch.call });
    const result = calls.fetchEach(['a', 'b', 'c']);
    for (let i = 0; i < 3; i++) {
      await settle();
      assert.equal(fetch.calls.length, i + 1);
      fetch.calls[i].resolve(`${i}`);
    }
    assert.deepEqual(await result, ['0', '1', '2'].map(ok));
  });

  test('thousands that resolve at once', async () => {
    const { calls } = await asyncs({ fetch: (name) => name });
    const names = Array.from({ length: 3000 }, (_, i) => `${i}`);
    assert.deepEqual(await within(5000, calls.fetchEach(names)), names.map(ok));
  });
});

describe('concurrent calls', () => {
  test('interleave where they wait', async () => {
    const fetch = manual();
    const { calls, log } = await asyncs({ fetch: fetch.call });
    const [a, b] = [calls.overlap('a'), calls.overlap('b')];
    await settle();
    assert.deepEqual(log, ['begin a', 'begin b']);
    assert.equal(await calls.add(1, 2), 3, 'a third gets through');
    fetch.calls[1].resolve('');
    assert.equal(await b, 2);
    fetch.calls[0].resolve('');
    assert.equal(await a, 2);
    assert.deepEqual(log, ['begin a', 'begin b', 'end b', 'end a']);
  });

  test('wait while the guest asks for it', async () => {
    const fetch = manual();
    const { calls, log } = await asyncs({ fetch: fetch.call });
    calls.backpressure(true);
    calls.backpressure(true);
    const waiting = ['a', 'b', 'c'].map((name) => calls.overlap(name));
    await settle();
    assert.deepEqual(log, [], 'none has begun');
    calls.backpressure(false);
    await settle();
    assert.deepEqual(log, [], 'the guest counts');
    calls.backpressure(false);
    await settle();
    assert.deepEqual(log, ['begin a', 'begin b', 'begin c'], 'in order');
    for (const call of fetch.calls) call.resolve('');
    await Promise.all(waiting);
  });

  test('a sync export is not held up by that', async () => {
    const { calls, failures } = await asyncs();
    calls.backpressure(true);
    assert.equal(failures.callLog('four'), 4);
    calls.backpressure(false);
    assert.equal(await calls.add(1, 1), 2);
  });

  test('with any schedule', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const store = new Store({ policy: { seed } });
      const { calls } = await asyncs({ fetch: (name) => setTimeout(seed % 3, name) }, { store });
      const results = await Promise.all([
        calls.fetchAll(['a', 'b', 'c']),
        calls.fetchEach(['d', 'e']),
        calls.yields(50),
        calls.overlap('f'),
        calls.add(1, 2),
      ]);
      assert.deepEqual(results.slice(0, 2), [['a', 'b', 'c'].map(ok), ['d', 'e'].map(ok)]);
      assert.deepEqual(results.slice(2), [50, 1, 3]);
      assert.equal(store.trap, undefined);
    }
  });
});

describe('cancelling', () => {
  test('the loser of a race is told', async () => {
    const fetch = manual();
    const { calls } = await asyncs({ fetch: fetch.call });
    const result = calls.race('slow', 'fast');
    await settle();
    fetch.calls[1].resolve('won');
    assert.equal(await result, 'second: Ok("won")');
    const [slow, fast] = fetch.calls;
    assert.equal(slow.context.signal.aborted, true);
    assert.equal(fast.context.signal.aborted, false);
    slow.resolve('too late');
    await settle();
    assert.equal(await calls.add(1, 2), 3);
  });

  test('a call that the guest gives up may still reject', async () => {
    const fetch = manual();
    const { calls, store } = await asyncs({ fetch: fetch.call });
    const result = calls.giveUp('first', 3, 'second');
    await settle();
    assert.deepEqual(
      fetch.calls.map(({ args }) => args[0]),
      ['first', 'second'],
    );
    assert.equal(fetch.calls[0].context.signal.aborted, true);
    fetch.calls[0].reject(new Error('nobody cares'));
    fetch.calls[1].resolve('fine');
    assert.equal(await result, 'fine');
    assert.equal(store.trap, undefined);
  });

  test('a host function can wait for its signal', async () => {
    const aborted = [];
    const { calls } = await asyncs({
      fetch: (name, { signal }) =>
        name === 'quick'
          ? 'done'
          : new Promise((_, reject) => {
              signal.addEventListener('abort', () => {
                aborted.push(name);
                reject(signal.reason);
              });
            }),
    });
    assert.equal(await calls.giveUp('long', 1, 'quick'), 'done');
    assert.deepEqual(aborted, ['long']);
  });

  test('a call of the caller that is aborted before it begins', async () => {
    const { calls } = await asyncs();
    const reason = new Error('no');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(calls.add(1, 2, { signal }), reason);
    assert.equal(await calls.add(1, 2), 3);
  });

  test('a call of the caller that is aborted while it waits', async () => {
    const fetch = manual();
    const { calls, store } = await asyncs({ fetch: fetch.call });
    const controller = new AbortController();
    const result = calls.fetchEach(['x', 'y'], { signal: controller.signal });
    await settle();
    const reason = new Error('no longer');
    controller.abort(reason);
    await assert.rejects(result, reason);
    await settle();
    assert.equal(fetch.calls[0].context.signal.aborted, true, 'the guest has passed it on');
    assert.equal(fetch.calls.length, 1);
    assert.equal(store.trap, undefined);
    assert.equal(await calls.add(1, 2), 3);
  });

  test('a call that still waits to begin', async () => {
    const { calls, log, store } = await asyncs({ fetch: async () => '' });
    calls.backpressure(true);
    const controller = new AbortController();
    const given = calls.overlap('given up', { signal: controller.signal });
    const kept = calls.overlap('kept');
    controller.abort();
    await assert.rejects(given, { name: 'AbortError' });
    calls.backpressure(false);
    await kept;
    assert.deepEqual(log, ['begin kept', 'end kept']);
    assert.equal(store.trap, undefined);
  });

  test('after the call has returned, it changes nothing', async () => {
    const { calls, store } = await asyncs();
    const controller = new AbortController();
    assert.equal(await calls.yields(5, { signal: controller.signal }), 5);
    controller.abort();
    await settle();
    assert.equal(store.trap, undefined);
    assert.equal(await calls.add(1, 2), 3);
  });
});

describe('work in the background', () => {
  test('goes on after the call has returned', async () => {
    const fetch = manual();
    const { calls, log } = await asyncs({ fetch: fetch.call });
    assert.equal(await calls.background(['a', 'b']), 2);
    assert.deepEqual(log, []);
    await settle();
    fetch.calls[0].resolve('1');
    await settle();
    assert.deepEqual(log, ['background: Ok("1")']);
    fetch.calls[1].reject(new ComponentError('2'));
    await settle();
    assert.deepEqual(log, ['background: Ok("1")', 'background: Err("2")']);
    assert.equal(fetch.calls.length, 2);
  });
});

describe('the same guest in one store', () => {
  test('instances are their own', async () => {
    const store = new Store();
    const [a, b] = [
      await asyncs({ fetch: async () => 'a' }, { store }),
      await asyncs({ fetch: async () => 'b' }, { store }),
    ];
    const results = await Promise.all([a.calls.fetchEach(['x']), b.calls.fetchEach(['x'])]);
    assert.deepEqual(results, [[ok('a')], [ok('b')]]);
    a.calls.backpressure(true);
    assert.equal(await b.calls.add(1, 2), 3, "backpressure is an instance's");
  });
});
