/** Gated features: off by default, on when asked for. Shipped ones: off when asked for. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Component, ComponentCompileError } from '../../pkg/dist/node.js';

/** A component with one canonical section. */
const canon = (...item) =>
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 8, item.length + 1, 1, ...item]);
/** `context.get i32 1` */
const CONTEXT = canon(0x0a, 0x7f, 1);

test('without its feature a construct is an error that names both', async () => {
  for (const options of [{}, { features: [] }, { features: ['memory64', 'forward'] }]) {
    const error = await Component.compile(CONTEXT, options).catch((thrown) => thrown);
    assert.ok(error instanceof ComponentCompileError);
    assert.equal(error.code, 'gated');
    assert.equal(error.construct, 'context.get of slot 1');
    assert.equal(error.feature, 'threading');
    assert.equal(error.offset, 11);
    assert.match(error.message, /context\.get of slot 1 .*`threading`.*features: \['threading'\]/);
  }
});

test('with its feature it compiles', async () => {
  for (const worker of ['never', 'always']) {
    const component = await Component.compile(CONTEXT, { features: ['threading'], worker });
    assert.deepEqual(component.exports, []);
  }
});

test('what is not gated has no feature', async () => {
  const error = await Component.compile(Uint8Array.of(1)).catch((thrown) => thrown);
  assert.equal(error.feature, undefined);
});

test('features that there are not are a TypeError, which lists those that there are', async () => {
  await assert.rejects(Component.compile(CONTEXT, { features: ['threads'] }), {
    name: 'TypeError',
    message: /there is no "threads"; there are .*threading.*memory64/,
  });
  await assert.rejects(Component.compile(CONTEXT, { features: 'threading' }), {
    name: 'TypeError',
    message: /features: expected an array, got "threading"/,
  });
});

/** A component with a type section: `stream` without elements. */
const STREAM = Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 7, 3, 1, 0x66, 0]);

test('what has shipped can be refused', async () => {
  for (const worker of ['never', 'always']) {
    await Component.compile(STREAM, { without: ['map', 'implements'], worker });
    const error = await Component.compile(STREAM, { without: ['async'], worker }).catch(
      (thrown) => thrown,
    );
    assert.ok(error instanceof ComponentCompileError);
    assert.equal(error.code, 'excluded');
    assert.equal(error.construct, 'async');
    assert.equal(error.feature, undefined);
    assert.match(error.message, /uses `async`.*without: \['async'\]/);
  }
  const composing = Component.compose({ one: STREAM }, { without: ['async'] });
  await assert.rejects(composing, { code: 'excluded' });
});

test('what cannot be refused is a TypeError', async () => {
  await assert.rejects(Component.compile(STREAM, { without: ['threading'] }), {
    name: 'TypeError',
    message: /without: there is no "threading"; there are async, map, implements/,
  });
  await assert.rejects(Component.compile(STREAM, { without: 'map' }), {
    name: 'TypeError',
    message: /without: expected an array, got "map"/,
  });
});
