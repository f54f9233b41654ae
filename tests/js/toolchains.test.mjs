/**
 * Guests of other toolchains, unchanged: C by `wit-bindgen c`, JavaScript by componentize-qjs. Both implement the world of
 * `tests/guests/toolchains/world.wit`.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Component, ComponentError } from '../../pkg/dist/node.js';
import { MemoryDirectory, wasi } from '../../pkg/dist/wasi-node.js';
import { allRequired } from '../../scripts/lib/tools.mjs';
import { EXTENDED_CONST } from './support/engine.mjs';

const file = (name) => new URL(`../../build/guests/${name}.component.wasm`, import.meta.url);

const skipped = {
  'toolchain-c':
    !existsSync(file('toolchain-c')) &&
    !allRequired &&
    'no clang for wasm when the guests were built: `apt-get install clang lld wasi-libc`',
  'toolchain-js':
    !WebAssembly.validate(EXTENDED_CONST) && 'this engine lacks extended constant expressions',
};

/** A stdin that comes slowly. */
async function* typed() {
  for (const line of ['one\n', 'two\n']) {
    await delay(20);
    yield new TextEncoder().encode(line);
  }
}

for (const name of ['toolchain-c', 'toolchain-js']) {
  describe(name, { skip: skipped[name] }, () => {
    const component = skipped[name]
      ? undefined
      : Promise.resolve().then(() => Component.compile(readFileSync(file(name))));

    async function guest(lookup = () => ({ tag: 'ok', val: '' })) {
      const lines = [];
      const { exports } = await (await component).instantiate({
        ...wasi(),
        'tidegate:toolchains/host': { lookup, log: (line) => lines.push(line) },
      });
      return { exports, lines };
    }

    test('sync functions', async () => {
      const { exports, lines } = await guest();
      assert.equal(exports.greet('Łukasz'), 'Hello, Łukasz!');
      assert.deepEqual(lines, ['greet Łukasz']);
      assert.equal(exports.sum([1, -2, 3]), 2);
      assert.deepEqual(exports.older({ name: 'a', age: 3, tags: ['x'] }, 4), {
        name: 'a',
        age: 7,
        tags: ['x', 'older'],
      });
      assert.equal(exports.choose({ tag: 'formal', val: 'Ada' }), 'Dear Ada');
      assert.equal(exports.choose({ tag: 'casual' }), undefined);
    });

    test('a result is a value or a ComponentError', async () => {
      const { exports } = await guest();
      assert.equal(exports.divide(7, 2), 3);
      assert.throws(
        () => exports.divide(1, 0),
        (error) => error instanceof ComponentError && error.payload === 'division by zero',
      );
    });

    test('an async export joins two futures of the host', async () => {
      let waiting = 0;
      let most = 0;
      const { exports } = await guest(async (key) => {
        most = Math.max(most, ++waiting);
        await delay(key === 'slow' ? 20 : 1);
        waiting--;
        return key === 'bad' ? { tag: 'err', val: 'no such key' } : { tag: 'ok', val: `<${key}>` };
      });
      assert.equal(await exports.join('slow', 'fast'), '<slow> <fast>');
      assert.equal(most, 2, 'both at the same time');
      await assert.rejects(exports.join('good', 'bad'), { payload: 'no such key' });
      const both = await Promise.all([exports.join('a', 'b'), exports.join('c', 'd')]);
      assert.deepEqual(both, ['<a> <b>', '<c> <d>']);
    });

    test('an async export reads a stream to its end', async () => {
      const { exports } = await guest();
      const chunk = new Uint8Array(100_000).fill(1);
      async function* chunks() {
        for (let i = 0; i < 5; i++) {
          await delay(1);
          yield chunk;
        }
      }
      assert.deepEqual(await exports.digest(chunks()), [500_000, 500_000]);
      assert.deepEqual(await exports.digest([]), [0, 0]);
    });
  });
}

test('a program in C, on WASI 0.2', { skip: skipped['toolchain-c'] }, async () => {
  const component = await Component.compile(readFileSync(file('program-c')));
  const waits = typeof WebAssembly.Suspending === 'function';
  const work = new MemoryDirectory();
  let output = '';
  const imports = wasi({
    args: ['program', 'argument'],
    env: { NAME: 'somebody' },
    stdin: waits ? typed() : '',
    preopens: { '/work': work },
    stdout: (chunk) => {
      output += Buffer.from(chunk);
    },
  });
  const { exports } = await component.instantiate(imports, { quiet: true });
  await exports.run.run.promise();
  assert.equal(output, `2 somebody\n${waits ? 'ONE\nTWO\n' : ''}`);
  assert.equal(String(Buffer.from(work.read('kept.txt'))), waits ? 'one\ntwo\n' : '');
});

test('a program in JavaScript, on WASI 0.2', { skip: skipped['toolchain-js'] }, async () => {
  const component = await Component.compile(readFileSync(file('program-js')));
  const waits = typeof WebAssembly.Suspending === 'function';
  let output = '';
  const imports = wasi({
    args: ['program', 'argument'],
    // Where it cannot wait, there is nothing to wait for.
    stdin: waits ? typed() : '',
    stdout: (chunk) => {
      output += Buffer.from(chunk);
    },
  });
  const { exports } = await component.instantiate(imports, { quiet: true });
  await exports.run.run.promise();
  assert.equal(output, `program argument\n${waits ? 'ONE\nTWO\n' : ''}`);
});
