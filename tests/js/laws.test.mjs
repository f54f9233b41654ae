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
import { asyncs, bytes, instance } from './support/guests.mjs';
import { manual, settle, within } from './support/time.mjs';

/**
 * Calls `call`, which must fail with a trap of this code; then `later`, which must fail at once because of it.
 *
 * @returns {Promise<ComponentTrap>} the trap
 */
async function ends(store, code, call, later) {
  let trap;
  try {
    await within(5000, call());
  } catch (error) {
    trap = error;
  }
  assert.ok(trap !== undefined, 'it did not fail');
  assert.ok(trap instanceof ComponentTrap, `${trap.name}: ${trap.message}`);
  assert.match(trap.code, code instanceof RegExp ? code : new RegExp(`^${code}$`));
  assert.equal(store.trap.code, trap.code);
  assert.equal(store.trap.cause, trap.cause);
  if (later !== undefined) {
    let second;
    try {
      await within(1000, later());
    } catch (error) {
      second = error;
    }
    assert.ok(second instanceof ComponentTrap, `${second?.name}: ${second?.message}`);
    assert.equal(second.code, 'store-locked');
    assert.equal(second.cause, store.trap, 'the cause is the first trap');
  }
  return trap;
}

/** A store of its own works. */
async function nextStoreWorks() {
  const { calls } = await asyncs({ add: async (a, b) => a + b });
  assert.equal(await calls.addRemotely(40, 2), 42);
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
    const trap = await ends(store, 'host-error', () => calls.addRemotely(1, 2), () => calls.add(1, 2));
    assert.equal(trap.cause, cause);
    await nextStoreWorks();
  });

  test('async, later: it rejects', async () => {
    const add = () => setTimeout(5).then(throwing);
    const { calls, store } = await asyncs({ add });
    const trap = await ends(store, 'host-error', () => calls.addRemotely(1, 2), () => calls.add(1, 2));
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
      get then() {
        throw cause;
      },
    };
    const { calls, store } = await asyncs({ add: () => thenable });
    await ends(store, 'host-error|wrong-value', () => calls.addRemotely(1, 2), () => calls.add(1, 2));
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
        assert.equal(error === store.trap || error.cause === store.trap || error.cause === cause, true);
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
      const trap = await ends(store, code, async () => failures[name](), () => calls.add(1, 2));
      assert.ok(trap instanceof WebAssembly.RuntimeError);
      assert.match(trap.message, /tidegate:asyncs\/failures@0\.1\.0#/);
      await nextStoreWorks();
    });
  }

  test('after a host call has resolved', async () => {
    const { failures, calls, store } = await asyncs({ fetch: async (name) => name });
    await ends(store, 'core-trap', () => failures.trapLater('x'), () => calls.add(1, 2));
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
    const made = await instance('catcher', {
      boom: () => {
        throw cause;
      },
      later: () => {
        throw cause;
      },
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
    await ends(store, 'uncaught-exception', async () => guest.throw(), async () => guest.catchOwn());
  });

  test('an import that throws', async () => {
    const { guest, store } = await catcher();
    const trap = await ends(
      store,
      'host-error',
      async () => guest.catchImport(),
      async () => guest.caught(),
    );
    assert.equal(trap.cause, cause);
  });

  test('an async import that throws', async () => {
    const { guest, store } = await catcher();
    const trap = await ends(store, 'host-error', () => guest.catchAsyncImport());
    assert.equal(trap.cause, cause);
  });

  test('an async import that rejects', async () => {
    const { guest, store } = await catcher({ later: () => setTimeout(1).then(() => Promise.reject(cause)) });
    const trap = await ends(store, 'host-error', () => guest.catchAsyncImport());
    assert.equal(trap.cause, cause);
  });

  test('a built-in that traps', async () => {
    const { guest, store } = await catcher();
    await ends(store, 'unknown-handle', async () => guest.catchBuiltIn(), async () => guest.caught());
  });

  test('a trap', async () => {
    const { guest, store } = await catcher();
    await ends(store, 'core-trap', async () => guest.catchTrap(), async () => guest.caught());
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

describe('values that are none', () => {
  async function lies(imports = {}) {
    const log = [];
    const made = await instance('lies', {
      takeString: (v) => void log.push(v),
      takeChar: (v) => void log.push(v),
      takeOption: (v) => void log.push(v),
      takeList: (v) => void log.push(v),
      giveString: () => 'given',
      ...imports,
    });
    return { guest: made.exports, store: made.store, log };
  }

  const traps = {
    charSurrogate: 'invalid-char',
    charLarge: 'invalid-char',
    enumLarge: 'invalid-discriminant',
    optionLarge: 'invalid-discriminant',
    variantLarge: 'invalid-discriminant',
    stringOutside: 'out-of-bounds',
    stringWraps: 'out-of-bounds',
    stringHuge: /^(too-long|out-of-bounds)$/,
    stringInvalid: 'invalid-string',
    stringTruncated: 'invalid-string',
    stringOverlong: 'invalid-string',
    stringSurrogate: 'invalid-string',
    stringBeyond: 'invalid-string',
    listUnaligned: 'unaligned-pointer',
    listOutside: 'out-of-bounds',
    listOverflow: /^(too-long|out-of-bounds)$/,
    listInList: 'out-of-bounds',
    listOfNothing: /^(too-long|out-of-bounds|limit-exceeded)$/,
    resultUnaligned: 'unaligned-pointer',
    resultOutside: 'out-of-bounds',
    resultNegative: 'out-of-bounds',
    passStringOutside: 'out-of-bounds',
    passStringInvalid: 'invalid-string',
    passCharLarge: 'invalid-char',
    passOptionLarge: 'invalid-discriminant',
    passListUnaligned: 'unaligned-pointer',
    giveOutside: 'out-of-bounds',
    giveUnaligned: 'unaligned-pointer',
    releaseAfterInvalid: 'invalid-string',
    releaseTraps: 'core-trap',
    releaseCalls: 'cannot-leave',
    unreachable: 'core-trap',
  };
  for (const [name, code] of Object.entries(traps)) {
    test(`${name}: ${code}`, async () => {
      const { guest, store, log } = await lies();
      await ends(store, code, async () => guest[name](), async () => guest.boolTwo());
      assert.deepEqual(log, [], 'no import has seen anything');
    });
  }

  const allocators = {
    reallocOutside: 'out-of-bounds',
    reallocUnaligned: 'unaligned-pointer',
    reallocTraps: 'core-trap',
    reallocCalls: 'cannot-leave',
    reallocRecurses: 'stack-overflow',
  };
  for (const [name, code] of Object.entries(allocators)) {
    test(`${name}: ${code}`, async () => {
      const { guest, store, log } = await lies();
      const list = new Uint32Array([1, 2, 3]);
      await ends(store, code, async () => guest[name](list), async () => guest.boolTwo());
      assert.deepEqual(log, []);
    });
  }

  test('what is allowed to be odd', async () => {
    const { guest, store } = await lies();
    assert.equal(guest.boolTwo(), true);
    assert.equal(guest.u8High(), 0xff);
    assert.equal(guest.s8High(), -128);
    assert.equal(guest.u16High(), 0x2345);
    assert.deepEqual({ ...guest.flagsHigh() }, { read: true, write: true });
    assert.ok(Number.isNaN(guest.nan()));
    assert.equal(guest.stringOk(), 'ok');
    assert.equal(guest.stringEmptyAnywhere(), '');
    assert.equal(store.trap, undefined);
  });

  test('an allocator may grow the memory', async () => {
    const { guest } = await lies();
    const list = Uint32Array.from({ length: 1000 }, (_, i) => i);
    for (let i = 0; i < 3; i++) assert.equal(guest.reallocGrows(list), 499_500);
    assert.equal(guest.reallocGrowsString('é'.repeat(5000)), 10_000);
    assert.equal(guest.reallocFine(list), 499_500);
    assert.equal(guest.stringOk(), 'ok');
  });

  test('what runs after a result has been read', async () => {
    const { guest } = await lies();
    assert.equal(guest.released(), 0);
    assert.equal(guest.release(), 'ok');
    assert.equal(guest.released(), 64, 'it got the flat result');
  });

  test('core instructions that trap', async () => {
    for (const call of [(g) => g.divide(1, 0), (g) => g.load(0xfffffff0), (g) => g.load(65533)]) {
      const { guest, store } = await lies();
      assert.equal(guest.divide(9, 2), 4);
      assert.equal(guest.load(0), 0);
      await ends(store, 'core-trap', async () => call(guest), async () => guest.divide(1, 1));
    }
  });

  test('a deep recursion, at any depth of the host', async () => {
    const { guest, store } = await lies();
    const at = (depth) => (depth === 0 ? guest.deep(0) : at(depth - 1));
    await ends(store, 'stack-overflow', async () => at(2000), async () => guest.boolTwo());
    await nextStoreWorks();
  });
});

describe('misuse of built-ins', () => {
  async function tasks(options = {}) {
    const made = await instance(
      'tasks',
      { never: () => new Promise(() => {}), soon: async () => 7 },
      options,
    );
    return { guest: made.exports, store: made.store };
  }

  const traps = {
    twice: 'already-returned',
    twiceLater: 'already-returned',
    noReturn: 'not-returned',
    noReturnLater: 'not-returned',
    code3: 'invalid-callback-code',
    code15: 'invalid-callback-code',
    codeNegative: 'invalid-callback-code',
    waitNothing: 'unknown-handle',
    waitUnknown: 'unknown-handle',
    waitHuge: 'unknown-handle',
    waitStream: 'wrong-handle-type',
    trapInCallback: 'core-trap',
    wrongReturn: 'wrong-task-return',
    returnOutside: 'wrong-task-return',
    cancelUncancelled: 'not-cancelled',
    setDropUnknown: 'unknown-handle',
    setDropZero: 'unknown-handle',
    setDropTwice: 'unknown-handle',
    setDropInUse: 'waitable-set-in-use',
    setPollUnknown: 'unknown-handle',
    setPollOutside: 'out-of-bounds',
    setPollUnaligned: 'unaligned-pointer',
    joinUnknown: 'unknown-handle',
    joinToStream: 'wrong-handle-type',
    joinASet: 'wrong-handle-type',
    subtaskDropUnknown: 'unknown-handle',
    subtaskDropEarly: 'subtask-unresolved',
    subtaskCancelUnknown: 'unknown-handle',
    subtaskCancelTwice: 'invalid-cancel',
    resultOutside: 'out-of-bounds',
    resultUnaligned: 'unaligned-pointer',
    readOutside: 'out-of-bounds',
    writeOutside: 'out-of-bounds',
    readTooLong: /^(buffer-too-long|out-of-bounds)$/,
    readTheWritable: 'wrong-handle-type',
    readAFuture: 'wrong-handle-type',
    readUnknown: 'unknown-handle',
    readTwice: 'end-busy',
    dropWhileReading: 'end-busy',
    dropReadableTwice: 'unknown-handle',
    dropWrongEnd: 'wrong-handle-type',
    cancelNoRead: /./,
    futureUnwritten: 'future-unwritten',
    futureWriteTwice: 'end-busy',
    futureReadUnaligned: 'unaligned-pointer',
    futureReadOutside: 'out-of-bounds',
    backpressureBelow: 'backpressure-range',
    backpressureAbove: 'backpressure-range',
    setsWithoutEnd: /^(table-full|limit-exceeded)$/,
    streamsWithoutEnd: /^(table-full|limit-exceeded)$/,
    callsWithoutEnd: /^(table-full|limit-exceeded)$/,
  };
  for (const [name, code] of Object.entries(traps)) {
    test(`${name}: ${code}`, async () => {
      const { guest, store } = await tasks();
      await ends(store, code, async () => guest[name](), () => guest.fine());
    });
  }

  test('what is right stays right', async () => {
    const { guest, store } = await tasks();
    assert.equal(await guest.fine(), 42);
    assert.equal(await guest.context(), 4711);
    assert.equal(await guest.futureUnread(), 42);
    const together = await Promise.all([guest.context(), guest.fine(), guest.context()]);
    assert.deepEqual(together, [4711, 42, 4711]);
    assert.equal(store.trap, undefined);
  });

  test('a deadlock is an error where that is wanted, and names who waits', async () => {
    const { guest, store } = await tasks({ store: new Store({ deadlock: 'error' }) });
    const trap = await ends(store, 'deadlock', () => guest.waitForever(), () => guest.fine());
    assert.match(trap.message, /wait-forever/);
  });

  test('a call that can still be answered is no deadlock', async () => {
    const fetch = manual();
    const { calls } = await asyncs({ fetch: fetch.call }, { store: new Store({ deadlock: 'error' }) });
    const result = calls.fetchEach(['x']);
    await setTimeout(30);
    fetch.calls[0].resolve('late');
    assert.deepEqual(await result, [{ tag: 'ok', val: 'late' }]);
  });
});

describe('nothing polls', () => {
  /** Runs a script of support/, and returns how it ended. */
  async function script(name) {
    const path = fileURLToPath(new URL(`support/${name}.mjs`, import.meta.url));
    const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    child.stderr.on('data', (data) => (text += data));
    const late = AbortSignal.timeout(20_000);
    const [code] = await once(child, 'close', { signal: late }).catch((error) => {
      child.kill();
      throw error;
    });
    return { code, text };
  }

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
  test('a guest that yields for ever starves neither timers nor I/O', async () => {
    const { calls } = await asyncs();
    const spinning = calls.spin();
    let ticks = 0;
    for (let i = 0; i < 10; i++) {
      await within(2000, setTimeout(1));
      await within(2000, bytes('nested'));
      ticks++;
    }
    assert.equal(ticks, 10);
    calls.stop();
    assert.ok((await within(2000, spinning)) > 10n);
  });

  test('nor other calls of its store', async () => {
    const { calls } = await asyncs({ add: async (a, b) => a + b });
    const spinning = calls.spin();
    assert.equal(await within(2000, calls.add(1, 2)), 3);
    assert.equal(await within(2000, calls.addRemotely(1, 2)), 3);
    assert.equal(await within(2000, calls.yields(100)), 100);
    calls.stop();
    await within(2000, spinning);
  });

  test('nor other stores', async () => {
    const [a, b] = [await asyncs(), await asyncs()];
    const spinning = [a.calls.spin(), b.calls.spin()];
    assert.equal(await within(2000, b.calls.yields(100)), 100);
    await setTimeout(5);
    a.calls.stop();
    b.calls.stop();
    for (const turns of await within(2000, Promise.all(spinning))) assert.ok(turns > 10n);
  });
});

describe('a schedule with a seed', () => {
  test('is the same with the same seed, and right with any', async () => {
    const run = async (policy) => {
      const { calls, log } = await asyncs({ fetch: async (name) => name }, { store: new Store({ policy }) });
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
