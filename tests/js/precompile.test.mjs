/** Components compiled ahead of time: they do what they do, without the compiler, and what does not fit is refused. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Component, ComponentCompileError, precompile } from '../../pkg/dist/node.js';
import { bytes, indexOf } from './support/guests.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-precompile-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** As `say` of the guests that ask the next one. */
const say = { 'test:chain/say@1.2.0': { say: (n) => n * 10 } };

async function refused(promise, code, message) {
  const error = await promise.then(
    () => assert.fail(`expected ${code}`),
    (thrown) => thrown,
  );
  assert.ok(error instanceof ComponentCompileError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return error;
}

test('what is loaded is what would have been compiled', async () => {
  for (const name of ['values', 'asyncs', 'siblings', 'handles', 'text', 'nested', 'relay']) {
    const original = await bytes(name);
    const compiled = await Component.compile(original);
    const loaded = await Component.load(await precompile(original));
    assert.deepEqual(loaded.describe(), compiled.describe(), name);
    assert.equal(await loaded.types(), await compiled.types(), name);
  }
});

test('a loaded component runs; so does what links several memories', async () => {
  const loaded = await Component.load(await precompile(await bytes('siblings')));
  const { exports } = await loaded.instantiate({});
  assert.equal(exports.echo('Ünïcödé 🦀'), 'Ünïcödé 🦀');
  assert.equal(exports.half(42), 21);
});

test('the result is the component still, and is made again of itself', async () => {
  const original = await bytes('compose-end');
  const made = await precompile(original);
  assert.deepEqual(made.subarray(0, original.length), new Uint8Array(original));
  const { exports } = await (await Component.compile(made)).instantiate(say);
  assert.equal(exports.step.step(1), 10);
  assert.ok(await Component.load(await precompile(made)));
});

test('it is made for all engines, whichever makes it', async () => {
  const header = JSON.parse(headerOf(await precompile(await bytes('siblings'))));
  assert.equal(header.artifact.multiMemory, false);
  assert.equal(header.multiMemory?.multiMemory, true, 'siblings join two memories');
  const alone = JSON.parse(headerOf(await precompile(await bytes('compose-end'))));
  assert.equal(alone.multiMemory, undefined, 'one memory needs no second form');
});

function headerOf(made) {
  const name = new TextEncoder().encode('tidegate:precompiled');
  const at = indexOf(made, name) + name.length;
  const length = new DataView(made.buffer).getUint32(at, true);
  return new TextDecoder().decode(made.subarray(at + 4, at + 4 + length));
}

test('nothing of the compiler is there when it is loaded', async () => {
  const pkg = join(folder, 'pkg');
  cpSync(fileURLToPath(new URL('../../pkg', import.meta.url)), pkg, { recursive: true });
  rmSync(join(pkg, 'dist/compiler.wasm'));
  writeFileSync(join(folder, 'end.wasm'), await precompile(await bytes('compose-end')));
  const script = `
    import { readFile } from 'node:fs/promises';
    import { Component } from ${JSON.stringify(pathToFileURL(join(pkg, 'dist/node.js')).href)};
    const bytes = await readFile(${JSON.stringify(join(folder, 'end.wasm'))});
    const component = await Component.load(bytes);
    const { exports } = await component.instantiate({ 'test:chain/say': { say: (n) => n * 10 } });
    console.log(exports.step.step(1), await Component.compile(bytes).catch(({ message }) => message));
  `;
  const args = ['--input-type=module', '--eval', script];
  assert.match(
    execFileSync(process.execPath, args, { encoding: 'utf8' }),
    /^10 .*could not load its compiler\.wasm/,
  );
});

test('a response is loaded as well', async () => {
  const made = await precompile(await bytes('compose-end'));
  for (const source of [new Response(made), Promise.resolve(new Response(made))]) {
    assert.ok((await Component.load(source)) instanceof Component);
  }
  await assert.rejects(Component.load(new Response('', { status: 404 })), TypeError);
  for (const nonsense of [undefined, null, 'text', 1, {}]) {
    await assert.rejects(Component.load(nonsense), TypeError, String(nonsense));
  }
});

test('what is not precompiled is told so', async () => {
  const original = await bytes('compose-end');
  const made = await precompile(original);
  const behind = Uint8Array.from([...made, 0, 2, 1, 0x78]);
  const core = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  for (const given of [original, behind, made.subarray(0, -1), core, new Uint8Array()]) {
    await refused(Component.load(given), 'not-precompiled', /tidegate precompile/);
  }
});

test('what was made by another version, or of other bytes, is stale', async () => {
  const made = await precompile(await bytes('compose-end'));
  const changed = (from, to) => {
    const copy = made.slice();
    const at = indexOf(copy, new TextEncoder().encode(from));
    assert.ok(at >= 0, from);
    copy.set(new TextEncoder().encode(to), at);
    return copy;
  };
  await refused(
    Component.load(changed('"version":"0.', '"version":"9.')),
    'stale',
    /made by tidegate 9\./,
  );
  await refused(Component.load(changed('"shimAbi":', '"shimABI":')), 'stale', /shim ABI undefined/);
  await refused(Component.load(changed('{"version"', '["version"')), 'stale', /damaged/);
  const patched = made.slice();
  patched[40] ^= 1;
  await refused(Component.load(patched), 'stale', /has changed/);
});

test('gated features are for who loads to allow, too', async () => {
  const original = await bytes('fixed-lists');
  const features = ['fixed-length-lists'];
  await refused(precompile(original), 'gated', /fixed/);
  const made = await precompile(original, { features });
  const error = await refused(Component.load(made), 'gated', /features: \["fixed-length-lists"\]/);
  assert.equal(error.feature, 'fixed-length-lists');
  assert.ok(await Component.load(made, { features }));
  await assert.rejects(Component.load(made, { features: ['time-travel'] }), TypeError);
});

test('what is invalid is found when it is precompiled', async () => {
  const original = new Uint8Array(await bytes('compose-end'));
  // The call becomes a constant: one value too many.
  const at = indexOf(original, [0x20, 0x00, 0x10, 0x00, 0x0b]) + 2;
  assert.ok(at > 2);
  original[at] = 0x41;
  const error = await refused(precompile(original), 'invalid', /core module/);
  assert.ok(error.offset > at && error.offset <= at + 3, `${error.offset} is near ${at}`);
});
