/** The classes of failure, never mixed: compile, link, trap, and the guest's own errors. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  Component,
  ComponentCompileError,
  ComponentError,
  ComponentLinkError,
  ComponentTrap,
  Store,
  TidegateFault,
} from '../../pkg/dist/node.js';
import { asyncs, bytes, component, instance } from './support/guests.mjs';
import { values } from './support/values.mjs';

/** Compiles, and says how that went; anything but these two fails the test. */
async function outcome(data) {
  try {
    await Component.compile(data);
    return 'compiled';
  } catch (error) {
    assert.ok(error instanceof ComponentCompileError, `${error?.name}: ${error?.message}`);
    assert.ok(error.message.length > 0);
    return error;
  }
}

describe('bytes that are no component', () => {
  test('nothing, noise and text', async () => {
    for (const data of [
      new Uint8Array(),
      new Uint8Array(8),
      new TextEncoder().encode('(component)'),
    ]) {
      assert.ok((await outcome(data)) instanceof ComponentCompileError);
    }
  });

  test('a core module says that it is one', async () => {
    const core = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    const error = await outcome(core);
    assert.match(error.message, /core|module/);
  });

  test('the smallest component is one', async () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0);
    assert.equal(await outcome(empty), 'compiled');
    const { exports } = await (await Component.compile(empty.buffer)).instantiate();
    assert.deepEqual(Object.keys(exports), []);
  });

  test('every truncation of a component', async () => {
    const whole = await bytes('lies');
    for (let length = 0; length < whole.length; length += length < 400 ? 1 : 37) {
      const error = await outcome(whole.subarray(0, length));
      // Between two sections, what is left can be a component of its own.
      if (error === 'compiled') continue;
      assert.ok(error.offset === undefined || error.offset <= length, `offset ${error.offset}`);
    }
  });

  test('flipped bits never become a fault of ours', async () => {
    for (const name of ['tasks', 'handles', 'nested']) {
      const whole = await bytes(name);
      let seed = 12345;
      for (let i = 0; i < 300; i++) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        const at = (seed >>> 8) % whole.length;
        const flipped = Uint8Array.from(whole);
        flipped[at] ^= 1 << (seed & 7);
        await outcome(flipped);
      }
    }
  });

  test('a compiler that has refused something goes on compiling', async () => {
    await outcome((await bytes('values')).subarray(0, 5000));
    assert.equal(await outcome(await bytes('nested')), 'compiled');
  });

  test('what is not bytes is a TypeError', async () => {
    for (const wrong of [undefined, 'text', {}, 5]) {
      await assert.rejects(Component.compile(wrong), TypeError);
    }
  });

  test('the bytes may be a view, and change afterwards', async () => {
    const whole = await bytes('start-trap');
    const padded = new Uint8Array(whole.length + 10);
    padded.set(whole, 5);
    const compiling = Component.compile(padded.subarray(5, 5 + whole.length));
    padded.fill(0);
    assert.ok((await compiling) instanceof Component);
  });
});

describe('imports that are missing or wrong', () => {
  test('every one is named, with what is wanted', async () => {
    const { imports } = await component('asyncs');
    const wanted = imports.flatMap((item) => item.items.filter(({ kind }) => kind === 'func'));
    await assert.rejects(instance('asyncs'), (error) => {
      assert.ok(error instanceof ComponentLinkError);
      assert.deepEqual(
        error.missing.map(({ name }) => name).sort(),
        wanted.map(({ name }) => `tidegate:asyncs/host@0.1.0#${name}`).sort(),
      );
      const fetch = error.missing.find(({ name }) => name.endsWith('#fetch'));
      assert.equal(fetch.wanted, 'async func(name: string) -> result<string, string>');
      assert.equal(fetch.found, undefined);
      for (const { name } of error.missing) assert.ok(error.message.includes(name));
      return true;
    });
  });

  test('what is there, but is no function', async () => {
    const host = { fetch: 5, log: () => {} };
    await assert.rejects(instance('asyncs', { 'tidegate:asyncs/host': host }), (error) => {
      assert.ok(error instanceof ComponentLinkError);
      assert.ok(!error.missing.some(({ name }) => name.endsWith('#log')));
      assert.equal(error.missing.find(({ name }) => name.endsWith('#fetch')).found, '5');
      return true;
    });
  });

  test('a class without a method', async () => {
    class Account {}
    const ledger = { Account, transfer() {}, close() {}, merge() {}, notify() {} };
    await assert.rejects(values({ 'tidegate:values/ledger': ledger }), (error) => {
      assert.ok(error instanceof ComponentLinkError);
      const names = error.missing.map(({ name }) => name.split('#')[1]);
      assert.deepEqual(names.sort(), [
        '[method]account.balance',
        '[method]account.deposit',
        '[method]account.is-same',
        '[method]account.owner',
        '[static]account.find',
      ]);
      return true;
    });
  });

  test('another major version does not match', async () => {
    const nothing = { 'tidegate:asyncs/host@0.2.0': {}, 'tidegate:asyncs/host@1.0.0': {} };
    await assert.rejects(instance('asyncs', nothing), ComponentLinkError);
  });

  test('a store is not touched by a failed link', async () => {
    const store = new Store();
    await assert.rejects(instance('asyncs', {}, { store }), ComponentLinkError);
    const { calls } = await asyncs({}, { store });
    assert.equal(await calls.add(1, 2), 3);
  });
});

describe('a component that runs while it is instantiated', () => {
  test('traps', async () => {
    await assert.rejects(instance('start-trap'), (error) => {
      assert.ok(error instanceof ComponentTrap);
      assert.equal(error.code, 'core-trap');
      return true;
    });
  });

  test('calls an import', async () => {
    const { exports } = await instance('start-import', { greet: (n) => n + 22 });
    assert.equal(exports.answer(), 42);
  });

  test('calls an import that throws', async () => {
    const cause = new Error('mine');
    const greet = () => {
      throw cause;
    };
    await assert.rejects(instance('start-import', { greet }), { code: 'host-error', cause });
  });
});

describe('components in components', () => {
  test('two instances of one inner component', async () => {
    const { exports } = await instance('nested', { next: (n) => n + 1 });
    const first = exports['tidegate:nested/first'];
    const second = exports['tidegate:nested/second@1.0.0'];
    assert.deepEqual([first.step(), first.step(), second.step(), first.step()], [1, 2, 1, 3]);
    assert.equal(exports.second, second);
  });
});

describe("a guest's own error", () => {
  test('is a ComponentError with its payload, and no trap', async () => {
    const { calls, store } = await asyncs();
    await assert.rejects(calls.fail('on purpose'), (error) => {
      assert.ok(error instanceof ComponentError);
      assert.ok(!(error instanceof ComponentTrap));
      assert.equal(error.payload, 'on purpose');
      assert.match(error.message, /on purpose/);
      return true;
    });
    assert.equal(store.trap, undefined);
  });
});

describe('the classes', () => {
  test('are four, and a trap is a WebAssembly.RuntimeError', () => {
    const classes = [
      ComponentCompileError,
      ComponentLinkError,
      ComponentTrap,
      ComponentError,
      TidegateFault,
    ];
    for (const one of classes) {
      assert.ok(one.prototype instanceof Error);
      for (const other of classes) {
        if (one !== other) assert.ok(!(one.prototype instanceof other));
      }
    }
    assert.ok(ComponentTrap.prototype instanceof WebAssembly.RuntimeError);
  });
});
