/** Core modules with constants of SIMD as initial values: compiler.wasm leaves them to composer.wasm. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Component, ComponentCompileError } from '../../pkg/dist/node.js';
import { bytes, instance } from './support/guests.mjs';

test('a component with them runs', async () => {
  const { exports: guest } = await instance('vectors');
  assert.equal(guest.sum(), 1 + 10 + 4 + 40);
});

test('what is no constant is refused', async () => {
  const broken = (await bytes('vectors')).slice();
  const at = broken.findIndex((byte, i) => byte === 0xfd && broken[i + 1] === 0x0c);
  // `i32x4.splat`, and `nop` in place of the constant.
  broken.fill(0x11, at + 1, at + 2).fill(0x01, at + 2, at + 18);
  await assert.rejects(Component.compile(broken), (error) => {
    assert.ok(error instanceof ComponentCompileError);
    assert.equal(error.code, 'invalid');
    assert.match(error.message, /constant expression required/);
    assert.equal(error.offset, at);
    return true;
  });
});
