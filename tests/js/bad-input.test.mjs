/** Whatever is wrong with what a program gives, it is told in the right class, and the next component runs. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  Component,
  ComponentCompileError,
  ComponentLinkError,
  ComponentTrap,
  Store,
} from '../../pkg/dist/node.js';
import { asyncs, bytes, component, instance } from './support/guests.mjs';
import { within } from './support/time.mjs';
import { values } from './support/values.mjs';

const request = { name: 'n', retries: 1, tags: ['a'], deadline: undefined };

/** What is given, and what is said of it. */
const CASES = {
  'bytes that end too early': {
    give: async () => Component.compile((await bytes('values')).subarray(0, 10_000)),
    told: [ComponentCompileError, /end|byte/, 'truncated'],
  },
  'a core module': {
    give: () => Component.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)),
    told: [ComponentCompileError, /module/, 'core-module'],
  },
  'no imports': {
    give: () => instance('asyncs'),
    told: [ComponentLinkError, /tidegate:asyncs\/host@0\.1\.0#fetch/],
  },
  'an import that is no function': {
    give: () => asyncs({ fetch: 'text' }),
    told: [ComponentLinkError, /fetch.*async func\(name: string\)/],
  },
  'a number that is out of range': {
    give: async () => (await values()).echo.echoU8(256),
    told: [RangeError, /^v: /],
  },
  'a value of the wrong type, deep inside': {
    give: async () =>
      (await asyncs()).calls.send({ ...request, tags: ['a', 'b', 'c', 5] }, request),
    told: [TypeError, /^first\.tags\[3\]: expected a string, got 5/],
  },
  'an import that throws': {
    give: async () => (await asyncs({ log: fail })).failures.callLog('x'),
    told: [ComponentTrap, /mine/, 'host-error'],
  },
  'a promise that rejects': {
    give: async () => (await asyncs({ fetch: async () => fail() })).calls.fetchEach(['a']),
    told: [ComponentTrap, /mine/, 'host-error'],
  },
  'an import that returns a value of the wrong type': {
    give: async () => (await asyncs({ add: async () => 'five' })).calls.addRemotely(1, 2),
    told: [ComponentTrap, /expected .*, got "five"/, 'wrong-value'],
  },
  'a future that rejects': {
    give: async () => (await asyncs()).futures.receive(Promise.reject(new Error('mine'))),
    told: [ComponentTrap, /mine/, 'host-error'],
  },
  'nothing that a guest could wait for': {
    give: async () => {
      const { failures } = await asyncs({}, { store: new Store({ deadlock: 'error' }) });
      return failures.deadlock();
    },
    told: [ComponentTrap, /wait/, 'deadlock'],
  },
  'calls of a store that has trapped': {
    give: async () => {
      const { calls, failures } = await asyncs();
      assert.throws(() => failures.trap(), ComponentTrap);
      return calls.add(1, 2);
    },
    told: [ComponentTrap, /unreachable/, 'store-locked'],
  },
};

describe('the next component runs after', () => {
  for (const [name, { give, told }] of Object.entries(CASES)) {
    test(name, async () => {
      const [type, message, code] = told;
      await assert.rejects(
        async () => within(10_000, Promise.resolve(give())),
        (error) => {
          assert.ok(error instanceof type, `${error?.name}: ${error?.message}`);
          assert.match(error.message, message);
          if (code !== undefined) assert.equal(error.code, code);
          return true;
        },
      );
      await nextRuns();
    });
  }

  test('components with flipped bits, which are refused, or run, or trap', async () => {
    const whole = await bytes('tasks');
    const imports = { never: () => new Promise(() => {}), soon: async () => 42 };
    let seed = 4711;
    for (let i = 0; i < 150; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const flipped = Uint8Array.from(whole);
      flipped[(seed >>> 8) % whole.length] ^= 1 << (seed & 7);
      const store = new Store({ deadlock: 'error' });
      try {
        const made = await (await Component.compile(flipped)).instantiate(imports, { store });
        for (const run of ['fine', 'context', 'twice']) await made.exports[run]?.();
      } catch (error) {
        const known = [ComponentCompileError, ComponentLinkError, ComponentTrap];
        assert.ok(
          known.some((type) => error instanceof type),
          `bit ${seed & 7} of byte ${(seed >>> 8) % whole.length}: ${error.name}: ${error.message}`,
        );
      }
    }
    await nextRuns();
  });
});

/** In the same program: one that is compiled anew, and one that has been before. */
async function nextRuns() {
  const fresh = await Component.compile(await bytes('nested'));
  const { exports } = await fresh.instantiate({ next: (n) => n + 1 });
  assert.equal(exports['tidegate:nested/first'].step(), 1);
  assert.ok((await component('asyncs')) instanceof Component);
  const { calls, streams } = await asyncs();
  assert.equal(await calls.add(1, 2), 3);
  assert.equal(await new Response(await streams.upper('ab', 8)).text(), 'AB');
}

function fail() {
  throw new Error('mine');
}
