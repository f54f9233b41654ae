/** Limits of what a component may cost: when it is compiled, and what it may hold in a store. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { Component, ComponentCompileError, ComponentTrap, Store } from '../../pkg/dist/node.js';
import { ends, nextStoreWorks } from './support/ends.mjs';
import { asyncs, bytes, indexOf, instance } from './support/guests.mjs';
import { deferred } from './support/time.mjs';

const compileWithin = async (guest, limits) => Component.compile(await bytes(guest), { limits });

describe('limits of the compiler', () => {
  const exceeded = {
    maxBytes: 'bytes',
    maxModules: 'core modules and components',
    maxDefinitions: /^definitions/,
    maxCoreDefinitions: 'definitions in core modules',
    maxInstances: /^(component|core) instances$/,
    maxTypes: 'value types',
    maxFunctions: 'functions',
    maxImports: 'imports',
    maxExports: 'exports',
    maxNameBytes: 'bytes in a name',
    maxKeyBytes: 'bytes of element types',
    maxTableSlots: 'slots of the table',
    maxShimBytes: 'bytes of shim modules',
    maxTypeDepth: 'levels of nested types',
    maxNesting: /^levels of nested/,
    maxMemoryPages: 'pages of a memory',
    maxTableElements: 'elements of a table',
  };
  for (const [name, construct] of Object.entries(exceeded)) {
    test(name, async () => {
      const error = await compileWithin('asyncs', { [name]: 1 }).catch((error) => error);
      assert.ok(error instanceof ComponentCompileError, String(error));
      assert.equal(error.code, 'limit');
      if (typeof construct === 'string') assert.equal(error.construct, construct);
      else assert.match(error.construct, construct);
      assert.match(error.message, new RegExp(`limits\\.${name}`));
      assert.equal(typeof error.offset, 'number');
    });
  }

  test('are all in the guide, and tested here', async () => {
    const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
    const declared = /interface CompileLimits \{(.*?)^\}/ms.exec(
      await read('pkg/dist/types/generated/abi.d.ts'),
    )[1];
    const names = [...declared.matchAll(/readonly (\w+)\?:/g)].map(([, name]) => name);
    assert.deepEqual(Object.keys(exceeded).sort(), names.sort());
    const guide = await read('docs/guide.md');
    for (const name of names) assert.match(guide, new RegExp(`^\\| .*\`${name}\`.* \\|`, 'm'));
  });

  test('no other limit stands in the way of an ordinary component', async () => {
    const limits = { maxBytes: 10_000_000, maxNesting: 10, maxInstances: 10, maxTypes: 500 };
    assert.ok((await compileWithin('asyncs', limits)) instanceof Component);
  });

  test('are refused when they make no sense', async () => {
    for (const wrong of [0, -1, 1.5, NaN, Infinity, '5', null]) {
      await assert.rejects(compileWithin('limits', { maxTypes: wrong }), {
        name: 'RangeError',
        message: /limits\.maxTypes/,
      });
    }
    await assert.rejects(compileWithin('limits', { maxFun: 5 }), {
      name: 'TypeError',
      message: /there is no maxFun; there are maxBytes,/,
    });
  });

  test('memories and tables grow as far as they are let', async () => {
    const plain = (await instance('limits')).exports;
    assert.equal(plain.grow(99), 1);
    assert.equal(plain.growTable(99), 1);
    const component = await compileWithin('limits', { maxMemoryPages: 3, maxTableElements: 4 });
    const { grow, growTable } = (await component.instantiate()).exports;
    assert.equal(grow(2), 1);
    assert.equal(grow(1), -1);
    assert.equal(growTable(3), 1);
    assert.equal(growTable(1), -1);
  });

  test('a module that is changed for them is as invalid as before', async () => {
    const broken = await bytes('limits');
    // The body of `grow`: `memory.grow 0` becomes an unknown instruction.
    const at = indexOf(broken, [0x20, 0x00, 0x40, 0x00]);
    broken[at + 2] = 0xff;
    const plain = await Component.compile(broken).catch((error) => error);
    const limits = { maxMemoryPages: 3, maxTableElements: 4 };
    const changed = await Component.compile(broken, { limits }).catch((error) => error);
    assert.equal(plain.code, 'invalid');
    assert.equal(changed.code, 'invalid');
    assert.equal(changed.offset, plain.offset, 'of the component, not of what the engine got');
  });
});

describe('limits of a store', () => {
  /** The guest goes beyond a limit, which the trap names; its store is locked, others go on. */
  async function exceeds(store, limit, code, call, later) {
    const trap = await ends(store, code, call, later);
    assert.match(trap.message, new RegExp(`limits\\.${limit}\\b`));
    await nextStoreWorks();
  }

  const tasks = async (limits) => {
    const never = () => new Promise(() => {});
    const store = new Store({ limits });
    const { exports } = await instance('tasks', { never, soon: async () => 1 }, { store });
    return { guest: exports, store };
  };

  const handles = {
    'waitable sets': 'setsWithoutEnd',
    streams: 'streamsWithoutEnd',
    'calls of imports': 'callsWithoutEnd',
  };
  for (const [what, name] of Object.entries(handles)) {
    test(`maxHandles: ${what}`, async () => {
      const { guest, store } = await tasks({ maxHandles: 100 });
      assert.equal(await guest.fine(), 42);
      await exceeds(store, 'maxHandles', 'table-full', guest[name], guest.fine);
    });
  }

  test('maxHandles: error contexts', async () => {
    const store = new Store({ limits: { maxHandles: 100 } });
    const { make, forget } = await errorContexts(store);
    for (let i = 0; i < 1000; i++) forget('text');
    const hoard = async () => {
      for (let i = 0; i < 101; i++) make('text');
    };
    await exceeds(store, 'maxHandles', 'table-full', hoard, async () => make('more'));
  });

  test('maxTasks: a call of the host too many is refused, and harms nobody', async () => {
    const store = new Store({ limits: { maxTasks: 10 } });
    const gate = deferred();
    const { calls } = await asyncs({ wait: () => gate.promise }, { store });
    for (let i = 0; i < 100; i++) assert.equal(await calls.add(i, 1), i + 1);
    const waiting = Array.from({ length: 10 }, () => calls.wait());
    await assert.rejects(calls.add(40, 2), (error) => {
      assert.ok(error instanceof ComponentTrap, String(error));
      assert.equal(error.code, 'limit-exceeded');
      assert.match(error.message, /limits\.maxTasks\b/);
      return true;
    });
    assert.equal(store.trap, undefined);
    gate.resolve();
    await Promise.all(waiting);
    assert.equal(await calls.add(40, 2), 42);
  });

  test('maxKeptBytes: parameters of pending imports', async () => {
    const store = new Store({ limits: { maxKeptBytes: 10_000 } });
    const name = 'x'.repeat(1000);
    let fetch = async () => 'done';
    const { calls } = await asyncs({ fetch: (name) => fetch(name) }, { store });
    const names = (count) => Array(count).fill(name);
    assert.equal((await calls.fetchEach(names(20))).length, 20);
    assert.equal((await calls.fetchAll(names(9))).length, 9);
    assert.match(await calls.race(name, name), /done/);
    assert.equal((await calls.fetchAll(names(9))).length, 9);
    fetch = () => new Promise(() => {});
    const hoard = () => calls.fetchAll(names(11));
    await exceeds(store, 'maxKeptBytes', 'limit-exceeded', hoard, () => calls.add(1, 2));
  });

  test('maxKeptBytes: messages of error contexts', async () => {
    const store = new Store({ limits: { maxKeptBytes: 100_000 } });
    const { make, forget, message } = await errorContexts(store);
    const long = 'x'.repeat(4096);
    for (let i = 0; i < 100; i++) forget(long);
    assert.equal(message(new Error('y'.repeat(60_000))).length, 60_000, 'those of JS are its own');
    const hoard = async () => {
      for (let i = 0; i < 13; i++) make(long);
    };
    await exceeds(store, 'maxKeptBytes', 'limit-exceeded', hoard, async () => make(''));
  });

  async function errorContexts(store) {
    const features = ['error-context'];
    const component = await Component.compile(await bytes('error-contexts'), { features });
    return (await component.instantiate({ pass: (error) => error }, { store })).exports;
  }

  test('are all in the guide, and tested here', async () => {
    const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
    const declared = /interface StoreLimits \{(.*?)^\}/ms.exec(
      await read('pkg/dist/types/host/machine.d.ts'),
    )[1];
    const names = [...declared.matchAll(/readonly (\w+):/g)].map(([, name]) => name);
    const tested = ['maxHandles', 'maxTasks', 'maxLiftedBytes', 'maxKeptBytes'];
    assert.deepEqual(names.sort(), tested.sort());
    const guide = await read('docs/guide.md');
    for (const name of names) assert.match(guide, new RegExp(`^\\| .*\`${name}\`.* \\|`, 'm'));
  });

  test('maxLiftedBytes: lists that overlap are no larger than they are in JavaScript', async () => {
    for (const name of ['listsOfBytes', 'listsOfBools', 'strings']) {
      const store = new Store({ limits: { maxLiftedBytes: 1_000_000 } });
      const { exports: guest } = await instance('limits', {}, { store });
      assert.equal(guest[name](10, 100).length, 10);
      await exceeds(
        store,
        'maxLiftedBytes',
        'limit-exceeded',
        async () => guest[name](120, 60_000),
        async () => guest.grow(0),
      );
    }
  });
});
