/**
 * Guests that break the rules of the Canonical ABI: values that are none, allocators and built-ins that are misused.
 * Each has its trap code, ends its store with it, and no import sees anything of it.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Store } from '../../pkg/dist/node.js';
import { ends, nextStoreWorks } from './support/ends.mjs';
import { asyncs, instance } from './support/guests.mjs';
import { manual, settle } from './support/time.mjs';

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
      await ends(
        store,
        code,
        async () => guest[name](),
        async () => guest.boolTwo(),
      );
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
      await ends(
        store,
        code,
        async () => guest[name](list),
        async () => guest.boolTwo(),
      );
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
      await ends(
        store,
        'core-trap',
        async () => call(guest),
        async () => guest.divide(1, 1),
      );
    }
  });

  test('a deep recursion, at any depth of the host', async () => {
    const { guest, store } = await lies();
    const at = (depth) => (depth === 0 ? guest.deep(0) : at(depth - 1));
    await ends(
      store,
      'stack-overflow',
      async () => at(2000),
      async () => guest.boolTwo(),
    );
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
  };
  for (const [name, code] of Object.entries(traps)) {
    test(`${name}: ${code}`, async () => {
      const { guest, store } = await tasks();
      await ends(
        store,
        code,
        async () => guest[name](),
        () => guest.fine(),
      );
    });
  }

  test('callsWithoutEnd: a limit ends it', async () => {
    const limits = { maxHandles: 5000 };
    const { guest, store } = await tasks({ store: new Store({ limits }) });
    const call = () => guest.callsWithoutEnd();
    await ends(store, /^(table-full|limit-exceeded)$/, call, () => guest.fine());
  });

  for (const name of ['twice', 'twiceLater']) {
    test(`${name}: the first return counts, and the second ends the store`, async () => {
      const { guest, store } = await tasks();
      assert.equal(await guest[name](), 1);
      await settle();
      assert.equal(store.trap.code, 'already-returned');
      await assert.rejects(guest.fine(), { code: 'store-locked', cause: store.trap });
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
    const trap = await ends(
      store,
      'deadlock',
      () => guest.waitForever(),
      () => guest.fine(),
    );
    assert.match(trap.message, /wait-forever/);
  });

  test('a call that can still be answered is no deadlock', async () => {
    const fetch = manual();
    const { calls } = await asyncs(
      { fetch: fetch.call },
      { store: new Store({ deadlock: 'error' }) },
    );
    const result = calls.fetchEach(['x']);
    await setTimeout(30);
    fetch.calls[0].resolve('late');
    assert.deepEqual(await result, [{ tag: 'ok', val: 'late' }]);
  });
});
