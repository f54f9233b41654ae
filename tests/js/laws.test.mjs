/**
 * The laws of the runtime, from outside: whatever a guest or a host import does, the store ends with the first cause,
 * later calls fail at once with it, and the next store works.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Component, ComponentTrap, Store } from '../../pkg/dist/node.js';
import { ends, nextStoreWorks } from './support/ends.mjs';
import { asyncs, bytes, instance } from './support/guests.mjs';
import { manual, settle, within } from './support/time.mjs';

/** Runs a script of support/, and returns how it ended. */
async function script(name) {
  const path = fileURLToPath(new URL(`support/${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (data) => (text += data));
  child.stderr.on('data', (data) => (text += data));
  const late = AbortSignal.timeout(10_000);
  const [code] = await once(child, 'close', { signal: late }).catch((error) => {
    child.kill();
    throw error;
  });
  return { code, text };
}

describe('a host import that throws', () => {
  const cause = new Error('mine');
  const throwing = () => {
    throw cause;
  };

  test('sync', async () => {
    const { failures, calls, store } = await asyncs({ log: throwing });
    const trap = await ends(
      store,
      'host-error',
      async () => failures.callLog('x'),
      () => calls.add(1, 2),
    );
    assert.equal(trap.cause, cause);
    assert.match(trap.message, /tidegate:asyncs\/host@0\.1\.0#log/);
    assert.throws(() => failures.callLog('x'), { code: 'store-locked' });
    await nextStoreWorks();
  });

  test('async, at once', async () => {
    const { calls, store } = await asyncs({ add: throwing });
    const trap = await ends(
      store,
      'host-error',
      () => calls.addRemotely(1, 2),
      () => calls.add(1, 2),
    );
    assert.equal(trap.cause, cause);
    await nextStoreWorks();
  });

  test('async, later: it rejects', async () => {
    const add = () => setTimeout(5).then(throwing);
    const { calls, store } = await asyncs({ add });
    const trap = await ends(
      store,
      'host-error',
      () => calls.addRemotely(1, 2),
      () => calls.add(1, 2),
    );
    assert.equal(trap.cause, cause);
    await nextStoreWorks();
  });

  test('something that is no Error, where no result could carry it', async () => {
    const { calls, store } = await asyncs({
      add: () => {
        throw undefined;
      },
    });
    const trap = await ends(store, 'host-error', () => calls.addRemotely(1, 2));
    assert.equal(trap.cause, undefined);
  });

  test('its thenable throws', async () => {
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      get then() {
        throw cause;
      },
    };
    const { calls, store } = await asyncs({ add: () => thenable });
    await ends(
      store,
      'host-error|wrong-value',
      () => calls.addRemotely(1, 2),
      () => calls.add(1, 2),
    );
  });

  test('every pending call of the store fails, with the first cause', async () => {
    const fetch = manual();
    const { calls, store } = await asyncs({ fetch: fetch.call, add: throwing });
    const pending = [calls.fetchAll(['a', 'b']), calls.fetchEach(['c'])];
    await settle();
    assert.equal(fetch.calls.length, 3);
    await ends(store, 'host-error', () => calls.addRemotely(1, 2));
    for (const promise of pending) {
      await assert.rejects(within(1000, promise), (error) => {
        assert.ok(error instanceof ComponentTrap);
        assert.equal(
          error === store.trap || error.cause === store.trap || error.cause === cause,
          true,
        );
        return true;
      });
    }
    for (const { context } of fetch.calls) assert.equal(context.signal.aborted, true);
    fetch.calls[0].resolve('too late');
    fetch.calls[1].reject(new Error('too late'));
    await settle();
    assert.equal(store.trap.cause, cause, 'what comes later changes nothing');
  });
});

describe('a guest that traps', () => {
  const cases = {
    trap: 'core-trap',
    trapAsync: 'core-trap',
    overflow: 'stack-overflow',
    overflowAsync: 'stack-overflow',
  };
  for (const [name, code] of Object.entries(cases)) {
    test(name, async () => {
      const { failures, calls, store } = await asyncs();
      const trap = await ends(
        store,
        code,
        async () => failures[name](),
        () => calls.add(1, 2),
      );
      assert.ok(trap instanceof WebAssembly.RuntimeError);
      assert.match(trap.message, /tidegate:asyncs\/failures@0\.1\.0#/);
      await nextStoreWorks();
    });
  }

  test('after a host call has resolved', async () => {
    const { failures, calls, store } = await asyncs({ fetch: async (name) => name });
    await ends(
      store,
      'core-trap',
      () => failures.trapLater('x'),
      () => calls.add(1, 2),
    );
    await nextStoreWorks();
  });

  test('after it has returned', async () => {
    const { failures, calls, store } = await asyncs();
    assert.equal(await failures.trapAfterReturn(), 7);
    await settle();
    assert.equal(store.trap.code, 'core-trap');
    await assert.rejects(calls.add(1, 2), { code: 'store-locked', cause: store.trap });
    await nextStoreWorks();
  });

  test('other stores go on meanwhile', async () => {
    const fetch = manual();
    const other = await asyncs({ fetch: fetch.call });
    const pending = other.calls.fetchEach(['x']);
    const { failures, store } = await asyncs();
    await ends(store, 'stack-overflow', async () => failures.overflow());
    fetch.calls[0].resolve('fine');
    assert.deepEqual(await pending, [{ tag: 'ok', val: 'fine' }]);
    assert.equal(other.store.trap, undefined);
  });

  test('instances of one store share its fate', async () => {
    const store = new Store();
    const [a, b] = [await asyncs({}, { store }), await asyncs({}, { store })];
    assert.equal(await b.calls.add(1, 2), 3);
    assert.throws(() => a.failures.trap(), { code: 'core-trap' });
    await assert.rejects(b.calls.add(1, 2), { code: 'store-locked', cause: store.trap });
    await assert.rejects(asyncs({}, { store }), { code: 'store-locked' });
  });
});

describe('a guest that catches everything', () => {
  const cause = new Error('mine');

  async function catcher(imports = {}) {
    const boom = () => {
      throw cause;
    };
    const made = await instance('catcher', {
      boom,
      boomOne: boom,
      boomTwo: boom,
      boomThree: boom,
      boomText: boom,
      later: boom,
      ...imports,
    });
    return { guest: made.exports, store: made.store };
  }

  test('its own exceptions are its own', async () => {
    const { guest, store } = await catcher({ boom: () => 5 });
    assert.equal(guest.catchOwn(), 2);
    assert.equal(guest.catchImport(), 1);
    assert.equal(store.trap, undefined);
  });

  test('an exception that leaves it ends the store', async () => {
    const { guest, store } = await catcher();
    await ends(
      store,
      'uncaught-exception',
      async () => guest.throw(),
      async () => guest.catchOwn(),
    );
  });

  // Imports of different types take different ways through the host.
  for (const name of ['catchImport', 'catchOne', 'catchTwo', 'catchThree', 'catchText']) {
    test(`an import that throws: ${name}`, async () => {
      const { guest, store } = await catcher();
      const call = async () => guest[name]();
      const trap = await ends(store, 'host-error', call, async () => guest.caught());
      assert.equal(trap.cause, cause);
    });

    test(`an import that returns what is none of its type: ${name}`, async () => {
      const wrong = () => Symbol('wrong');
      const { guest, store } = await catcher({ boom: wrong, boomOne: wrong, boomTwo: wrong });
      const code = ['catchThree', 'catchText'].includes(name) ? 'host-error' : 'wrong-value';
      await ends(
        store,
        code,
        async () => guest[name](),
        async () => guest.caught(),
      );
    });
  }

  test('an async import that throws', async () => {
    const { guest, store } = await catcher();
    const trap = await ends(store, 'host-error', () => guest.catchAsyncImport());
    assert.equal(trap.cause, cause);
  });

  test('an async import that rejects', async () => {
    const { guest, store } = await catcher({
      later: () => setTimeout(1).then(() => Promise.reject(cause)),
    });
    const trap = await ends(store, 'host-error', () => guest.catchAsyncImport());
    assert.equal(trap.cause, cause);
  });

  test('a built-in that traps', async () => {
    const { guest, store } = await catcher();
    await ends(
      store,
      'unknown-handle',
      async () => guest.catchBuiltIn(),
      async () => guest.caught(),
    );
  });

  test('a trap', async () => {
    const { guest, store } = await catcher();
    await ends(
      store,
      'core-trap',
      async () => guest.catchTrap(),
      async () => guest.caught(),
    );
  });

  for (const name of ['catchOverflow', 'catchOverflowInImport', 'catchOverflowInBuiltIn']) {
    test(`${name}: it ends the store, or does no harm to it`, async () => {
      for (const deep of [(n) => n, (n) => [n].map((x) => x + 0)[0]]) {
        const { guest, store } = await catcher({ boom: () => deep(1), later: async () => 5 });
        let answer;
        try {
          answer = guest[name]();
        } catch (error) {
          assert.ok(error instanceof ComponentTrap, `${error.name}: ${error.message}`);
          assert.equal(store.trap.code, error.code);
          assert.throws(() => guest.caught(), { code: 'store-locked' });
          continue;
        }
        // Engines differ in whether a guest can catch an overflow of its own frames.
        assert.equal(answer, 2);
        assert.equal(store.trap, undefined);
        assert.equal(await guest.catchAsyncImport(), 1);
      }
    });
  }
});

describe('nothing polls', () => {
  test('a process with idle stores ends', async () => {
    const { code, text } = await script('idle');
    assert.equal(text, 'idle\n');
    // Node's code for a top-level await that nothing can settle any more is 13.
    assert.equal(code, 0);
  });

  test('a waiting store does nothing', async () => {
    const fetch = manual();
    const { calls } = await asyncs({ fetch: fetch.call });
    const result = calls.fetchEach(['x']);
    await settle();
    const before = process.cpuUsage();
    await setTimeout(200);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 100_000, `${user + system} us of CPU in 200 ms`);
    fetch.calls[0].resolve('x');
    await result;
  });
});

describe('fairness', () => {
  test('a guest that yields for ever starves nobody', async () => {
    // In a process of its own, because one that is starved cannot even give up.
    const { code, text } = await script('spin');
    assert.equal(text, 'timers\nfiles\nthe same store\nanother store\n');
    assert.equal(code, 0);
  });

  test('nor does one whose imports resolve at once', async () => {
    let calls = 0;
    let callsBeforeTimer;
    void setTimeout(1).then(() => {
      callsBeforeTimer = calls;
    });
    const fetch = async (name) => {
      calls++;
      return name;
    };
    const guest = await asyncs({ fetch });
    await guest.calls.fetchEach(Array.from({ length: 20_000 }, () => 'x'));
    assert.ok(callsBeforeTimer < 20_000, `the timer came after ${callsBeforeTimer} calls`);
  });
});

describe('a schedule with a seed', () => {
  test('is the same with the same seed, and right with any', async () => {
    const run = async (policy) => {
      const { calls, log } = await asyncs(
        { fetch: async (name) => name },
        { store: new Store({ policy }) },
      );
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const results = await Promise.all(names.map((name) => calls.overlap(name)));
      assert.equal(results.length, names.length);
      for (const name of names) {
        assert.ok(log.indexOf(`begin ${name}`) < log.indexOf(`end ${name}`));
      }
      return log.join();
    };
    assert.equal(await run('fifo'), await run('fifo'));
    for (let seed = 0; seed < 10; seed++) assert.equal(await run({ seed }), await run({ seed }));
  });
});

describe('limits', () => {
  test('are refused when they make no sense', () => {
    assert.throws(() => new Store({ policy: 'random' }), TypeError);
    assert.throws(() => new Store({ deadlock: 'ignore' }), TypeError);
    assert.throws(() => new Store({ limits: { maxHandles: 0 } }), RangeError);
  });

  test('one component is compiled once and instantiated often', async () => {
    const compiled = await Component.compile(await bytes('nested'));
    const made = await Promise.all(
      Array.from({ length: 50 }, () => compiled.instantiate({ next: (n) => n + 1 })),
    );
    for (const { exports } of made) assert.equal(exports.first.step(), 1);
  });
});
