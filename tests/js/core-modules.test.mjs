/** Core modules as imports and exports of components. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Component, ComponentLinkError } from '../../pkg/dist/node.js';
import { component } from './support/guests.mjs';

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const make = (...sections) => new WebAssembly.Module(Uint8Array.from([...PREAMBLE, ...sections]));

/** `(module (func (export "run") (param i32) (result i32) (i32.add (local.get 0) (i32.const n))))` */
const adds = (n) =>
  make(
    ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x07, 0x07, 0x01, 0x03, 0x72, 0x75, 0x6e, 0x00, 0x00],
    ...[0x0a, 0x09, 0x01, 0x07, 0x00, 0x20, 0x00, 0x41, n, 0x6a, 0x0b],
  );
/** The same name, but `(result i64)`. */
const MISTYPED = make(
  ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7e],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x07, 0x07, 0x01, 0x03, 0x72, 0x75, 0x6e, 0x00, 0x00],
  ...[0x0a, 0x06, 0x01, 0x04, 0x00, 0x42, 0x00, 0x0b],
);
/** `(module (memory (export "run") 1))` */
const MEMORY = make(
  ...[0x05, 0x03, 0x01, 0x00, 0x01],
  ...[0x07, 0x07, 0x01, 0x03, 0x72, 0x75, 0x6e, 0x02, 0x00],
);
/** `(module (import "env" "other" (func)))` */
const ASKS = make(
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x02, 0x0d, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x05, 0x6f, 0x74, 0x68, 0x65, 0x72, 0x00, 0x00],
);
const EMPTY = make();

const imports = (given = {}) => ({
  myPlugin: adds(1),
  'test:host/plugins': { needy: adds(2), more: { emptyOne: EMPTY }, ...given.plugins },
  ...given.world,
});
const missing = async (given) => {
  const error = await (await component('core-modules'))
    .instantiate(imports(given))
    .catch((thrown) => thrown);
  assert.ok(error instanceof ComponentLinkError, String(error));
  assert.equal(error.missing.length, 1);
  return error.missing[0];
};

describe('core modules', () => {
  test('are given as WebAssembly.Module and instantiated by the component', async () => {
    const { exports } = await (await component('core-modules')).instantiate(imports());
    assert.equal(exports.run(5), 6);
    assert.equal(exports.runNested(5), 7);
  });

  test('are exported as WebAssembly.Module', async () => {
    const given = imports();
    const { exports } = await (await component('core-modules')).instantiate(given);
    assert.ok(exports.ownModule instanceof WebAssembly.Module);
    assert.equal(exports.modules.again, given.myPlugin);
    const memory = new WebAssembly.Memory({ initial: 1 });
    const own = new WebAssembly.Instance(exports.ownModule, { env: { memory } });
    assert.equal(own.exports.run(5), 50);
  });

  test('of one component serve another, with their types known', async () => {
    const { exports } = await (await component('core-modules')).instantiate(imports());
    const next = imports({ plugins: { needy: exports.ownModule } });
    const { exports: again } = await (await component('core-modules')).instantiate(next);
    assert.equal(again.runNested(5), 50);
    const { name, found } = await missing({ world: { myPlugin: exports.ownModule } });
    assert.equal(name, 'my-plugin');
    assert.equal(found, 'a core module that imports env memory');
  });

  test('that are missing or no modules are named with what is wanted', async () => {
    const wanted = 'core module (export "run" (func (i32) -> (i32)))';
    assert.deepEqual(await missing({ world: { myPlugin: undefined } }), {
      name: 'my-plugin',
      wanted,
      found: undefined,
    });
    const { found } = await missing({ world: { myPlugin: { run() {} } } });
    assert.equal(found, 'an object');
    const nested = await missing({ plugins: { more: {} } });
    assert.equal(nested.name, 'test:host/plugins@1.0.0#more#empty-one');
  });

  test('of the wrong kinds are refused before anything is instantiated', async () => {
    const lacks = await missing({ world: { myPlugin: EMPTY } });
    assert.equal(lacks.found, 'a core module that does not export run');
    const kind = await missing({ world: { myPlugin: MEMORY } });
    assert.equal(kind.found, 'a core module that exports run as memory');
    const asks = await missing({ world: { myPlugin: ASKS } });
    assert.equal(asks.found, 'a core module that imports env other');
  });

  test('of the wrong types are refused by the engine, and named', async () => {
    const { name, found } = await missing({ world: { myPlugin: MISTYPED } });
    assert.equal(name, 'my-plugin');
    assert.match(found, /^a core module of another type: /);
  });

  test('are described and declared', async () => {
    const made = await component('core-modules');
    assert.deepEqual(made.imports[0], { kind: 'module', name: 'my-plugin' });
    const types = await made.types();
    assert.match(types, /myPlugin: WebAssembly\.Module;/);
    assert.match(types, /readonly ownModule: WebAssembly\.Module;/);
  });

  test('that nothing uses have to be valid all the same', async () => {
    // Its one function is `i32.add` of nothing.
    const body = [
      0x01, 0x04, 0x01, 0x60, 0, 0, 0x03, 0x02, 0x01, 0, 0x0a, 0x05, 0x01, 0x03, 0, 0x6a, 0x0b,
    ];
    const module = [...PREAMBLE, ...body];
    const data = Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 1, module.length, ...module]);
    await assert.rejects(Component.compile(data), { code: 'invalid' });
  });
});
