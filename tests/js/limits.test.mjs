/** Limits of what a component may cost: when it is compiled, and what it may hold in a store. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { Component, ComponentCompileError, Store } from '../../pkg/dist/node.js';
import { ends } from './support/ends.mjs';
import { bytes, indexOf, instance } from './support/guests.mjs';

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
  test('lists that overlap are no larger than they are in JavaScript', async () => {
    for (const name of ['listsOfBytes', 'listsOfBools', 'strings']) {
      const store = new Store({ limits: { maxLiftedBytes: 1_000_000 } });
      const { exports: guest } = await instance('limits', {}, { store });
      assert.equal(guest[name](10, 100).length, 10);
      await ends(
        store,
        'limit-exceeded',
        async () => guest[name](120, 60_000),
        async () => guest.grow(0),
      );
    }
  });
});
