/** Error contexts, which JS has as errors. */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Component, ComponentCompileError } from '../../pkg/dist/node.js';
import { bytes } from './support/guests.mjs';

const FEATURES = { features: ['error-context'] };

describe('error contexts', () => {
  let component;

  before(async () => {
    component = await Component.compile(await bytes('error-contexts'), FEATURES);
  });

  async function exports(pass = (error) => error) {
    return (await component.instantiate({ pass })).exports;
  }

  test('are errors with the debug message', async () => {
    const { make } = await exports();
    const error = make('café 🌊');
    assert.ok(error instanceof Error);
    assert.equal(error.message, 'café 🌊');
  });

  test('of errors that JS makes, the guest gets the message', async () => {
    const { message } = await exports();
    assert.equal(message(new TypeError('no such file')), 'no such file');
    assert.equal(message(new Error('')), '');
  });

  test('that come back are the errors that they were', async () => {
    const error = new RangeError('mine');
    const heard = [];
    const { pass } = await exports((given) => {
      heard.push(given);
      return given;
    });
    for (let i = 0; i < 3; i++) assert.equal(pass(error), error);
    assert.deepEqual(heard, [error, error, error]);
  });

  test('are shortened when a guest makes long ones, between characters', async () => {
    const { make } = await exports();
    assert.ok(make('x'.repeat(10_000)).message === 'x'.repeat(4096));
    assert.ok(make(`x${'🌊'.repeat(5_000)}`).message === `x${'🌊'.repeat(2047)}`);
  });

  test('nothing else is one', async () => {
    const { message, pass } = await exports();
    assert.throws(() => message('text'), { name: 'TypeError', message: /e: expected an Error/ });
    assert.equal(pass(new Error('still there')).message, 'still there');
    const { pass: wrong } = await exports(() => ({ message: 'no' }));
    assert.throws(() => wrong(new Error('x')), { code: 'wrong-value' });
  });

  test('have to be enabled, and are declared', async () => {
    await assert.rejects(Component.compile(await bytes('error-contexts')), (error) => {
      assert.ok(error instanceof ComponentCompileError);
      assert.deepEqual([error.code, error.feature], ['gated', 'error-context']);
      return true;
    });
    assert.match(await component.types(), /make\(text: string\): Error;/);
    const made = component.describe().exports.find(({ name }) => name === 'make');
    assert.deepEqual(made.result, { kind: 'error-context' });
  });
});
