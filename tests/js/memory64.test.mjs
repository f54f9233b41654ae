/** Components whose memories have 64-bit addresses. */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Component } from '../../pkg/dist/node.js';
import { bytes } from './support/guests.mjs';

/** `(module (memory i64 1))` */
const supported = WebAssembly.validate(
  Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x05, 0x03, 0x01, 0x04, 0x01),
);
const skip = supported ? false : 'this engine has no 64-bit memories';

describe('memories with 64-bit addresses', { skip }, () => {
  let component;
  let exports;
  let heard;

  async function fresh() {
    const pass = (value) => {
      heard = value;
      return value;
    };
    const { exports } = await component.instantiate({
      text: pass,
      wideText: pass,
      compactText: pass,
      recordOf: pass,
      either: pass,
      many: (...args) => [args.slice(0, -1).join(' '), args.at(-1)],
      later: (value) => pass(value),
    });
    return exports;
  }

  before(async () => {
    component = await Component.compile(await bytes('memory64'), { features: ['memory64'] });
    exports = await fresh();
  });

  for (const name of ['passText', 'passWideText', 'passCompactText']) {
    test(`${name} passes strings of all lengths and alphabets`, () => {
      for (const text of ['', 'plain', 'Grüße', 'Ωμέγα 🌊', 'x'.repeat(5000), 'é🦀'.repeat(2000)]) {
        assert.equal(exports[name](text), text);
        assert.equal(heard, text);
      }
    });
  }

  test('records with pointers in them', () => {
    for (const maybe of [undefined, [], ['eins', 'zwei', '']]) {
      const value = { name: 'Ada', flag: true, numbers: Uint16Array.of(1, 2, 65_535), maybe };
      assert.deepEqual(exports.passRecord(value), value);
      assert.deepEqual(heard, value);
    }
  });

  test('variants whose cases share i64', () => {
    for (const value of [
      { tag: 'a', val: 1.5 },
      { tag: 'b', val: 'text' },
      { tag: 'c', val: 2n ** 64n - 1n },
    ]) {
      assert.deepEqual(exports.passEither(value), value);
      assert.deepEqual(heard, value);
    }
  });

  test('parameters and results that go through memory', () => {
    const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    assert.deepEqual(exports.passMany(...words, 7), [words.join(' '), 7]);
  });

  test('async exports and imports', async () => {
    assert.equal(await exports.passLater('später'), 'später');
    assert.equal(heard, 'später');
  });

  test('streams from JavaScript, whose buffers are filled in parts', async () => {
    const words = Array.from({ length: 101 }, (_, i) => 'x'.repeat(i));
    assert.equal(await exports.sum(words), 5050n);
    async function* slowly() {
      for (const word of ['a', 'bb', 'ccc']) {
        await null;
        yield word;
      }
    }
    assert.equal(await exports.sum(slowly()), 6n);
    assert.equal(await exports.sum([]), 0n);
  });

  test('streams to JavaScript', async () => {
    const reader = exports.items().getReader();
    const items = [];
    while (items.length < 3) items.push((await reader.read()).value);
    assert.deepEqual(items, ['eins', '', 'eins']);
    await reader.cancel();
  });

  test('pointers and lengths of 64 bits that no memory has are traps', async () => {
    const trap = async (call, code) => {
      const exports = await fresh();
      assert.throws(() => call(exports), { code }, `${call}`);
    };
    for (const at of [2n ** 22n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      await trap((exports) => exports.farList(at), 'out-of-bounds');
    }
    for (const n of [2n ** 28n, 2n ** 32n, 2n ** 63n + 1n, 2n ** 64n - 1n]) {
      await trap((exports) => exports.longList(n), 'too-long');
      if (n !== 2n ** 63n + 1n) await trap((exports) => exports.compactString(n), 'too-long');
    }
    await trap((exports) => exports.nowhere(), 'out-of-bounds');
    // The tag of UTF-16 is bit 63: one code unit at 0.
    const { compactString } = await fresh();
    assert.equal(compactString(2n ** 63n + 1n), '\0');
    assert.equal(compactString(1n), '\0');
  });
});

test('memories with 64-bit addresses are gated', async () => {
  await assert.rejects(
    bytes('memory64').then((data) => Component.compile(data)),
    {
      code: 'gated',
      feature: 'memory64',
    },
  );
});
