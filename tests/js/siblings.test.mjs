/** Calls between components of one binary. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ComponentError, ComponentTrap } from '../../pkg/dist/node.js';
import { instance as instantiate } from './support/guests.mjs';

const instance = () => instantiate('siblings');

test('strings go from one memory to the other and back', async () => {
  const { exports } = await instance();
  for (const text of ['', 'plain', 'Ünïcödé 🦀']) assert.equal(exports.echo(text), text);
});

test('a result is passed on as it is', async () => {
  const { exports } = await instance();
  assert.equal(exports.half(42), 21);
  assert.throws(
    () => exports.half(43),
    (error) => error instanceof ComponentError && error.payload === 21,
  );
  assert.equal(exports.half(8), 4);
});

test('a trap of the callee ends the store with that cause', async () => {
  const { exports, store } = await instance();
  assert.throws(
    () => exports.trap(),
    (error) => error instanceof ComponentTrap && error.code === 'core-trap',
  );
  assert.equal(store.trap?.code, 'core-trap');
  assert.throws(() => exports.echo('more'), { code: 'store-locked' });
  assert.equal((await instance()).exports.echo('next'), 'next');
});
